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
  private final LoopWrites writes = table.newPart();
  private final LoopWrites others = table.newPart();
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
    writes.begin(slots(slot), 1);
    writes.begin(slots(slot), 1);
    writes.end(slots(slot), 1);

    assertThat(table.needed(slot)).isEqualTo(WriteTable.IN_FLIGHT);
    assertThat(table.neededByAny()).isEqualTo(WriteTable.IN_FLIGHT);
    assertThat(table.needed(other)).isZero();
  }

  @Test
  void anAcknowledgedWriteNeedsTheRoundAfterTheLastOneStarted() {
    table.startRound();
    writes.begin(slots(slot), 1);
    table.startRound();
    writes.end(slots(slot), 1);

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
    writes.begin(slots(slot), 1);
    long round = table.startRound();
    writes.end(slots(slot), 1);
    assertThat(table.needed(slot)).isGreaterThan(round);
    assertThat(table.isDemandedAfter(table.started())).isTrue();
  }

  @Test
  void aWriteAcknowledgedBeforeARoundsNumberIsCoveredByIt() {
    writes.begin(slots(slot), 1);
    writes.end(slots(slot), 1);
    assertThat(table.needed(slot)).isEqualTo(table.startRound());
  }

  @Test
  void whatAnyEventLoopWritesCounts() {
    writes.begin(slots(slot), 1);
    others.begin(slots(slot, slot), 2);
    writes.end(slots(slot), 1);
    assertThat(table.needed(slot)).isEqualTo(WriteTable.IN_FLIGHT);
    table.startRound();
    others.end(slots(slot, slot), 2);
    assertThat(table.needed(slot)).isEqualTo(2);
    assertThat(table.neededByAny()).isEqualTo(2);
    writes.mark(slots(slot), 1);
    assertThat(table.needed(slot)).isEqualTo(2);
  }

  @Test
  void aWriteThatIsLostNeedsTheRoundAfterTheNext() {
    writes.begin(slots(slot), 1);
    writes.lose(slots(slot), 1);
    assertThat(table.needed(slot)).isEqualTo(2);
    assertThat(table.isDemandedAfter(table.startRound())).isTrue();
    assertThat(table.isDemandedAfter(table.startRound())).isFalse();
    writes.markLost(slots(slot), 1);
    assertThat(table.needed(slot)).isEqualTo(4);
  }

  @Test
  void withTwoWhoSampleAWriteThatIsLostNeedsTheSecondRoundOfOneOfThem() {
    table.onWake(() -> {});
    table.onWake(() -> {});
    writes.markLost(slots(slot), 1);
    assertThat(table.needed(slot)).isEqualTo(3);
  }

  @Test
  void aWriteOfAnyKeyCountsForAll() {
    writes.begin(slots(WriteTable.ALL), 1);
    assertThat(table.needed(slot)).isEqualTo(WriteTable.IN_FLIGHT);
    writes.end(slots(WriteTable.ALL), 1);
    assertThat(table.needed(slot)).isEqualTo(1);
    assertThat(table.neededByAny()).isEqualTo(1);
  }

  @Test
  void aMarkIsAWriteThatWasNeverInFlight() {
    writes.begin(slots(slot), 1);
    writes.mark(slots(slot), 1);
    assertThat(table.needed(slot)).isEqualTo(WriteTable.IN_FLIGHT);
    writes.end(slots(slot), 1);
    table.startRound();
    writes.mark(slots(slot), 1);
    assertThat(table.needed(slot)).isEqualTo(2);
  }

  @Test
  void theFirstWriteOfARoundWakesASamplerThatSleeps() {
    AtomicInteger woken = new AtomicInteger();
    table.onWake(woken::incrementAndGet);
    writes.mark(slots(slot), 1);
    assertThat(woken).hasValue(0);
    assertThat(table.sleep(table.started())).as("something was written").isFalse();

    table.startRound();
    assertThat(table.sleep(table.started())).isTrue();
    writes.mark(slots(slot), 1);
    writes.mark(slots(other), 1);
    assertThat(woken).hasValue(1);
  }

  @Test
  void whileNobodyReadsNoRoundIsDemandedAndTheFirstReaderWakesTheSampler() {
    AtomicInteger woken = new AtomicInteger();
    table.onWake(woken::incrementAndGet);
    assertThat(table.hasReaders()).isTrue();
    others.onRead();
    long now = System.nanoTime() + 1_000_000_000;
    table.forgetReaders(now);
    assertThat(table.hasReaders()).as("since the last time").isTrue();

    table.forgetReaders(now + 999_999_999);
    assertThat(table.hasReaders()).as("a moment ago").isTrue();

    table.forgetReaders(now + 1_000_000_000);
    writes.mark(slots(slot), 1);
    assertThat(table.hasReaders()).isFalse();
    assertThat(table.isDemandedAfter(table.started())).isFalse();
    assertThat(table.sleep(table.started())).isTrue();

    writes.onRead();
    assertThat(woken).hasValue(1);
    assertThat(table.hasReaders()).isTrue();
    assertThat(table.isDemandedAfter(table.started())).isTrue();
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

  private static int[] slots(int... slots) {
    return slots;
  }
}
