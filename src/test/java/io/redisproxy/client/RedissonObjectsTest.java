package io.redisproxy.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.redisson.api.BatchOptions;
import org.redisson.api.BatchOptions.ExecutionMode;
import org.redisson.api.BatchResult;
import org.redisson.api.RAtomicLong;
import org.redisson.api.RBatch;
import org.redisson.api.RBucket;
import org.redisson.api.RMap;
import org.redisson.api.RTransaction;
import org.redisson.api.RedissonClient;
import org.redisson.api.TransactionOptions;
import org.redisson.client.codec.StringCodec;
import org.redisson.config.Config;
import org.redisson.config.Protocol;

/** Redisson's objects that hold values. */
class RedissonObjectsTest extends RedissonClientTest {

  @Test
  void theProxyIsTakenForAMasterByWhoLooksForOne() {
    Config config = new Config();
    config.useReplicatedServers().addNodeAddress("redis://" + HOST + ":" + proxy.port());
    RBucket<String> bucket = connect(config).getBucket("bucket", StringCodec.INSTANCE);
    bucket.set("value");
    assertThat(bucket.get()).isEqualTo("value");
  }

  @ParameterizedTest
  @EnumSource
  void aMapHasTheOperationsOfAMap(Protocol protocol) {
    RMap<String, String> map = connect(protocol).getMap("map");
    assertThat(map.put("a", "1")).isNull();
    assertThat(map.put("a", "2")).isEqualTo("1");
    assertThat(map.putIfAbsent("a", "3")).isEqualTo("2");
    assertThat(map.replace("a", "2", "4")).isTrue();
    map.putAll(Map.of("b", "5", "c", "6"));
    assertThat(map.remove("c")).isEqualTo("6");
    group.awaitInSync();
    assertThat(map.readAllMap()).isEqualTo(Map.of("a", "4", "b", "5"));
    assertThat(map.containsValue("5")).isTrue();
    assertThat(map).hasSize(2);
  }

  @ParameterizedTest
  @EnumSource
  void theKeysOfALargeMapAreAllVisited(Protocol protocol) {
    RedissonClient redisson = connect(protocol);
    RMap<String, String> map = redisson.getMap("map");
    RBatch batch = redisson.createBatch();
    names("key").forEach(name -> batch.<String, String>getMap("map").fastPutAsync(name, name));
    batch.execute();
    group.awaitInSync();
    List<String> visited = new ArrayList<>();
    map.keySet(100).forEach(visited::add);
    assertThat(visited).containsExactlyInAnyOrderElementsOf(names("key"));
  }

  @ParameterizedTest
  @EnumSource
  void aBucketIsComparedSetAndExpires(Protocol protocol) {
    RBucket<String> bucket = connect(protocol).getBucket("bucket");
    bucket.set("1", java.time.Duration.ofMinutes(1));
    assertThat(bucket.compareAndSet("1", "2")).isTrue();
    assertThat(bucket.compareAndSet("1", "3")).isFalse();
    assertThat(bucket.setIfAbsent("4")).isFalse();
    assertThat(bucket.getAndSet("5", java.time.Duration.ofMinutes(1))).isEqualTo("2");
    group.awaitInSync();
    assertThat(bucket.get()).isEqualTo("5");
    assertThat(bucket.remainTimeToLive()).isBetween(1L, 60_000L);
    assertThat(bucket.getAndDelete()).isEqualTo("5");
    group.awaitInSync();
    assertThat(bucket.isExists()).isFalse();
  }

  @ParameterizedTest
  @EnumSource
  void anAtomicLongLosesNoIncrement(Protocol protocol) throws Exception {
    RedissonClient redisson = connect(protocol);
    List<Future<?>> threads = new ArrayList<>();
    for (int thread = 0; thread < 4; thread++) {
      threads.add(
          inBackground(
              () -> {
                for (int i = 0; i < 100; i++) {
                  redisson.getAtomicLong("counter").incrementAndGet();
                }
                return null;
              }));
    }
    for (Future<?> thread : threads) {
      thread.get(SECONDS, TimeUnit.SECONDS);
    }
    group.awaitInSync();
    RAtomicLong counter = redisson.getAtomicLong("counter");
    assertThat(counter.get()).isEqualTo(400);
    assertThat(counter.compareAndSet(400, 7)).isTrue();
    assertThat(counter.compareAndSet(400, 8)).isFalse();
    assertThat(counter.getAndAdd(3)).isEqualTo(7);
  }

  @ParameterizedTest
  @EnumSource
  void aBatchAnswersInOrder(Protocol protocol) {
    RedissonClient redisson = connect(protocol);
    for (ExecutionMode mode :
        List.of(
            ExecutionMode.IN_MEMORY,
            ExecutionMode.IN_MEMORY_ATOMIC,
            ExecutionMode.REDIS_WRITE_ATOMIC)) {
      RBatch batch = redisson.createBatch(BatchOptions.defaults().executionMode(mode));
      List<Object> expected = new ArrayList<>();
      for (long i = 1; i <= 500; i++) {
        batch.getAtomicLong("counter " + mode).incrementAndGetAsync();
        expected.add(i);
      }
      BatchResult<?> result = batch.execute();
      assertThat(result.getResponses()).as(mode.name()).isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aTransactionIsCommittedOrRolledBackAsAWhole(Protocol protocol) {
    RedissonClient redisson = connect(protocol);
    RTransaction kept = redisson.createTransaction(TransactionOptions.defaults());
    kept.<String, String>getMap("map").put("a", "1");
    kept.<String>getBucket("bucket").set("2");
    kept.commit();
    RTransaction dropped = redisson.createTransaction(TransactionOptions.defaults());
    dropped.<String, String>getMap("map").put("a", "other");
    dropped.rollback();
    group.awaitInSync();
    assertThat(redisson.<String, String>getMap("map").get("a")).isEqualTo("1");
    assertThat(redisson.<String>getBucket("bucket").get()).isEqualTo("2");
  }
}
