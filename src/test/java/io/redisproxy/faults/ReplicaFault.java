package io.redisproxy.faults;

import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.RedisNode;
import io.redisproxy.fixture.Relay;
import java.time.Duration;

/** What happens to a replica, and how it ends. */
enum ReplicaFault {
  KILLED("killed (kill -9)") {
    @Override
    void begin(Victim victim) {
      victim.replica().kill();
    }

    @Override
    void end(Victim victim) {
      victim.replica().restart();
    }
  },
  STOPPED("stopped (SIGSTOP)") {
    @Override
    void begin(Victim victim) {
      victim.replica().pause();
    }

    @Override
    void end(Victim victim) {
      victim.replica().resume();
    }
  },
  CUT_OFF("cut off: connections are closed and refused") {
    @Override
    void begin(Victim victim) {
      victim.relay().refuse();
      victim.relay().cut();
    }

    @Override
    void end(Victim victim) {
      victim.relay().accept();
    }
  },
  SILENT("cut off: what is sent gets lost") {
    @Override
    void begin(Victim victim) {
      victim.relay().stall();
    }

    @Override
    void end(Victim victim) {
      victim.relay().resume();
    }
  },
  SLOW("answers 500 ms later") {
    @Override
    void begin(Victim victim) {
      victim.relay().delayReplies(Duration.ofMillis(500));
    }

    @Override
    void end(Victim victim) {
      victim.relay().delayReplies(Duration.ZERO);
    }
  },
  GARBAGE("answers garbage") {
    @Override
    void begin(Victim victim) {
      victim.relay().garbleReplies(true);
    }

    @Override
    void end(Victim victim) {
      victim.relay().garbleReplies(false);
    }
  },
  ASLEEP("DEBUG SLEEP 1") {
    @Override
    void begin(Victim victim) {
      new Thread(() -> victim.call("DEBUG", "SLEEP", "1")).start();
    }
  },
  LOADING("loads an RDB for long") {
    @Override
    void begin(Victim victim) {
      victim.call("CONFIG", "SET", "key-load-delay", "5000");
      victim.call("CONFIG", "SET", "loading-process-events-interval-bytes", "1024");
      RESYNCING.begin(victim);
    }

    @Override
    void end(Victim victim) {
      victim.call("CONFIG", "SET", "key-load-delay", "0");
    }
  },
  RESYNCING("syncs in full") {
    @Override
    void begin(Victim victim) {
      // Its history is one of its own then.
      victim.call("REPLICAOF", "NO", "ONE");
      victim.call("SET", "own", "history");
      victim.follow();
    }
  },
  DETACHED("REPLICAOF NO ONE") {
    @Override
    void begin(Victim victim) {
      victim.call("REPLICAOF", "NO", "ONE");
    }

    @Override
    void end(Victim victim) {
      victim.follow();
    }
  };

  private final String text;

  ReplicaFault(String text) {
    this.text = text;
  }

  /**
   * A replica.
   *
   * @param relay the one that the proxy reaches it by
   */
  record Victim(RedisGroup group, RedisNode replica, Relay relay) {
    Object call(String... command) {
      return group.call(replica, command);
    }

    void follow() {
      group.follow(replica, group.master().port());
    }
  }

  abstract void begin(Victim victim);

  /** Some end by themselves. */
  void end(Victim victim) {}

  @Override
  public String toString() {
    return text;
  }
}
