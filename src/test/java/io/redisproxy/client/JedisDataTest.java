package io.redisproxy.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import redis.clients.jedis.GeoCoordinate;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.RedisProtocol;
import redis.clients.jedis.StreamEntryID;
import redis.clients.jedis.args.BitOP;
import redis.clients.jedis.args.GeoUnit;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.params.SortingParams;
import redis.clients.jedis.params.XAutoClaimParams;
import redis.clients.jedis.params.XReadGroupParams;
import redis.clients.jedis.resps.GeoRadiusResponse;
import redis.clients.jedis.resps.StreamEntry;

/** Types beyond the simple ones, as Jedis uses them: some commands look like reads and are none. */
class JedisDataTest extends JedisClientTest {

  @ParameterizedTest
  @EnumSource
  void consumersOfAGroupShareAStream(RedisProtocol protocol) {
    RedisClient jedis = connect(protocol);
    jedis.xgroupCreate("stream", "group", new StreamEntryID(), true);
    for (int i = 0; i < 10; i++) {
      jedis.xadd("stream", StreamEntryID.NEW_ENTRY, Map.of("n", "" + i));
    }
    List<StreamEntry> first = readGroup(jedis, "alice", 4);
    List<StreamEntry> second = readGroup(jedis, "bob", 100);
    assertThat(first)
        .extracting(entry -> entry.getFields().get("n"))
        .containsExactly("0", "1", "2", "3");
    assertThat(second).hasSize(6);
    assertThat(
            jedis.xack(
                "stream",
                "group",
                second.stream().map(StreamEntry::getID).toArray(StreamEntryID[]::new)))
        .isEqualTo(6);
    group.awaitInSync();
    assertThat(jedis.xpending("stream", "group").getTotal()).isEqualTo(4);
    assertThat(
            jedis
                .xautoclaim(
                    "stream", "group", "bob", 0, new StreamEntryID(), new XAutoClaimParams())
                .getValue())
        .hasSize(4);
    group.awaitInSync();
    assertThat(jedis.xinfoGroups("stream"))
        .singleElement()
        .satisfies(
            info -> {
              assertThat(info.getConsumers()).isEqualTo(2);
              assertThat(info.getPending()).isEqualTo(4);
            });
    assertThat(jedis.xinfoStream("stream").getLength()).isEqualTo(10);
    assertThatThrownBy(() -> jedis.xgroupCreate("stream", "group", new StreamEntryID(), true))
        .isInstanceOf(JedisDataException.class)
        .hasMessageStartingWith("BUSYGROUP");
  }

  private static List<StreamEntry> readGroup(RedisClient jedis, String consumer, int count) {
    return jedis
        .xreadGroupAsMap(
            "group",
            consumer,
            XReadGroupParams.xReadGroupParams().count(count),
            Map.of("stream", StreamEntryID.XREADGROUP_UNDELIVERED_ENTRY))
        .get("stream");
  }

  @ParameterizedTest
  @EnumSource
  void placesAreFoundByDistance(RedisProtocol protocol) {
    RedisClient jedis = connect(protocol);
    jedis.geoadd(
        "places",
        Map.of(
            "Palermo", new GeoCoordinate(13.361389, 38.115556),
            "Catania", new GeoCoordinate(15.087269, 37.502669)));
    group.awaitInSync();
    GeoCoordinate between = new GeoCoordinate(15, 37);
    assertThat(jedis.geodist("places", "Palermo", "Catania", GeoUnit.KM))
        .isCloseTo(166.27, within(0.1));
    assertThat(jedis.geosearch("places", between, 100, GeoUnit.KM))
        .extracting(GeoRadiusResponse::getMemberByString)
        .containsExactly("Catania");
    assertThat(jedis.georadius("places", 15, 37, 200, GeoUnit.KM)).hasSize(2);
    assertThat(jedis.georadiusByMemberReadonly("places", "Palermo", 100, GeoUnit.KM)).hasSize(1);
    assertThat(jedis.geosearchStore("near", "places", between, 100, GeoUnit.KM)).isEqualTo(1);
    group.awaitInSync();
    assertThat(jedis.geopos("near", "Catania", "nowhere").get(0).getLongitude())
        .isCloseTo(15.087, within(0.01));
  }

  @ParameterizedTest
  @EnumSource
  void visitorsAreCountedAndCountsMerged(RedisProtocol protocol) {
    RedisClient jedis = connect(protocol);
    jedis.pfadd("monday", "a", "b", "c");
    jedis.pfadd("tuesday", "c", "d");
    group.awaitInSync();
    assertThat(jedis.pfcount("monday")).isEqualTo(3);
    assertThat(jedis.pfcount("monday", "tuesday")).isEqualTo(4);
    jedis.pfmerge("both", "monday", "tuesday");
    group.awaitInSync();
    assertThat(jedis.pfcount("both")).isEqualTo(4);
  }

  @ParameterizedTest
  @EnumSource
  void bitsAreSetCountedAndCombined(RedisProtocol protocol) {
    RedisClient jedis = connect(protocol);
    jedis.setbit("a", 7, true);
    jedis.setbit("a", 100, true);
    jedis.setbit("b", 100, true);
    jedis.bitop(BitOP.AND, "both", "a", "b");
    assertThat(
            jedis.bitfield(
                "fields", "SET", "u8", "0", "200", "INCRBY", "u8", "0", "10", "GET", "u8", "0"))
        .containsExactly(0L, 210L, 210L);
    group.awaitInSync();
    assertThat(jedis.bitcount("a")).isEqualTo(2);
    assertThat(jedis.bitcount("both")).isEqualTo(1);
    assertThat(jedis.bitpos("both", true)).isEqualTo(100);
    assertThat(jedis.getbit("a", 7)).isTrue();
    assertThat(jedis.bitfield("fields", "GET", "u8", "0")).containsExactly(210L);
    assertThat(jedis.bitfieldReadonly("fields", "GET", "u8", "0")).containsExactly(210L);
  }

  @ParameterizedTest
  @EnumSource
  void aListIsSortedByItselfAndByOtherKeys(RedisProtocol protocol) {
    RedisClient jedis = connect(protocol);
    jedis.rpush("ids", "3", "1", "2");
    jedis.mset("weight:1", "30", "weight:2", "10", "weight:3", "20");
    group.awaitInSync();
    assertThat(jedis.sort("ids")).containsExactly("1", "2", "3");
    assertThat(jedis.sort("ids", new SortingParams().by("weight:*").get("#", "weight:*")))
        .containsExactly("2", "10", "3", "20", "1", "30");
    assertThat(jedis.sortReadonly("ids", new SortingParams().desc().limit(0, 2)))
        .containsExactly("3", "2");
    assertThat(jedis.sort("ids", "sorted")).isEqualTo(3);
    group.awaitInSync();
    assertThat(jedis.lrange("sorted", 0, -1)).containsExactly("1", "2", "3");
  }
}
