package io.redisproxy.topology;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ReplicationLagTest {
  private long now;
  private final ReplicationLag lag = new ReplicationLag(() -> now);

  @Test
  void isNotKnownBeforeBothHaveSaidWhereTheyAre() {
    assertThat(lag.bytes(1)).isNaN();
    lag.onReplica(1, "history", 10);
    assertThat(lag.seconds(1)).isNaN();
    lag.onMaster(0, "history", 10);
    assertThat(lag.bytes(1)).isZero();
    assertThat(lag.seconds(1)).isZero();
    assertThat(lag.seconds(0)).as("the master's").isZero();
  }

  @Test
  void isOfTheFirstThatTheMasterHadAndTheReplicaHasNot() {
    masterAt(0, 100);
    masterAt(1, 200);
    masterAt(2, 200);
    masterAt(3, 300);
    lag.onReplica(1, "history", 150);
    at(10);
    assertThat(lag.bytes(1)).isEqualTo(150);
    assertThat(lag.seconds(1)).isEqualTo(9);
    lag.onReplica(1, "history", 200);
    assertThat(lag.seconds(1)).isEqualTo(7);
  }

  @Test
  void aReplicaThatIsAskedAfterItsMasterMayBeAhead() {
    masterAt(0, 100);
    lag.onReplica(1, "history", 120);
    assertThat(lag.bytes(1)).isZero();
    assertThat(lag.seconds(1)).isZero();
  }

  @Test
  void isNotKnownOfAnotherHistory() {
    masterAt(0, 100);
    lag.onReplica(1, "other", 90);
    lag.onReplica(2, "history", -1);
    assertThat(lag.bytes(1)).isNaN();
    assertThat(lag.bytes(2)).isNaN();
    lag.onMaster(0, "other", 95);
    assertThat(lag.bytes(1)).isEqualTo(5);
  }

  @Test
  void ofAMasterThatLostItsDataNothingIsLeft() {
    masterAt(0, 100);
    lag.onMaster(0, "history", 20);
    lag.onReplica(1, "history", 20);
    assertThat(lag.bytes(1)).isZero();
  }

  @Test
  void isToldTooSmallRatherThanForgottenAfterVeryLong() {
    for (int second = 0; second < 1000; second++) {
      masterAt(second, 100 + second);
    }
    lag.onReplica(1, "history", 100);
    assertThat(lag.bytes(1)).isEqualTo(999);
    assertThat(lag.seconds(1)).isBetween(500.0, 999.0);
  }

  private void masterAt(long second, long offset) {
    at(second);
    lag.onMaster(0, "history", offset);
  }

  private void at(long second) {
    now = TimeUnit.SECONDS.toNanos(second);
  }
}
