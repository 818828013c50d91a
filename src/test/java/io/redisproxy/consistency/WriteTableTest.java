package io.redisproxy.consistency;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class WriteTableTest {
  private final WriteTable table = new WriteTable();
  private final int slot = table.slot(0, "key".getBytes(UTF_8));
  private final int other = slot ^ 1;

  @Test
  void whatWasNeverWrittenNeedsNoRoundButAReplicaOfWhichSomethingIsKnown() {
    assertThat(table.needed(slot)).isZero();
    assertThat(table.neededByAny()).isZero();
    assertThat(table.isDemandedAfter(table.started())).isFalse();
  }

  @Test
  void aWriteInFlightKeepsReadsOfItsSlotAwayFromReplicas() {
    table.begin(slot);
    table.begin(slot);
    table.end(slot);

    assertThat(table.needed(slot)).isEqualTo(WriteTable.IN_FLIGHT);
    assertThat(table.neededByAny()).isEqualTo(WriteTable.IN_FLIGHT);
    assertThat(table.needed(other)).isZero();
  }

  @Test
  void anAcknowledgedWriteNeedsTheRoundAfterTheLastOneStarted() {
    table.startRound();
    table.begin(slot);
    table.startRound();
    table.end(slot);

    assertThat(table.needed(slot)).isEqualTo(3);
    assertThat(table.neededByAny()).isEqualTo(3);
    assertThat(table.needed(other)).isZero();
    assertThat(table.isDemandedAfter(table.started())).isTrue();
    table.startRound();
    assertThat(table.isDemandedAfter(table.started())).isFalse();
    assertThat(table.needed(slot)).isEqualTo(3);
  }

  @Test
  void aWriteBetweenARoundsNumberAndTheMastersAnswerWaitsForTheNextRound() {
    table.begin(slot);
    long round = table.startRound();
    table.end(slot);
    assertThat(table.needed(slot)).isGreaterThan(round);
    assertThat(table.isDemandedAfter(table.started())).isTrue();
  }

  @Test
  void aWriteAcknowledgedBeforeARoundsNumberIsCoveredByIt() {
    table.begin(slot);
    table.end(slot);
    assertThat(table.needed(slot)).isEqualTo(table.startRound());
  }

  @Test
  void aWriteThatIsLostNeedsTheRoundAfterTheNext() {
    table.begin(slot);
    table.lose(slot);
    assertThat(table.needed(slot)).isEqualTo(2);
    assertThat(table.isDemandedAfter(table.startRound())).isTrue();
    assertThat(table.isDemandedAfter(table.startRound())).isFalse();
    table.markLost(slot);
    assertThat(table.needed(slot)).isEqualTo(4);
  }

  @Test
  void aWriteOfAnyKeyCountsForAll() {
    table.begin(WriteTable.ALL);
    assertThat(table.needed(slot)).isEqualTo(WriteTable.IN_FLIGHT);
    table.end(WriteTable.ALL);
    assertThat(table.needed(slot)).isEqualTo(1);
    assertThat(table.neededByAny()).isEqualTo(1);
  }

  @Test
  void aMarkIsAWriteThatWasNeverInFlight() {
    table.begin(slot);
    table.mark(slot);
    assertThat(table.needed(slot)).isEqualTo(WriteTable.IN_FLIGHT);
    table.end(slot);
    table.startRound();
    table.mark(slot);
    assertThat(table.needed(slot)).isEqualTo(2);
  }

  @Test
  void theFirstWriteOfARoundWakesASamplerThatSleeps() {
    AtomicInteger woken = new AtomicInteger();
    table.onWake(woken::incrementAndGet);
    table.mark(slot);
    assertThat(woken).hasValue(0);
    assertThat(table.sleep(table.started())).as("something was written").isFalse();

    table.startRound();
    assertThat(table.sleep(table.started())).isTrue();
    table.mark(slot);
    table.mark(other);
    assertThat(woken).hasValue(1);
  }

  @Test
  void aKeyHasTheSameSlotWhereverItLies() {
    for (int length = 0; length < 40; length++) {
      byte[] key = "0123456789abcdefghijklmnopqrstuvwxyzABCD".substring(0, length).getBytes(UTF_8);
      ByteBuf in = Unpooled.directBuffer().writeBytes(new byte[3]).writeBytes(key).writeByte(1);

      assertThat(table.slot(2, in, 3, length)).isEqualTo(table.slot(2, key)).isBetween(0, 65_535);
      in.release();
    }
  }

  @Test
  void slotsKnowTheDatabase() {
    assertThat(IntStream.range(0, 16).map(db -> table.slot(db, "key".getBytes(UTF_8))).distinct())
        .hasSizeGreaterThan(14);
  }

  @Test
  void likeKeysSpreadOverTheSlots() {
    for (String format :
        new String[] {"%d", "k%03d", "key:%08d", "user:%d:session:of:a:long:name"}) {
      Set<Integer> slots = new HashSet<>();
      for (int i = 0; i < 65_536; i++) {
        slots.add(table.slot(0, format.formatted(i).getBytes(UTF_8)));
      }
      // Of n balls in n bins by chance, all but 1/e of the bins get one: 41,427.
      assertThat(slots).as(format).hasSizeBetween(41_000, 41_900);
    }
  }
}
