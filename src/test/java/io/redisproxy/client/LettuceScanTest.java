package io.redisproxy.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.KeyValue;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.ScanIterator;
import io.lettuce.core.ScoredValue;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.protocol.ProtocolVersion;
import io.lettuce.core.support.ConnectionPoolSupport;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.commons.pool2.impl.GenericObjectPool;
import org.apache.commons.pool2.impl.GenericObjectPoolConfig;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Scans of Lettuce, over one connection and over a pool of them. */
class LettuceScanTest extends LettuceClientTest {
  private static final ScanArgs PAGE = ScanArgs.Builder.limit(50);

  @ParameterizedTest
  @EnumSource
  void elementsOfEveryTypeAreAllFound(ProtocolVersion protocol) {
    RedisCommands<String, String> redis = connect(protocol).sync();
    Set<String> names = names("element");
    Map<String, String> fields = new HashMap<>();
    names.forEach(name -> fields.put(name, "value of " + name));
    redis.hset("hash", fields);
    redis.sadd("set", array(names.stream()));
    redis.zadd("zset", names.stream().map(n -> ScoredValue.just(n.hashCode(), n)).toArray());
    group.awaitInSync();
    assertThat(found(ScanIterator.hscan(redis, "hash", PAGE).stream().map(KeyValue::getKey)))
        .isEqualTo(names);
    assertThat(found(ScanIterator.sscan(redis, "set", PAGE).stream())).isEqualTo(names);
    assertThat(found(ScanIterator.zscan(redis, "zset", PAGE).stream().map(ScoredValue::getValue)))
        .isEqualTo(names);
  }

  @ParameterizedTest
  @EnumSource
  void aScanOverAPoolFindsEveryKey(ProtocolVersion protocol) throws Exception {
    Set<String> names = names("key");
    connect(protocol).sync().mset(names.stream().collect(Collectors.toMap(n -> n, n -> "x")));
    group.awaitInSync();
    GenericObjectPoolConfig<StatefulRedisConnection<String, String>> config =
        new GenericObjectPoolConfig<>();
    config.setLifo(false);
    config.setMinIdle(4);
    try (GenericObjectPool<StatefulRedisConnection<String, String>> pool =
        ConnectionPoolSupport.createGenericObjectPool(() -> connect(protocol), config)) {
      pool.preparePool();
      Set<String> found = new TreeSet<>();
      ScanCursor cursor = ScanCursor.INITIAL;
      while (!cursor.isFinished()) {
        try (StatefulRedisConnection<String, String> connection = pool.borrowObject()) {
          KeyScanCursor<String> page = connection.sync().scan(cursor, PAGE);
          found.addAll(page.getKeys());
          cursor = page;
        }
      }
      assertThat(found).isEqualTo(names);
    }
  }

  private static Set<String> found(Stream<String> elements) {
    return elements.collect(Collectors.toCollection(TreeSet::new));
  }
}
