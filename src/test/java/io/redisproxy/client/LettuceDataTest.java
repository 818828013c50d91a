package io.redisproxy.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.lettuce.core.BitFieldArgs;
import io.lettuce.core.Consumer;
import io.lettuce.core.GeoArgs;
import io.lettuce.core.GeoSearch;
import io.lettuce.core.RedisBusyException;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.SortArgs;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.XAutoClaimArgs;
import io.lettuce.core.XGroupCreateArgs;
import io.lettuce.core.XReadArgs;
import io.lettuce.core.XReadArgs.StreamOffset;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.protocol.ProtocolVersion;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Types beyond the simple ones, as Lettuce uses them. */
class LettuceDataTest extends LettuceClientTest {

  @ParameterizedTest
  @EnumSource
  void consumersOfAGroupShareAStream(ProtocolVersion protocol) {
    RedisCommands<String, String> redis = connect(protocol).sync();
    StreamOffset<String> start = StreamOffset.from("stream", "0");
    redis.xgroupCreate(start, "group", XGroupCreateArgs.Builder.mkstream());
    for (int i = 0; i < 10; i++) {
      redis.xadd("stream", Map.of("n", "" + i));
    }
    StreamOffset<String> next = StreamOffset.lastConsumed("stream");
    List<StreamMessage<String, String>> first =
        redis.xreadgroup(Consumer.from("group", "alice"), XReadArgs.Builder.count(4), next);
    List<StreamMessage<String, String>> second =
        redis.xreadgroup(Consumer.from("group", "bob"), next);
    assertThat(first).hasSize(4);
    assertThat(second).hasSize(6);
    assertThat(redis.xack("stream", "group", array(second.stream().map(StreamMessage::getId))))
        .isEqualTo(6);
    group.awaitInSync();
    assertThat(redis.xpending("stream", "group").getCount()).isEqualTo(4);
    assertThat(
            redis
                .xautoclaim(
                    "stream",
                    XAutoClaimArgs.Builder.xautoclaim(Consumer.from("group", "bob"), 0, "0"))
                .getMessages())
        .hasSize(4);
    assertThat(redis.xinfoConsumers("stream", "group")).hasSize(2);
    assertThatThrownBy(() -> redis.xgroupCreate(start, "group"))
        .isInstanceOfAny(RedisBusyException.class, RedisCommandExecutionException.class)
        .hasMessageStartingWith("BUSYGROUP");
  }

  @ParameterizedTest
  @EnumSource
  void placesAreFoundByDistance(ProtocolVersion protocol) {
    RedisCommands<String, String> redis = connect(protocol).sync();
    redis.geoadd("places", 13.361389, 38.115556, "Palermo");
    redis.geoadd("places", 15.087269, 37.502669, "Catania");
    group.awaitInSync();
    assertThat(redis.geodist("places", "Palermo", "Catania", GeoArgs.Unit.km))
        .isCloseTo(166.27, within(0.1));
    assertThat(redis.georadius("places", 15, 37, 100, GeoArgs.Unit.km)).containsExactly("Catania");
    assertThat(
            redis.geosearch(
                "places",
                GeoSearch.fromCoordinates(15, 37),
                GeoSearch.byRadius(200, GeoArgs.Unit.km)))
        .containsExactlyInAnyOrder("Palermo", "Catania");
  }

  @ParameterizedTest
  @EnumSource
  void bitsVisitorsAndSortedListsWork(ProtocolVersion protocol) {
    RedisCommands<String, String> redis = connect(protocol).sync();
    redis.setbit("bits", 7, 1);
    redis.setbit("bits", 100, 1);
    redis.pfadd("monday", "a", "b", "c");
    redis.pfadd("tuesday", "c", "d");
    redis.rpush("ids", "3", "1", "2");
    redis.mset(Map.of("weight:1", "30", "weight:2", "10", "weight:3", "20"));
    group.awaitInSync();
    assertThat(redis.bitcount("bits")).isEqualTo(2);
    assertThat(redis.bitpos("bits", true)).isEqualTo(7);
    BitFieldArgs.BitFieldType eight = BitFieldArgs.unsigned(8);
    assertThat(
            redis.bitfield("field", BitFieldArgs.Builder.set(eight, 0, 200).incrBy(eight, 0, 10)))
        .containsExactly(0L, 210L);
    assertThat(redis.pfcount("monday", "tuesday")).isEqualTo(4);
    assertThat(redis.sort("ids", SortArgs.Builder.by("weight:*").get("#").get("weight:*")))
        .containsExactly("2", "10", "3", "20", "1", "30");
    assertThat(redis.sortReadOnly("ids", SortArgs.Builder.desc())).containsExactly("3", "2", "1");
  }
}
