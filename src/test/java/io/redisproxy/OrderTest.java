package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisproxy.fixture.Opened;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.Relay;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Replies come in the order of the requests, whichever node is the slower one. */
class OrderTest {
  private static final int CLIENTS = 16;
  private static final int ROUNDS = 15;

  @AutoClose private static RedisGroup group;
  @AutoClose private static final Opened<Relay> RELAYS = new Opened<>();
  @AutoClose private static TestProxy proxy;

  @BeforeAll
  static void start() {
    group = RedisGroup.start(2);
    RELAYS.add(Relay.to(group.master().port()));
    group.replicas().forEach(replica -> RELAYS.add(Relay.to(replica.port())));
    proxy =
        TestProxy.start(Map.of(), RELAYS.get(0).port(), RELAYS.get(1).port(), RELAYS.get(2).port());
  }

  @Test
  void withASlowReplica() throws Exception {
    delay(0, 20, 2);
    mixedLoad();
  }

  @Test
  void withASlowMaster() throws Exception {
    delay(20, 0, 5);
    mixedLoad();
  }

  private static void delay(int master, int replica1, int replica2) {
    RELAYS.get(0).delayReplies(Duration.ofMillis(master));
    RELAYS.get(1).delayReplies(Duration.ofMillis(replica1));
    RELAYS.get(2).delayReplies(Duration.ofMillis(replica2));
  }

  private static void mixedLoad() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
    try {
      List<Callable<Void>> clients = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        int number = i;
        clients.add(() -> oneClient(number));
      }
      for (Future<Void> client : threads.invokeAll(clients)) {
        client.get();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  /** Every request's reply tells which one it was. */
  private static Void oneClient(int number) throws IOException {
    Random random = new Random(number);
    try (RawClient client = proxy.connect()) {
      long counter = 0;
      client.call("DEL", "counter" + number);
      for (int round = 0; round < ROUNDS; round++) {
        List<Object> expected = new ArrayList<>();
        int requests = 1 + random.nextInt(60);
        for (int i = 0; i < requests; i++) {
          String tag = number + "-" + round + "-" + i;
          switch (random.nextInt(5)) {
            case 0 -> {
              client.sendCommand("INCR", "counter" + number);
              expected.add(++counter);
            }
            case 1 -> {
              client.sendCommand("ECHO", tag);
              expected.add(tag);
            }
            case 2 -> {
              client.sendCommand("CLIENT", "SETNAME", tag);
              expected.add("OK");
              client.sendCommand("CLIENT", "GETNAME");
              expected.add(tag);
            }
            case 3 -> {
              client.sendCommand("EVAL", "return ARGV[1]", "0", tag);
              expected.add(tag);
            }
            default -> {
              client.sendCommand("EVAL_RO", "return ARGV[1]", "0", tag);
              expected.add(tag);
            }
          }
        }
        for (Object reply : expected) {
          assertThat(client.readText()).isEqualTo(reply);
        }
      }
    }
    return null;
  }
}
