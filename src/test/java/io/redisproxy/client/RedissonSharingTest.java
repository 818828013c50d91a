package io.redisproxy.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.redisson.api.RCountDownLatch;
import org.redisson.api.RLocalCachedMap;
import org.redisson.api.RLock;
import org.redisson.api.RReadWriteLock;
import org.redisson.api.RSemaphore;
import org.redisson.api.RStream;
import org.redisson.api.RedissonClient;
import org.redisson.api.options.LocalCachedMapOptions;
import org.redisson.api.stream.StreamAddArgs;
import org.redisson.api.stream.StreamCreateGroupArgs;
import org.redisson.api.stream.StreamMessageId;
import org.redisson.api.stream.StreamReadGroupArgs;
import org.redisson.config.Protocol;

/** What processes share through Redisson: caches, counted permits, streams. */
@SuppressWarnings("LockNotBeforeTry") // What fails ends the server, too.
class RedissonSharingTest extends RedissonClientTest {

  @ParameterizedTest
  @EnumSource
  void aMapCachedInEachClientFollowsTheOthers(Protocol protocol) {
    RLocalCachedMap<String, String> map = cachedMap(connect(protocol));
    RLocalCachedMap<String, String> other = cachedMap(connect(protocol));
    map.put("key", "0");
    for (int i = 1; i <= 20; i++) {
      String last = Integer.toString(i - 1);
      // A late message of the change before may have the entry read once more.
      soon()
          .until(
              () -> last.equals(other.get("key")) && last.equals(other.getCachedMap().get("key")));
      map.fastPut("key", Integer.toString(i));
    }
    map.fastRemove("key");
    soon().until(() -> other.get("key") == null);
  }

  private static RLocalCachedMap<String, String> cachedMap(RedissonClient redisson) {
    return redisson.getLocalCachedMap(LocalCachedMapOptions.name("cached"));
  }

  @ParameterizedTest
  @EnumSource
  void readersShareALockThatAWriterWaitsFor(Protocol protocol) throws Exception {
    RReadWriteLock lock = connect(protocol).getReadWriteLock("rw");
    RReadWriteLock other = connect(protocol).getReadWriteLock("rw");
    lock.readLock().lock();
    RLock second = other.readLock();
    assertThat(second.tryLock()).isTrue();
    second.unlock();
    assertThat(other.writeLock().tryLock()).isFalse();
    Future<Boolean> writer =
        inBackground(() -> other.writeLock().tryLock(SECONDS, TimeUnit.SECONDS));
    lock.readLock().unlock();
    assertThat(writer.get(SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(lock.readLock().tryLock()).isFalse();
  }

  @ParameterizedTest
  @EnumSource
  void whoWaitsForPermitsOrALatchIsWokenUp(Protocol protocol) throws Exception {
    RedissonClient redisson = connect(protocol);
    RedissonClient other = connect(protocol);
    RSemaphore semaphore = redisson.getSemaphore("permits");
    assertThat(semaphore.trySetPermits(1)).isTrue();
    semaphore.acquire();
    Future<Boolean> acquired =
        inBackground(() -> other.getSemaphore("permits").tryAcquire(Duration.ofSeconds(SECONDS)));
    RCountDownLatch latch = redisson.getCountDownLatch("latch");
    assertThat(latch.trySetCount(2)).isTrue();
    Future<Boolean> open =
        inBackground(() -> other.getCountDownLatch("latch").await(SECONDS, TimeUnit.SECONDS));
    semaphore.release();
    latch.countDown();
    latch.countDown();
    assertThat(acquired.get(SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(open.get(SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(semaphore.availablePermits()).isZero();
  }

  @ParameterizedTest
  @EnumSource
  void consumersOfAGroupWaitForAStreamAndShareIt(Protocol protocol) throws Exception {
    RStream<String, String> stream = connect(protocol).getStream("stream");
    RStream<String, String> consumer = connect(protocol).getStream("stream");
    stream.createGroup(StreamCreateGroupArgs.name("group").makeStream());
    Future<Map<StreamMessageId, Map<String, String>>> waiting =
        inBackground(
            () ->
                consumer.readGroup(
                    "group",
                    "one",
                    StreamReadGroupArgs.neverDelivered().timeout(Duration.ofSeconds(SECONDS))));
    awaitBlocked(1);
    StreamMessageId first = stream.add(StreamAddArgs.entry("field", "1"));
    assertThat(waiting.get(SECONDS, TimeUnit.SECONDS))
        .isEqualTo(Map.of(first, Map.of("field", "1")));
    stream.add(StreamAddArgs.entry("field", "2"));
    assertThat(consumer.readGroup("group", "two", StreamReadGroupArgs.neverDelivered()).values())
        .containsExactly(Map.of("field", "2"));
    assertThat(stream.getPendingInfo("group").getTotal()).isEqualTo(2);
    assertThat(stream.ack("group", first)).isEqualTo(1);
    assertThat(stream.getPendingInfo("group").getTotal()).isEqualTo(1);
  }
}
