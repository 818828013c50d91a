package io.redisproxy.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import redis.clients.jedis.AbstractPipeline;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.RedisProtocol;
import redis.clients.jedis.params.ScanParams;
import redis.clients.jedis.resps.ScanResult;
import redis.clients.jedis.resps.Tuple;

/** Scans of Jedis, each page of which goes over another connection of the pool. */
class JedisScanTest extends JedisClientTest {

  @ParameterizedTest
  @EnumSource
  void aScanFindsEveryKeyWhileOthersAreWritten(RedisProtocol protocol) throws Exception {
    RedisClient jedis = connect(protocol);
    Set<String> keys = names("key");
    setAll(jedis, keys);
    group.awaitInSync();
    AtomicBoolean done = new AtomicBoolean();
    Future<?> writing =
        inBackground(
            () -> {
              for (int i = 0; !done.get(); i++) {
                jedis.set("other" + i % 1000, "x");
              }
              return null;
            });
    Set<String> found = scan(cursor -> jedis.scan(cursor, params("key*")), key -> key);
    done.set(true);
    writing.get();
    assertThat(found).isEqualTo(keys);
  }

  @ParameterizedTest
  @EnumSource
  void elementsOfEveryTypeAreAllFound(RedisProtocol protocol) {
    RedisClient jedis = connect(protocol);
    Set<String> names = names("element");
    Map<String, String> fields = new HashMap<>();
    Map<String, Double> scores = new HashMap<>();
    for (String name : names) {
      fields.put(name, "value of " + name);
      scores.put(name, (double) name.hashCode());
    }
    jedis.hset("hash", fields);
    jedis.sadd("set", array(names.stream()));
    jedis.zadd("zset", scores);
    group.awaitInSync();

    assertThat(scan(cursor -> jedis.hscan("hash", cursor, params("*")), Map.Entry::getKey))
        .isEqualTo(names);
    assertThat(scan(cursor -> jedis.sscan("set", cursor, params("*")), member -> member))
        .isEqualTo(names);
    assertThat(scan(cursor -> jedis.zscan("zset", cursor, params("*")), Tuple::getElement))
        .isEqualTo(names);
    assertThat(scan(cursor -> jedis.sscan("set", cursor, params("*99")), member -> member))
        .isEqualTo(new TreeSet<>(names.stream().filter(name -> name.endsWith("99")).toList()));
  }

  @ParameterizedTest
  @EnumSource
  void severalScansAtOnceKeepTheirOwnPlace(RedisProtocol protocol) throws Exception {
    RedisClient jedis = connect(protocol);
    Set<String> keys = names("key");
    setAll(jedis, keys);
    group.awaitInSync();
    List<Future<Set<String>>> scans =
        java.util.stream.Stream.generate(
                () -> inBackground(() -> scan(cursor -> jedis.scan(cursor, params("*")), k -> k)))
            .limit(6)
            .toList();
    for (Future<Set<String>> found : scans) {
      assertThat(found.get()).isEqualTo(keys);
    }
  }

  @ParameterizedTest
  @EnumSource
  void jedisOwnIterationFindsEveryKeyToo(RedisProtocol protocol) {
    RedisClient jedis = connect(protocol);
    Set<String> keys = names("key");
    setAll(jedis, keys);
    group.awaitInSync();
    Collection<String> found = jedis.scanIteration(100, "*").collect(new TreeSet<>());
    assertThat(found).isEqualTo(keys);
  }

  private static void setAll(RedisClient jedis, Set<String> keys) {
    try (AbstractPipeline pipeline = jedis.pipelined()) {
      keys.forEach(key -> pipeline.set(key, "x"));
      pipeline.sync();
    }
  }

  private static ScanParams params(String pattern) {
    return new ScanParams().match(pattern).count(50);
  }

  private static <T> Set<String> scan(
      Function<String, ScanResult<T>> page, Function<T, String> name) {
    Set<String> found = new TreeSet<>();
    String cursor = ScanParams.SCAN_POINTER_START;
    do {
      ScanResult<T> result = page.apply(cursor);
      result.getResult().forEach(element -> found.add(name.apply(element)));
      cursor = result.getCursor();
    } while (!cursor.equals(ScanParams.SCAN_POINTER_START));
    return found;
  }
}
