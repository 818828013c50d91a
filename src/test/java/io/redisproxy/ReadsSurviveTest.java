package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.config.MasterFallback;
import io.redisproxy.config.Resilience;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.RedisNode;
import io.redisproxy.fixture.Relay;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import org.jboss.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Under load, whatever happens to a replica: no read fails, or is answered wrong, or out of turn.
 */
class ReadsSurviveTest {
  private static final Logger LOG = Logger.getLogger(ReadsSurviveTest.class);
  private static final int CLIENTS = 16;
  private static final Duration FAULT = Duration.ofSeconds(1);
  private static final Resilience QUICK =
      new Resilience(Duration.ofMillis(200), 3, MasterFallback.ALWAYS, Duration.ofSeconds(2));

  private RedisGroup group;
  private Relay relay;
  private TestProxy proxy;

  /** What happens to the first replica, and how it ends. */
  private enum Fault {
    KILLED {
      @Override
      void begin(ReadsSurviveTest test) {
        test.replica().kill();
      }

      @Override
      void end(ReadsSurviveTest test) {
        test.replica().restart();
      }
    },
    STOPPED {
      @Override
      void begin(ReadsSurviveTest test) {
        test.replica().pause();
      }

      @Override
      void end(ReadsSurviveTest test) {
        test.replica().resume();
      }
    },
    CUT_OFF {
      @Override
      void begin(ReadsSurviveTest test) {
        test.relay.refuse();
        test.relay.cut();
      }

      @Override
      void end(ReadsSurviveTest test) {
        test.relay.accept();
      }
    },
    SILENT {
      @Override
      void begin(ReadsSurviveTest test) {
        test.relay.stall();
      }

      @Override
      void end(ReadsSurviveTest test) {
        test.relay.resume();
      }
    },
    SLOW {
      @Override
      void begin(ReadsSurviveTest test) {
        test.relay.delayReplies(Duration.ofMillis(500));
      }

      @Override
      void end(ReadsSurviveTest test) {
        test.relay.delayReplies(Duration.ZERO);
      }
    },
    GARBAGE {
      @Override
      void begin(ReadsSurviveTest test) {
        test.relay.garbleReplies(true);
      }

      @Override
      void end(ReadsSurviveTest test) {
        test.relay.garbleReplies(false);
      }
    },
    ASLEEP {
      @Override
      void begin(ReadsSurviveTest test) {
        new Thread(() -> test.call("DEBUG", "SLEEP", "1")).start();
      }
    },
    LOADING {
      @Override
      void begin(ReadsSurviveTest test) {
        test.call("CONFIG", "SET", "key-load-delay", "5000");
        test.call("CONFIG", "SET", "loading-process-events-interval-bytes", "1024");
        RESYNCING.begin(test);
      }

      @Override
      void end(ReadsSurviveTest test) {
        test.call("CONFIG", "SET", "key-load-delay", "0");
      }
    },
    RESYNCING {
      @Override
      void begin(ReadsSurviveTest test) {
        // Its history is one of its own then.
        test.call("REPLICAOF", "NO", "ONE");
        test.call("SET", "own", "history");
        test.group.follow(test.replica(), test.group.master().port());
      }
    },
    PROMOTED {
      @Override
      void begin(ReadsSurviveTest test) {
        test.call("REPLICAOF", "NO", "ONE");
      }

      @Override
      void end(ReadsSurviveTest test) {
        test.group.follow(test.replica(), test.group.master().port());
      }
    };

    abstract void begin(ReadsSurviveTest test);

    /** Some end by themselves. */
    void end(ReadsSurviveTest test) {}
  }

  @BeforeEach
  void start() throws IOException {
    group = RedisGroup.start(2, "--enable-debug-command", "yes");
    relay = Relay.to(group.replica(0).port());
    start(QUICK);
    LoadClients.fill(proxy);
    group.awaitInSync();
  }

  private void start(Resilience resilience) {
    proxy =
        TestProxy.start(
            Map.of("probe.timeout", "500ms"),
            TestProxy.resilient(resilience),
            group.master().port(),
            relay.port(),
            group.replica(1).port());
  }

  @AfterEach
  void stop() {
    proxy.close();
    relay.close();
    group.close();
  }

  private RedisNode replica() {
    return group.replica(0);
  }

  private Object call(String... command) {
    return group.call(replica(), command);
  }

  @ParameterizedTest
  @EnumSource
  void aReplicaIs(Fault fault) throws Exception {
    LoadClients load = new LoadClients(CLIENTS, proxy);
    try (load) {
      awaitReads(load, 2000);
      fault.begin(this);
      long until = System.nanoTime() + FAULT.toNanos();
      await().until(() -> System.nanoTime() > until);
      awaitReads(load, 2000);
      fault.end(this);
      await().until(() -> proxy.allHealthy());
      awaitReads(load, 2000);
    }
    report(fault.name(), load);
    assertThat(load.errors()).isEmpty();
    assertThat(load.wrong()).isEmpty();
  }

  private void report(String what, LoadClients load) {
    LOG.infof(
        "%-10s %8d reads %7d writes %3d errors %3d wrong  %5d ms at most  %4.0f sent again",
        what,
        load.reads(),
        load.writes(),
        load.errors().size(),
        load.wrong().size(),
        load.longestPauseMillis(),
        proxy.counted("redis_proxy.retries"));
  }

  private static void awaitReads(LoadClients load, long more) {
    long before = load.reads();
    await().until(() -> load.reads() > before + more || !load.errors().isEmpty());
  }
}
