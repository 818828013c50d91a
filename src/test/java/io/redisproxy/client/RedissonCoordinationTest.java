package io.redisproxy.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.redisson.api.RBlockingQueue;
import org.redisson.api.RLock;
import org.redisson.api.RTopic;
import org.redisson.api.RedissonClient;
import org.redisson.client.codec.StringCodec;
import org.redisson.config.Protocol;

/** What processes tell each other, and wait for, through Redisson: locks, topics and queues. */
@SuppressWarnings("LockNotBeforeTry") // What fails ends the server, too.
class RedissonCoordinationTest extends RedissonClientTest {

  @ParameterizedTest
  @EnumSource
  void aLockLetsOneInAtATime(Protocol protocol) throws Exception {
    AtomicInteger inside = new AtomicInteger();
    int[] count = {0};
    List<Future<?>> workers = new ArrayList<>();
    for (int client = 0; client < 3; client++) {
      RedissonClient redisson = connect(protocol);
      workers.add(
          inBackground(
              () -> {
                RLock lock = redisson.getLock("lock");
                for (int i = 0; i < 20; i++) {
                  lock.lock();
                  assertThat(inside.incrementAndGet()).isEqualTo(1);
                  count[0]++;
                  inside.decrementAndGet();
                  lock.unlock();
                }
                return null;
              }));
    }
    for (Future<?> worker : workers) {
      worker.get(2 * SECONDS, TimeUnit.SECONDS);
    }
    assertThat(count[0]).isEqualTo(60);
  }

  @ParameterizedTest
  @EnumSource
  void whoWaitsForALockIsToldThatItIsFree(Protocol protocol) throws Exception {
    RLock held = connect(protocol).getLock("lock");
    RLock wanted = connect(protocol).getLock("lock");
    held.lock();
    held.lock();
    assertThat(wanted.tryLock()).isFalse();
    assertThat(wanted.tryLock(50, TimeUnit.MILLISECONDS)).isFalse();
    Future<Boolean> waiting = inBackground(() -> wanted.tryLock(SECONDS, TimeUnit.SECONDS));
    // Its subscription is what wakes it up; the lock's own time is 30 seconds.
    soon().until(() -> subscribers("redisson_lock__channel:{lock}") == 1);
    held.unlock();
    assertThat(waiting.isDone()).isFalse();
    held.unlock();
    assertThat(waiting.get(SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThatThrownBy(held::unlock).isInstanceOf(IllegalMonitorStateException.class);
  }

  private static long subscribers(String channel) {
    return (Long) ((List<?>) group.call(group.master(), "PUBSUB", "NUMSUB", channel)).get(1);
  }

  @ParameterizedTest
  @EnumSource
  void aTopicReachesTheListenersOfOtherClients(Protocol protocol) throws Exception {
    BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    RTopic topic = connect(protocol).getTopic("news");
    int listener = topic.addListener(String.class, (channel, message) -> heard.add(message));
    connect(protocol)
        .getPatternTopic("ne*", StringCodec.INSTANCE)
        .addListener(String.class, (pattern, channel, message) -> heard.add("p:" + message));
    RTopic publisher = connect(protocol).getTopic("news");
    for (int i = 0; i < 50; i++) {
      assertThat(publisher.publish("m" + i)).isEqualTo(2);
      assertThat(List.of(next(heard), next(heard))).containsExactlyInAnyOrder("m" + i, "p:m" + i);
    }
    topic.removeListener(listener);
    soon().until(() -> publisher.publish("after") == 1);
  }

  @ParameterizedTest
  @EnumSource
  void aBlockingQueueHandsOverWhatIsOffered(Protocol protocol) throws Exception {
    RBlockingQueue<String> consumer = connect(protocol).getBlockingQueue("queue");
    RBlockingQueue<String> producer = connect(protocol).getBlockingQueue("queue");
    assertThat(consumer.poll(100, TimeUnit.MILLISECONDS)).isNull();
    Future<String> taken = inBackground(consumer::take);
    awaitBlocked(1);
    producer.offer("first");
    assertThat(taken.get(SECONDS, TimeUnit.SECONDS)).isEqualTo("first");
    producer.addAll(List.of("second", "third"));
    assertThat(consumer.pollLastAndOfferFirstTo("done", SECONDS, TimeUnit.SECONDS))
        .isEqualTo("third");
    assertThat(consumer.poll(SECONDS, TimeUnit.SECONDS)).isEqualTo("second");
  }

  private static String next(BlockingQueue<String> queue) throws InterruptedException {
    return queue.poll(SECONDS, TimeUnit.SECONDS);
  }
}
