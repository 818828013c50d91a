package io.redisproxy.consistency;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import io.redisproxy.config.NodeAddress;
import io.redisproxy.metrics.RoundMeters;
import io.redisproxy.topology.NodeGroup;
import io.redisproxy.topology.Topology;
import io.redisproxy.upstream.Login;
import io.redisproxy.upstream.NodeConnector;
import java.time.Duration;
import java.util.BitSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Measures how far the replicas of a group have come, in rounds: a round gets its number, then the
 * master says how far it is, and each replica is asked until it is as far. The replica has then
 * reached the round, and all that was acknowledged before it began; see {@link WriteTable}.
 *
 * <p>While writes go on, rounds follow one another, whether replicas have reached the last one or
 * not; quickly while reads have to go to the master for want of a round, and more and more slowly
 * when none has to, since what is written is mostly not what is read next. When nothing was written
 * since the last round began, and every replica that is in order has reached it, no node is asked
 * anything; nor is one while nobody reads.
 *
 * <p>A master that is gone takes nothing away: replicas still have what they had, and whatever is
 * acknowledged later demands a later round. Nor does one in whose place no other is known yet. When
 * another is, no replica has reached anything until it is measured by that; see {@link Progress}.
 *
 * <p>All of it runs on one event loop; what the replicas have reached may be read on any.
 */
public final class Rounds implements SampledNode.Owner {

  /** A replica that is late is asked again when it is later by this part. */
  private static final int PART = 4;

  private static final long LONGEST_PAUSE = TimeUnit.MILLISECONDS.toNanos(16);

  /**
   * How often and how long.
   *
   * @param interval from the beginning of a round to that of the next, at least
   * @param timeout how long a node may take to answer
   */
  public record Options(Duration interval, Duration timeout) {}

  private enum State {
    /** Until the first write that no round covers. */
    ASLEEP,
    /** Until the next round is to begin. */
    PAUSING,
    /** Until it is known which node is the master. */
    WITHOUT_MASTER,
    /** The master has been asked. */
    ASKING,
    CLOSED
  }

  private final NodeGroup group;
  private final WriteTable table;
  private final EventLoop loop;
  private final RoundMeters meters;
  private final long interval;
  private final Consumer<Topology> onChange;
  private final Runnable waker;

  private final SampledNodes nodes;
  private final Progress progress;
  private State state = State.ASLEEP;
  private int master = Topology.NONE;
  private long round;
  private long startedAt;

  /** A round is needed even if nothing is written. */
  private boolean again;

  /** Whether a read went to the master since the last round began, for want of a later one. */
  private volatile boolean missed;

  /** From the beginning of the last round to that of the next, if no read is missed. */
  private long pause;

  private ScheduledFuture<?> pausing;

  /** Whether that pause may be cut short, as nothing but a read that is missed needs it to be. */
  private boolean mayHurry;

  /**
   * To be made on {@code loop}, which must be the connector's.
   *
   * @param logins what to say to a node first, or null
   */
  public Rounds(
      NodeGroup group,
      Function<NodeAddress, Login> logins,
      WriteTable table,
      NodeConnector connector,
      EventLoop loop,
      RoundMeters meters,
      Options options) {
    this.group = group;
    this.table = table;
    this.loop = loop;
    this.meters = meters;
    progress = new Progress(meters);
    interval = options.interval().toNanos();
    nodes =
        new SampledNodes(
            (index, address) ->
                new SampledNode(
                    index,
                    address,
                    logins.apply(address),
                    connector,
                    loop,
                    options.timeout(),
                    this));
    onChange = topology -> loop.execute(this::onTopology);
    waker = () -> loop.execute(this::onWake);
    table.onWake(waker);
  }

  /** Begins with a round, before which no replica is known to have anything. */
  public void start() {
    group.onChange(onChange);
    follow(group.topology());
    progress.begin(nodes.size());
    begin();
  }

  public void close() {
    state = State.CLOSED;
    group.forget(onChange);
    table.forgetWake(waker);
    progress.forgetAll();
    nodes.close();
  }

  private void onTopology() {
    if (state == State.CLOSED) {
      return;
    }
    Topology topology = group.topology();
    if (follow(topology)) {
      again = true;
    }
    // It may be the same one that is there again.
    boolean found =
        topology.master() != Topology.NONE
            && (topology.master() != master || state == State.WITHOUT_MASTER);
    boolean gone = state == State.ASKING && master == Topology.NONE;
    if ((found || gone) && state != State.PAUSING) {
      begin();
    } else if (again && state == State.ASLEEP) {
      goOn();
    }
  }

  /** Nodes have come or gone, or not: false. */
  private boolean follow(Topology topology) {
    BitSet stay = nodes.follow(topology);
    if (stay == null) {
      return false;
    }
    if (master != Topology.NONE && !stay.get(master)) {
      master = Topology.NONE;
    }
    progress.follow(nodes.size(), stay::get);
    return true;
  }

  /**
   * The last round that a replica has reached, -1 if it is not in order; any thread may ask. To be
   * asked after {@link WriteTable#needed}: a write in between is one at the same time as the read.
   */
  public long reached(int node) {
    return progress.reached(node);
  }

  /** The last round that all replicas in order have reached, -1 if there are none. */
  long reachedByAll() {
    return progress.reachedByAll();
  }

  /** How many rounds have begun; any thread may ask. */
  public long started() {
    return table.started();
  }

  /**
   * A probe has found a node in a history, a replication id; on the event loop. While nothing is
   * written, a change is seen by this alone.
   */
  public void onProbed(String foundHistory, int node) {
    if (!progress.isOther(foundHistory) || state == State.CLOSED || !nodes.has(node)) {
      return;
    }
    if (node == master) {
      startAnew();
    } else {
      progress.forget(node);
      nodes.get(node).askNow();
    }
  }

  /** Another process has a node's address than the one that a connection may lead to. */
  public void onReplaced(int node) {
    if (state != State.CLOSED && nodes.has(node)) {
      nodes.get(node).onLost(null);
    }
  }

  private void begin() {
    if (state == State.CLOSED) {
      return;
    }
    startedAt = System.nanoTime();
    missed = false;
    table.forgetReaders(startedAt);
    round = table.startRound();
    meters.onRound();
    // Not before the round has its number: whatever a later master answers demands a later round.
    Topology topology = group.topology();
    follow(topology);
    if (topology.master() == Topology.NONE) {
      state = State.WITHOUT_MASTER;
      if (master != Topology.NONE) {
        // What it may still answer was asked before this round.
        nodes.get(master).reset();
      }
      return;
    }
    if (topology.master() != master) {
      moveTo(topology.master());
    }
    state = State.ASKING;
    again = false;
    nodes.get(master).askNow();
  }

  private void moveTo(int newMaster) {
    progress.forgetAll();
    if (master != Topology.NONE) {
      nodes.get(master).reset();
    }
    master = newMaster;
    nodes.get(master).reset();
  }

  private void beginAfter(long nanos) {
    state = State.PAUSING;
    mayHurry = false;
    pausing = loop.schedule(this::onPauseOver, Math.max(0, nanos), TimeUnit.NANOSECONDS);
  }

  private void onPauseOver() {
    if (state == State.PAUSING) {
      begin();
    }
  }

  /** A read has to go to the master, as no replica has reached what it needs; any thread. */
  void onMissed() {
    if (!missed) {
      missed = true;
      loop.execute(this::hurry);
    }
  }

  private void hurry() {
    if (state == State.PAUSING && mayHurry) {
      pausing.cancel(false);
      pause = interval;
      beginAfter(startedAt + interval - System.nanoTime());
    }
  }

  private void onWake() {
    if (state == State.ASLEEP) {
      goOn();
    }
  }

  /** The next round, when one is needed, and not at once after the last. */
  private void goOn() {
    if (again || table.isDemandedAfter(round) || !table.sleep(round)) {
      boolean soon = missed || again;
      pause = soon ? interval : Math.max(interval, Math.min(2 * pause, LONGEST_PAUSE));
      beginAfter(startedAt + pause - System.nanoTime());
      mayHurry = !soon;
    } else {
      state = State.ASLEEP;
    }
  }

  private void startAnew() {
    progress.forgetAll();
    nodes.get(master).reset();
    if (state != State.PAUSING) {
      begin();
    }
  }

  @Override
  public void onSample(SampledNode node, ReplicationSample sample) {
    if (node.index() == master) {
      onMaster(node, sample);
    } else {
      onReplica(node, sample);
    }
  }

  private void onMaster(SampledNode node, ReplicationSample sample) {
    if (!sample.isUsableMaster()) {
      // As when it is lost; whoever takes its place begins anew.
      group.suspect(node.index(), "it is no master");
      onLost(node);
      return;
    }
    node.onGood();
    boolean begins = progress.onMaster(sample, round, startedAt);
    nodes.forEachBut(master, begins ? SampledNode::askNow : SampledNode::askIfIdle);
    goOn();
  }

  private void onReplica(SampledNode node, ReplicationSample sample) {
    if (progress.isOnlyCutOff(node.index(), sample)) {
      // Whether it may serve what it had, and for how long, is not decided here.
      node.askAfter(node.nextRetry());
      return;
    }
    if (!progress.isOfThisHistory(sample)) {
      onUnfit(node);
      if (sample.follows(sample.history())) {
        // A master begins a new history when the first replica in long comes to it.
        askMasterAgain();
      }
      return;
    }
    node.onGood();
    long late = progress.onReplica(node.index(), sample);
    if (late != Progress.IN_TIME) {
      // The longer it takes, the less a little more matters.
      node.askAfter(Math.max(interval, Math.min(late / PART, LONGEST_PAUSE)));
    }
  }

  private void askMasterAgain() {
    again = true;
    if (state == State.ASLEEP) {
      goOn();
    }
  }

  private void onUnfit(SampledNode replica) {
    progress.forget(replica.index());
    // Without a history there is nothing to compare with; the next round asks.
    if (progress.hasHistory() && state != State.CLOSED) {
      replica.askAfter(replica.nextRetry());
    }
  }

  @Override
  public void onLost(SampledNode node) {
    if (node.index() != master) {
      onUnfit(node);
    } else if (state != State.CLOSED) {
      // What the replicas have reached stays: what is acknowledged from now on demands later
      // rounds.
      retry(node);
    }
  }

  /**
   * A master that is busy for long is no other one for that: what the replicas have reached stays,
   * as nothing is acknowledged meanwhile that demands no later round. One in its place will tell
   * another history.
   */
  @Override
  public void onSilence(SampledNode node) {
    if (node.index() != master) {
      onUnfit(node);
    } else if (state != State.CLOSED) {
      retry(node);
    }
  }

  private void retry(SampledNode atMaster) {
    if (state != State.PAUSING) {
      beginAfter(atMaster.nextRetry());
    }
  }
}
