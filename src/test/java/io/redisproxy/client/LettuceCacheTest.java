package io.redisproxy.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.TrackingArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.push.PushMessage;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.protocol.ProtocolVersion;
import io.lettuce.core.support.caching.CacheAccessor;
import io.lettuce.core.support.caching.CacheFrontend;
import io.lettuce.core.support.caching.ClientSideCaching;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Lettuce's cache on the client's side, and the messages that it is made of. */
class LettuceCacheTest extends LettuceClientTest {
  private StatefulRedisConnection<String, String> tracking;
  private RedisCommands<String, String> other;

  @BeforeEach
  void connect() {
    tracking = connect(ProtocolVersion.RESP3);
    other = connect(ProtocolVersion.RESP2).sync();
  }

  @Test
  void theCacheFollowsWhatOthersWrite() {
    Map<String, String> cache = new ConcurrentHashMap<>();
    CacheFrontend<String, String> frontend =
        ClientSideCaching.enable(
            CacheAccessor.forMap(cache), tracking, TrackingArgs.Builder.enabled());
    for (int i = 0; i < 20; i++) {
      String value = "" + i;
      other.set("a", value);
      soon().untilAsserted(() -> assertThat(frontend.get("a")).isEqualTo(value));
      assertThat(cache).containsEntry("a", value);
    }
    other.del("a");
    soon().untilAsserted(() -> assertThat(cache).isEmpty());
    frontend.close();
  }

  @Test
  void withBroadcastEveryChangeOfAPrefixIsTold() throws Exception {
    BlockingQueue<String> invalid = invalidations();
    tracking.sync().clientTracking(TrackingArgs.Builder.enabled().bcast().prefixes("user:"));
    other.set("order:1", "x");
    other.set("user:1", "x");
    other.incr("user:2");
    assertThat(invalid.poll(SECONDS, TimeUnit.SECONDS)).isEqualTo("user:1");
    assertThat(invalid.poll(SECONDS, TimeUnit.SECONDS)).isEqualTo("user:2");
    tracking.sync().clientTracking(TrackingArgs.Builder.enabled(false));
    other.set("user:3", "x");
    assertThat(tracking.sync().ping()).isEqualTo("PONG");
    assertThat(invalid).isEmpty();
  }

  @Test
  void withNoLoopItsOwnWritesAreNotTold() throws Exception {
    BlockingQueue<String> invalid = invalidations();
    tracking.sync().clientTracking(TrackingArgs.Builder.enabled().noloop());
    tracking.sync().get("own");
    tracking.sync().get("theirs");
    tracking.sync().set("own", "x");
    other.set("theirs", "x");
    assertThat(invalid.poll(SECONDS, TimeUnit.SECONDS)).isEqualTo("theirs");
    assertThat(invalid).isEmpty();
  }

  private BlockingQueue<String> invalidations() {
    BlockingQueue<String> keys = new LinkedBlockingQueue<>();
    tracking.addListener(
        (PushMessage message) -> {
          if (message.getType().equals("invalidate")) {
            List<?> content = message.getContent(StringCodec.UTF8::decodeKey);
            ((List<?>) content.get(1)).forEach(key -> keys.add((String) key));
          }
        });
    return keys;
  }
}
