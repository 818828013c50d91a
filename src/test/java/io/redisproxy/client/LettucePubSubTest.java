package io.redisproxy.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.protocol.ProtocolVersion;
import io.lettuce.core.pubsub.RedisPubSubListener;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.lettuce.core.pubsub.api.sync.RedisPubSubCommands;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Subscriptions of Lettuce; over RESP3 other commands go on beside them. */
class LettucePubSubTest extends LettuceClientTest {
  private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();

  private final class Listener implements RedisPubSubListener<String, String> {
    @Override
    public void message(String channel, String message) {
      heard.add(channel + ":" + message);
    }

    @Override
    public void message(String pattern, String channel, String message) {
      heard.add(pattern + ":" + channel + ":" + message);
    }

    @Override
    public void smessage(String channel, String message) {
      heard.add("sharded " + channel + ":" + message);
    }

    @Override
    public void subscribed(String channel, long count) {
      heard.add("+" + channel + count);
    }

    @Override
    public void psubscribed(String pattern, long count) {
      heard.add("+" + pattern + count);
    }

    @Override
    public void unsubscribed(String channel, long count) {
      heard.add("-" + channel + count);
    }

    @Override
    public void punsubscribed(String pattern, long count) {
      heard.add("-" + pattern + count);
    }

    @Override
    public void ssubscribed(String channel, long count) {
      heard.add("+sharded " + channel + count);
    }

    @Override
    public void sunsubscribed(String channel, long count) {
      heard.add("-sharded " + channel + count);
    }
  }

  @ParameterizedTest
  @EnumSource
  void channelsPatternsAndShardedChannelsComeAndGo(ProtocolVersion protocol) throws Exception {
    RedisPubSubCommands<String, String> subscriber = subscriber(protocol).sync();
    RedisCommands<String, String> redis = connect(protocol).sync();
    subscriber.subscribe("news");
    expect("+news1");
    subscriber.psubscribe("weather.*");
    expect("+weather.*2");
    subscriber.ssubscribe("orders");
    expect("+sharded orders1");
    for (int i = 0; i < 50; i++) {
      assertThat(redis.publish("news", "n" + i)).isEqualTo(1);
      assertThat(redis.publish("weather.sun", "w" + i)).isEqualTo(1);
      assertThat(redis.spublish("orders", "o" + i)).isEqualTo(1);
      expect("news:n" + i);
      expect("weather.*:weather.sun:w" + i);
      expect("sharded orders:o" + i);
    }
    subscriber.unsubscribe("news");
    expect("-news1");
    subscriber.punsubscribe("weather.*");
    expect("-weather.*0");
    subscriber.sunsubscribe("orders");
    expect("-sharded orders0");
    assertThat(redis.publish("news", "nobody")).isZero();
    assertThat(redis.spublish("orders", "nobody")).isZero();
    assertThat(subscriber.incr("counter")).isEqualTo(1);
  }

  @Test
  void overResp3ASubscriberGoesOnWithCommands() throws Exception {
    RedisPubSubCommands<String, String> subscriber = subscriber(ProtocolVersion.RESP3).sync();
    RedisCommands<String, String> redis = connect(ProtocolVersion.RESP3).sync();
    subscriber.subscribe("news");
    expect("+news1");
    for (int i = 0; i < 100; i++) {
      redis.publish("news", "" + i);
      assertThat(subscriber.incr("counter")).isEqualTo(i + 1);
      // To itself: the message and the reply come over the same connection.
      assertThat(subscriber.publish("news", "own" + i)).isEqualTo(1);
      expect("news:" + i);
      expect("news:own" + i);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aSubscriptionIsMadeAgainAfterTheConnectionWasCut(ProtocolVersion protocol) {
    RedisPubSubCommands<String, String> subscriber = subscriber(protocol).sync();
    RedisCommands<String, String> redis = connect(protocol).sync();
    subscriber.subscribe("news");
    group.call(group.master(), "CLIENT", "KILL", "TYPE", "pubsub");
    // The proxy subscribes for the client once more before it knows that the server has cut it off.
    soon()
        .ignoreExceptions()
        .until(() -> redis.publish("news", "after") == 1 && heard.contains("news:after"));
  }

  private StatefulRedisPubSubConnection<String, String> subscriber(ProtocolVersion protocol) {
    StatefulRedisPubSubConnection<String, String> subscriber = connectPubSub(protocol);
    subscriber.addListener(new Listener());
    return subscriber;
  }

  private void expect(String event) throws InterruptedException {
    assertThat(heard.poll(SECONDS, TimeUnit.SECONDS)).isEqualTo(event);
  }
}
