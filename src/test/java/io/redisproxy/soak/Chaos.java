package io.redisproxy.soak;

import static org.awaitility.Awaitility.await;

import io.redisproxy.TestProxy;
import io.redisproxy.faults.ReplicaFault;
import io.redisproxy.faults.ReplicaFault.Victim;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.RedisNode;
import io.redisproxy.fixture.Relay;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Does harm to one node after the other, and makes it good again. */
final class Chaos implements Callable<Void> {

  /** Something that happens to a node, and is over in the end. */
  private interface Happening {
    void happenTo(Victim victim) throws Exception;
  }

  private record Fault(String name, Happening happening) {}

  /**
   * Those that end only with what makes a node a replica. All make it a master first: while nobody
   * reaches the one that it had, that is what a promotion looks like.
   */
  private static final Set<ReplicaFault> OF_REPLICAS =
      EnumSet.of(ReplicaFault.LOADING, ReplicaFault.RESYNCING, ReplicaFault.DETACHED);

  private final TestProxy proxy;
  private final RedisGroup group;
  private final List<Victim> victims;
  private final Random random;
  private final CountDownLatch end;
  private final Tally tally;

  private final List<Fault> ofAny = new ArrayList<>();
  private final List<Fault> ofReplicas = new ArrayList<>();
  private final List<Fault> ofMasters = new ArrayList<>();

  Chaos(
      TestProxy proxy,
      RedisGroup group,
      List<Victim> victims,
      long seed,
      CountDownLatch end,
      Tally tally) {
    this.proxy = proxy;
    this.group = group;
    this.victims = victims;
    this.random = new Random(seed);
    this.end = end;
    this.tally = tally;
    for (ReplicaFault fault : ReplicaFault.values()) {
      if (fault == ReplicaFault.GARBAGE) {
        ofAny.add(new Fault("garbage", this::sendGarbage));
      } else {
        boolean detaches = OF_REPLICAS.contains(fault);
        Happening happening =
            detaches ? victim -> detach(fault, victim) : victim -> pass(fault, victim);
        (detaches ? ofReplicas : ofAny).add(new Fault(fault.toString(), happening));
      }
    }
    ofAny.add(new Fault("cut", this::cut));
    ofAny.add(new Fault("stalled, then cut", this::stallAndCut));
    ofAny.add(new Fault("clients killed", this::killClients));
    ofAny.add(new Fault("busy", this::runScript));
    ofReplicas.addAll(ofAny);
    ofMasters.addAll(ofAny);
    ofMasters.add(new Fault("handed over", this::handOver));
    ofMasters.add(new Fault("killed, and a replica promoted", this::promote));
  }

  @Override
  public Void call() throws Exception {
    while (!passes(random.nextInt(300))) {
      Victim victim = victims.get(random.nextInt(victims.size()));
      // It may still load.
      await().ignoreExceptions().until(() -> call(victim, "PING").equals("PONG"));
      List<Fault> faults = victim.node() == group.master() ? ofMasters : ofReplicas;
      Fault fault = faults.get(random.nextInt(faults.size()));
      tally.onFault(fault.name() + " at port " + victim.node().port());
      fault.happening().happenTo(victim);
    }
    return null;
  }

  private void detach(ReplicaFault fault, Victim victim) throws InterruptedException {
    long now = System.nanoTime();
    proxy.probe("a replica will be detached");
    await("the proxy sees the master").until(() -> proxy.hasSeenMaster(now));
    pass(fault, victim);
  }

  private void pass(ReplicaFault fault, Victim victim) throws InterruptedException {
    // It answered just now, but may have begun to load what the fault before has made it ask for.
    await()
        .ignoreExceptions()
        .until(
            () -> {
              fault.begin(victim);
              return true;
            });
    passes(random.nextInt(1500));
    fault.end(victim);
  }

  /** From the first byte on: inside a value it could not be told from one. */
  private void sendGarbage(Victim victim) throws InterruptedException {
    Relay relay = victim.relay();
    relay.refuse();
    relay.cut();
    relay.garbleReplies(true);
    relay.accept();
    passes(random.nextInt(700));
    relay.refuse();
    relay.cut();
    relay.garbleReplies(false);
    relay.accept();
  }

  private void cut(Victim victim) {
    victim.relay().cut();
  }

  private void stallAndCut(Victim victim) throws InterruptedException {
    victim.relay().stall();
    passes(random.nextInt(500));
    victim.relay().cut();
    victim.relay().resume();
  }

  private void killClients(Victim victim) throws InterruptedException {
    victim.relay().delayReplies(Duration.ofMillis(random.nextInt(30)));
    call(victim, "CLIENT", "KILL", "TYPE", "normal");
    passes(random.nextInt(300));
    victim.relay().delayReplies(Duration.ZERO);
  }

  /** It keeps the node busy, which says so to all others. */
  private void runScript(Victim victim) {
    // Up to a second or so.
    String script = "for i = 1, " + random.nextInt(200_000_000) + " do end";
    // It may have begun to load, as above, and runs none then.
    await().ignoreExceptions().until(() -> call(victim, "EVAL_RO", script, "0") == null);
  }

  /** A replica takes over, without a write being lost, and gives the mastership back. */
  private void handOver(Victim victim) throws InterruptedException {
    group.awaitInSync();
    group.handOver(anyReplica());
    passes(random.nextInt(1000));
    giveBack(victim.node());
  }

  /** The master is killed and a replica promoted, which has all that was acknowledged. */
  private void promote(Victim victim) throws InterruptedException {
    RedisNode dead = victim.node();
    call(victim, "CLIENT", "PAUSE", "60000", "WRITE");
    group.awaitInSync();
    RedisNode promoted = anyReplica();
    dead.kill();
    passes(random.nextInt(700));
    group.promote(promoted);
    passes(random.nextInt(1000));
    // For a moment it claims to be the master, too.
    dead.restart();
    await()
        .ignoreExceptions()
        .until(
            () -> {
              group.follow(dead, promoted.port());
              return true;
            });
    giveBack(dead);
  }

  private RedisNode anyReplica() {
    return group.replica(random.nextInt(group.replicas().size()));
  }

  private void giveBack(RedisNode node) {
    group.awaitInSync();
    group.handOver(node);
    group.awaitInSync();
  }

  private Object call(Victim victim, String... command) {
    return group.call(victim.node(), command);
  }

  /** Lets time pass; whether the end came within it. */
  private boolean passes(int millis) throws InterruptedException {
    return end.await(millis, TimeUnit.MILLISECONDS);
  }
}
