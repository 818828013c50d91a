package io.redisproxy.consistency;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MeasuredRoundsTest {
  private final MeasuredRounds measured = new MeasuredRounds();

  @Test
  void anOffsetHasReachedTheLastRoundThatIsNotAhead() {
    measured.add(1, 100, 10);
    measured.add(3, 200, 30);

    assertThat(measured.reachedAt(99)).isEqualTo(-1);
    assertThat(measured.reachedAt(100)).isEqualTo(1);
    assertThat(measured.reachedAt(199)).isEqualTo(1);
    assertThat(measured.reachedAt(1_000)).isEqualTo(3);
    assertThat(measured.newest()).isEqualTo(3);
    assertThat(measured.timeAfter(-1)).isEqualTo(10);
    assertThat(measured.timeAfter(1)).isEqualTo(30);
  }

  @Test
  void withNothingMeasuredNothingIsReached() {
    assertThat(measured.reachedAt(Long.MAX_VALUE)).isEqualTo(-1);
    measured.add(1, 0, 0);
    measured.clear();
    assertThat(measured.reachedAt(Long.MAX_VALUE)).isEqualTo(-1);
    assertThat(measured.newest()).isEqualTo(-1);
  }

  @Test
  void aRoundWithoutANewOffsetIsReachedWithTheOneBefore() {
    measured.add(1, 100, 10);
    measured.add(2, 100, 20);

    assertThat(measured.reachedAt(100)).isEqualTo(2);
    assertThat(measured.timeAfter(-1)).isEqualTo(10);
  }

  @Test
  void theTimesOfRoundsAreGivenUpToTheLastOneReached() {
    measured.add(1, 100, 10);
    measured.add(2, 200, 20);
    measured.add(3, 300, 30);
    measured.add(4, 400, 40);
    List<Long> times = new ArrayList<>();

    measured.eachTime(10, 3, times::add);

    assertThat(times).containsExactly(20L, 30L);
  }

  @Test
  void manyRoundsLeaveStepsThatNeverSayTooMuch() {
    int count = 100_000;
    for (int round = 1; round <= count; round++) {
      measured.add(round, 10L * round, round);
    }
    for (int round = 1; round <= count; round++) {
      int late = count - round;
      assertThat(measured.reachedAt(10L * round)).isBetween((long) round - late / 7, (long) round);
    }
  }
}
