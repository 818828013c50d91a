package io.redisproxy.faults;

import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.RedisNode;
import io.redisproxy.fixture.Relay;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;

/** What happens to a replica, and how it ends. */
public enum ReplicaFault {
  KILLED("killed (kill -9)") {
    @Override
    public void begin(Victim victim) {
      victim.node().kill();
    }

    @Override
    public void end(Victim victim) {
      victim.node().restart();
    }
  },
  STOPPED("stopped (SIGSTOP)") {
    @Override
    public void begin(Victim victim) {
      victim.node().pause();
    }

    @Override
    public void end(Victim victim) {
      victim.node().resume();
    }
  },
  CUT_OFF("cut off: connections are closed and refused") {
    @Override
    public void begin(Victim victim) {
      victim.relay().refuse();
      victim.relay().cut();
    }

    @Override
    public void end(Victim victim) {
      victim.relay().accept();
    }
  },
  SILENT("cut off: what is sent gets lost") {
    @Override
    public void begin(Victim victim) {
      victim.relay().stall();
    }

    @Override
    public void end(Victim victim) {
      victim.relay().resume();
    }
  },
  SLOW("answers 500 ms later") {
    @Override
    public void begin(Victim victim) {
      victim.relay().delayReplies(Duration.ofMillis(500));
    }

    @Override
    public void end(Victim victim) {
      victim.relay().delayReplies(Duration.ZERO);
    }
  },
  GARBAGE("answers garbage") {
    @Override
    public void begin(Victim victim) {
      victim.relay().garbleReplies(true);
    }

    @Override
    public void end(Victim victim) {
      victim.relay().garbleReplies(false);
    }
  },
  ASLEEP("DEBUG SLEEP 1") {
    @Override
    public void begin(Victim victim) {
      // The server, which answers nothing until then, takes it also from who is gone.
      try (RawClient client = new RawClient(victim.node().port())) {
        client.send("DEBUG SLEEP 1\r\n");
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  },
  LOADING("loads an RDB for long") {
    @Override
    public void begin(Victim victim) {
      victim.call("CONFIG", "SET", "key-load-delay", "5000");
      victim.call("CONFIG", "SET", "loading-process-events-interval-bytes", "1024");
      RESYNCING.begin(victim);
    }

    @Override
    public void end(Victim victim) {
      victim.call("CONFIG", "SET", "key-load-delay", "0");
    }
  },
  RESYNCING("syncs in full") {
    @Override
    public void begin(Victim victim) {
      // Its history is one of its own then.
      victim.call("REPLICAOF", "NO", "ONE");
      victim.call("SET", "own", "history");
      victim.follow();
    }
  },
  DETACHED("REPLICAOF NO ONE") {
    @Override
    public void begin(Victim victim) {
      victim.call("REPLICAOF", "NO", "ONE");
    }

    @Override
    public void end(Victim victim) {
      victim.follow();
    }
  };

  private final String text;

  ReplicaFault(String text) {
    this.text = text;
  }

  /**
   * A replica; for some faults it may as well be the master.
   *
   * @param relay the one that the proxy reaches it by
   */
  public record Victim(RedisGroup group, RedisNode node, Relay relay) {
    Object call(String... command) {
      return group.call(node, command);
    }

    void follow() {
      group.follow(node, group.master().port());
    }
  }

  public abstract void begin(Victim victim);

  /** Some end by themselves. */
  public void end(Victim victim) {}

  @Override
  public String toString() {
    return text;
  }
}
