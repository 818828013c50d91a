package io.redisproxy.client;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.protocol.ProtocolVersion;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** Lettuce, which does everything over few connections and reads what comes at any time. */
abstract class LettuceClientTest extends ClientTest {
  private RedisClient client;

  @BeforeEach
  void create() {
    client = RedisClient.create(RedisURI.create(HOST, proxy.port()));
  }

  @AfterEach
  void shutdown() {
    client.shutdown(0, SECONDS, TimeUnit.SECONDS);
  }

  final StatefulRedisConnection<String, String> connect(ProtocolVersion protocol) {
    return speaking(protocol).connect();
  }

  final StatefulRedisConnection<String, String> connect(ProtocolVersion protocol, int database) {
    return speaking(protocol)
        .connect(
            RedisURI.builder()
                .withHost(HOST)
                .withPort(proxy.port())
                .withDatabase(database)
                .build());
  }

  final StatefulRedisPubSubConnection<String, String> connectPubSub(ProtocolVersion protocol) {
    return speaking(protocol).connectPubSub();
  }

  private RedisClient speaking(ProtocolVersion protocol) {
    client.setOptions(ClientOptions.builder().protocolVersion(protocol).build());
    return client;
  }

  static <T> T get(RedisFuture<T> future) throws Exception {
    return future.get(SECONDS, TimeUnit.SECONDS);
  }
}
