package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RawClient.Push;
import io.redisproxy.fixture.RawClient.RedisError;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.RedisNode;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The master is lost or replaced, by nothing but what somebody does to the servers. */
class FailoverTest {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final int OLD = 0;
  private static final int NEW = 1;

  @AutoClose private RedisGroup group;
  private RedisNode old;
  private RedisNode promoted;
  @AutoClose private TestProxy proxy;
  @AutoClose private RawClient client;
  private int written;
  private long questions;

  @BeforeEach
  void start() throws IOException {
    group = RedisGroup.start(3);
    old = group.master();
    promoted = group.replica(0);
    // As it is by default.
    proxy = TestProxy.start(group, Map.of("probe.interval", "1s"));
    client = proxy.connect();
    write();
    group.awaitInSync();
  }

  @Test
  void writesResumeWithinASecondWhenTheMastersRolesAreExchanged() throws IOException {
    group.promote(promoted);
    group.follow(old, promoted.port());
    awaitWrites(SECOND);
    await().until(() -> proxy.group().topology().isReadable(OLD));
    assertReadsGoOn();
  }

  @Test
  void oneServersTroubleHasTheOthersProbedLongBeforeTheyAreDue() throws IOException {
    try (TestProxy seldom = TestProxy.start(group, Map.of("probe.interval", "1m"));
        RawClient writer = seldom.connect()) {
      proxy.close();
      await().pollInterval(Duration.ofMillis(300)).until(this::isNotProbed);
      old.kill();
      group.promote(promoted);
      await().atMost(Duration.ofSeconds(5)).until(() -> writer.call("SET", "a", "1").equals("OK"));
    }
  }

  @Test
  void writesGoOnWhenTheOldMasterHangs() throws IOException {
    try (RawClient stuck = proxy.connect()) {
      old.pause();
      stuck.sendCommand("SET", "stuck", "1");
      group.promote(promoted);
      await().until(() -> proxy.group().topology().master() == NEW);
      assertReadsGoOn();
      for (int i = 0; i < 100; i++) {
        write();
      }
      // It must not be sent again, nor may its client wait for ever.
      assertThat(((RedisError) stuck.readReply()).message()).contains("may have been executed");
      assertThat(stuck.call("SET", "stuck", "2")).isEqualTo("OK");
      old.resume();
      assertMasterFor(Duration.ofSeconds(1));
    }
  }

  @Test
  void theOldMasterIsUsedAgainAsAReplica() throws IOException {
    failOver();
    old.restart();
    group.follow(old, promoted.port());
    await().until(() -> proxy.group().topology().isReadable(OLD));
    long before = group.commandCount(old, "get");
    await().until(() -> reads() && group.commandCount(old, "get") > before);
    // One that fails is followed back.
    group.awaitInSync();
    promoted.kill();
    group.promote(old);
    awaitWrites(SECOND);
    assertThat(master()).isEqualTo("127.0.0.1:" + old.port());
  }

  @Test
  void theOldMasterThatComesBackAsASecondOneGetsNothing() throws IOException {
    failOver();
    old.restart();
    await().until(() -> proxy.group().topology().nodes().get(OLD).answers());
    assertMasterFor(Duration.ofSeconds(2));
    assertThat(group.commandCount(old, "get")).isZero();
    assertThat(group.commandCount(old, "set")).isZero();
  }

  @Test
  void aReplicaThatSomebodyDetachesTakesNothingFromTheMaster() throws IOException {
    group.call(promoted, "REPLICAOF", "NO", "ONE");
    await().until(() -> !proxy.group().topology().isReadable(NEW));
    for (int i = 0; i < 100; i++) {
      write();
    }
    assertReadsGoOn();
    assertThat(proxy.group().topology().master()).isEqualTo(OLD);
    assertThat(told("master")).isEqualTo(1);
  }

  @Test
  void aMasterThatIsStartedAnewIsUsedAgain() throws IOException {
    old.kill();
    await().until(() -> !tryToWrite());
    old.restart();
    await().until(this::tryToWrite);
    assertReadsGoOn();
  }

  @Test
  void sessionsWithAStateAtTheOldMasterEndAndOthersWaitThereNoLonger() throws IOException {
    try (RawClient transaction = proxy.connect();
        RawClient blocked = proxy.connect()) {
      transaction.call("MULTI");
      blocked.sendCommand("BLPOP", "nothing", "0");
      await().until(() -> ((String) group.call(old, "INFO", "clients")).contains("d_clients:1"));
      group.promote(promoted);
      assertThat(transaction.closedByPeer()).isTrue();
      assertThat(((RedisError) blocked.readReply()).message()).contains("not the master any more");
      assertThat(blocked.call("RPUSH", "something", "1")).isEqualTo(1L);
    }
  }

  @Test
  void subscriptionsAreMadeAgainAtTheNewMaster() throws IOException {
    try (RawClient subscribed = proxy.connect();
        RawClient resp3 = proxy.connect()) {
      resp3.call("HELLO", "3");
      for (RawClient each : List.of(subscribed, resp3)) {
        each.send("SUBSCRIBE left right\r\nPSUBSCRIBE p*\r\nUNSUBSCRIBE left\r\n");
        for (int i = 0; i < 4; i++) {
          each.readReply();
        }
      }
      old.kill();
      group.promote(promoted);
      awaitWrites(Duration.ofSeconds(2));
      await().until(() -> client.call("PUBSUB", "NUMSUB", "right").equals(List.of("right", 2L)));
      assertThat(client.call("PUBLISH", "right", "1")).isEqualTo(2L);
      assertThat(client.call("PUBLISH", "pattern", "2")).isEqualTo(2L);
      assertThat(client.call("PUBLISH", "left", "3")).isEqualTo(0L);
      assertThat(subscribed.readText()).isEqualTo(List.of("message", "right", "1"));
      assertThat(subscribed.readText()).isEqualTo(List.of("pmessage", "p*", "pattern", "2"));
      assertThat(resp3.readText()).isEqualTo(new Push(List.of("message", "right", "1")));
      assertThat(resp3.readText()).isEqualTo(new Push(List.of("pmessage", "p*", "pattern", "2")));
      // The client itself sees its subscriptions as they were.
      assertThat(subscribed.call("PING")).isEqualTo(List.of("pong", ""));
      assertThat(subscribed.call("UNSUBSCRIBE", "right"))
          .isEqualTo(List.of("unsubscribe", "right", 1L));
      assertThat(subscribed.call("PUNSUBSCRIBE")).isEqualTo(List.of("punsubscribe", "p*", 0L));
      assertThat(subscribed.call("PING")).isEqualTo("PONG");
    }
    await().until(() -> proxy.gauge("redis_proxy.node.pinned") == 0);
  }

  @Test
  void aSubscriberThatTheMasterItselfDisconnectsIsDisconnected() throws IOException {
    try (RawClient subscribed = proxy.connect()) {
      subscribed.call("SUBSCRIBE", "channel");
      group.call(old, "CLIENT", "KILL", "TYPE", "pubsub");
      assertThat(subscribed.closedByPeer()).isTrue();
    }
  }

  private void failOver() throws IOException {
    old.kill();
    group.promote(promoted);
    awaitWrites(Duration.ofSeconds(2));
  }

  private void awaitWrites(Duration most) {
    await().pollInterval(Duration.ofMillis(5)).atMost(most).until(this::tryToWrite);
  }

  /** Through all of the time every write and read goes well, at nodes that have the last write. */
  private void assertMasterFor(Duration time) throws IOException {
    long end = System.nanoTime() + time.toNanos();
    while (System.nanoTime() < end) {
      write();
      assertReadsGoOn();
    }
    assertThat(group.call(promoted, "GET", "a")).isEqualTo("" + written);
    assertThat(master()).isEqualTo("127.0.0.1:" + promoted.port());
  }

  private void write() throws IOException {
    assertThat(client.call("SET", "a", "" + (written + 1))).isEqualTo("OK");
    written++;
  }

  private boolean tryToWrite() throws IOException {
    boolean done = "OK".equals(client.call("SET", "a", "" + (written + 1)));
    if (done) {
      written++;
    }
    return done;
  }

  private boolean reads() throws IOException {
    return ("" + written).equals(client.call("GET", "a"));
  }

  private void assertReadsGoOn() throws IOException {
    for (int i = 0; i < 5; i++) {
      assertThat(client.call("GET", "a")).isEqualTo("" + written);
    }
  }

  /** What a client is told of the master. */
  private Object master() throws IOException {
    return ((List<?>) client.call("PROXY", "TOPOLOGY")).get(1);
  }

  /** Whether nobody but this has asked the replica since it was called last. */
  private boolean isNotProbed() {
    long before = questions;
    questions = group.commandCount(promoted, "info");
    return questions == before + 1;
  }

  private double told(String change) {
    return proxy.counted("redis_proxy.topology.changes", "change", change);
  }
}
