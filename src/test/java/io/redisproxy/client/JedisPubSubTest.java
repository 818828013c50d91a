package io.redisproxy.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.JedisPubSub;
import redis.clients.jedis.JedisShardedPubSub;
import redis.clients.jedis.Protocol;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.RedisProtocol;

/** Subscriptions of Jedis to channels, patterns and sharded channels. */
class JedisPubSubTest extends JedisClientTest {
  private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();

  private final class Subscriber extends JedisPubSub {
    @Override
    public void onMessage(String channel, String message) {
      heard.add(channel + ":" + message);
    }

    @Override
    public void onPMessage(String pattern, String channel, String message) {
      heard.add(pattern + ":" + channel + ":" + message);
    }

    @Override
    public void onSubscribe(String channel, int subscriptions) {
      heard.add("+" + channel + subscriptions);
    }

    @Override
    public void onUnsubscribe(String channel, int subscriptions) {
      heard.add("-" + channel + subscriptions);
    }

    @Override
    public void onPSubscribe(String pattern, int subscriptions) {
      heard.add("+" + pattern + subscriptions);
    }

    @Override
    public void onPUnsubscribe(String pattern, int subscriptions) {
      heard.add("-" + pattern + subscriptions);
    }

    @Override
    public void onPong(String text) {
      heard.add("PONG:" + text);
    }
  }

  @ParameterizedTest
  @EnumSource
  void channelsAndPatternsComeAndGoOnOneSubscription(RedisProtocol protocol) throws Exception {
    RedisClient jedis = connect(protocol);
    Subscriber subscriber = new Subscriber();
    Future<?> listening =
        inBackground(
            () -> {
              jedis.subscribe(subscriber, "news");
              return null;
            });
    expect("+news1");
    subscriber.subscribe("sport");
    expect("+sport2");
    subscriber.psubscribe("weather.*");
    expect("+weather.*3");
    assertThat(jedis.publish("news", "a")).isEqualTo(1);
    assertThat(jedis.publish("weather.sun", "b")).isEqualTo(1);
    assertThat(jedis.publish("sport", "c")).isEqualTo(1);
    expect("news:a");
    expect("weather.*:weather.sun:b");
    expect("sport:c");
    if (protocol == RedisProtocol.RESP2) {
      // Over RESP3 Jedis now and then takes the answer for an unknown message, with any server.
      subscriber.ping("still there");
      expect("PONG:still there");
    }
    subscriber.unsubscribe("news");
    expect("-news2");
    assertThat(jedis.publish("news", "nobody")).isZero();
    subscriber.unsubscribe();
    expect("-sport1");
    subscriber.punsubscribe();
    expect("-weather.*0");
    listening.get(SECONDS, TimeUnit.SECONDS);
    // Its connection is in the pool again, and serves on as any other.
    for (int i = 0; i < 16; i++) {
      assertThat(jedis.incr("counter")).isEqualTo(i + 1);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aShardedChannelReachesItsSubscribers(RedisProtocol protocol) throws Exception {
    RedisClient jedis = connect(protocol);
    Jedis connection = connectOne(protocol);
    JedisShardedPubSub subscriber =
        new JedisShardedPubSub() {
          @Override
          public void onSSubscribe(String channel, int subscriptions) {
            heard.add("+" + channel + subscriptions);
          }

          @Override
          public void onSMessage(String channel, String message) {
            heard.add(channel + ":" + message);
          }

          @Override
          public void onSUnsubscribe(String channel, int subscriptions) {
            heard.add("-" + channel + subscriptions);
          }
        };
    Future<?> listening =
        inBackground(
            () -> {
              subscriber.proceed(connection.getConnection(), "orders");
              return null;
            });
    expect("+orders1");
    assertThat(jedis.publish("orders", "not sharded")).isZero();
    assertThat(jedis.sendCommand(Protocol.Command.SPUBLISH, "orders", "first")).isEqualTo(1L);
    expect("orders:first");
    subscriber.sunsubscribe();
    expect("-orders0");
    listening.get(SECONDS, TimeUnit.SECONDS);
    assertThat(connection.incr("counter")).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource
  void everySubscriberHearsEveryMessageInOrder(RedisProtocol protocol) throws Exception {
    RedisClient jedis = connect(protocol);
    for (int i = 0; i < 5; i++) {
      Jedis connection = connectOne(protocol);
      inBackground(
          () -> {
            connection.subscribe(new Subscriber(), "stream");
            return null;
          });
      expect("+stream1");
    }
    for (int message = 0; message < 200; message++) {
      int number = message;
      assertThat(jedis.publish("stream", "" + number)).isEqualTo(5);
      for (int i = 0; i < 5; i++) {
        expect("stream:" + number);
      }
    }
    closeClients();
    soon().until(() -> connect(protocol).publish("stream", "nobody") == 0);
  }

  private void expect(String event) throws InterruptedException {
    assertThat(heard.poll(SECONDS, TimeUnit.SECONDS)).isEqualTo(event);
  }
}
