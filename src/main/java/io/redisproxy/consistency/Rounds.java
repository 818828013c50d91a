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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.BiFunction;
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
 * <p>Offsets are compared within one history only. A replica of another one, or that has lost its
 * master, has reached nothing, and no replica has after another history began: until they are
 * measured anew. A master that is gone takes nothing away: replicas still have what they had, and
 * whatever is acknowledged later demands a later round. Nor does one in whose place no other is
 * known yet. When another is, no replica has reached anything until it is measured by that.
 *
 * <p>All of it runs on one event loop; what the replicas have reached may be read on any.
 */
public final class Rounds implements SampledNode.Owner {

  /**
   * What a replica has reached that is not in order: it may lack even keys that were not written
   * since the proxy began. Before anything is known of a replica, it has reached round 0.
   */
  private static final long NOTHING = -1;

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
  private final BiFunction<Integer, NodeAddress, SampledNode> newNode;
  private final Consumer<Topology> onChange;
  private final Runnable waker;

  /** By the index in the group; null in place of a node that has left. */
  private final List<SampledNode> nodes = new ArrayList<>();

  /** Made anew when nodes come; written to on the event loop only. */
  private volatile AtomicLongArray reached = new AtomicLongArray(0);

  /** The offset that each replica was last seen at. */
  private long[] applied = {};

  private final MeasuredRounds measured = new MeasuredRounds();

  private State state = State.ASLEEP;
  private int members;
  private int master = Topology.NONE;
  private String history;
  private long round;
  private long startedAt;

  /** The last round that all replicas have been seen to have reached, and when one began. */
  private long toldRound;

  private long toldTime = Long.MIN_VALUE;

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
    interval = options.interval().toNanos();
    newNode =
        (index, address) ->
            new SampledNode(
                index, address, logins.apply(address), connector, loop, options.timeout(), this);
    onChange = topology -> loop.execute(this::onTopology);
    waker = () -> loop.execute(this::onWake);
    table.onWake(waker);
  }

  /** Begins with a round, before which no replica is known to have anything. */
  public void start() {
    group.onChange(onChange);
    follow(group.topology());
    reached = new AtomicLongArray(nodes.size());
    begin();
  }

  public void close() {
    state = State.CLOSED;
    group.forget(onChange);
    table.forgetWake(waker);
    voidAll();
    nodes.stream().filter(Objects::nonNull).forEach(SampledNode::close);
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
    if (topology.members() == members) {
      return false;
    }
    members = topology.members();
    int size = topology.nodes().size();
    AtomicLongArray all = new AtomicLongArray(size);
    for (int i = 0; i < size; i++) {
      if (i == nodes.size()) {
        nodes.add(null);
      }
      SampledNode before = nodes.get(i);
      NodeAddress address = topology.isMember(i) ? topology.address(i) : null;
      if (before != null && before.address().equals(address)) {
        all.set(i, reached.get(i));
        continue;
      }
      if (before != null) {
        before.close();
      }
      if (i == master) {
        master = Topology.NONE;
      }
      nodes.set(i, address == null ? null : newNode.apply(i, address));
      all.set(i, NOTHING);
    }
    applied = Arrays.copyOf(applied, size);
    reached = all;
    return true;
  }

  /**
   * The last round that a replica has reached, -1 if it is not in order; any thread may ask. To be
   * asked after {@link WriteTable#needed}: a write in between is one at the same time as the read.
   */
  public long reached(int node) {
    AtomicLongArray all = reached;
    return node < all.length() ? all.getAcquire(node) : NOTHING;
  }

  /** The last round that all replicas in order have reached, -1 if there are none. */
  long reachedByAll() {
    AtomicLongArray all = reached;
    long least = Long.MAX_VALUE;
    for (int node = 0; node < all.length(); node++) {
      long each = all.getAcquire(node);
      if (each != NOTHING) {
        least = Math.min(least, each);
      }
    }
    return least == Long.MAX_VALUE ? NOTHING : least;
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
    if (history == null
        || history.equals(foundHistory)
        || state == State.CLOSED
        || node >= nodes.size()
        || nodes.get(node) == null) {
      return;
    }
    if (node == master) {
      startAnew();
    } else {
      reached.setRelease(node, NOTHING);
      nodes.get(node).askNow();
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
    voidAll();
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
    voidAll();
    nodes.get(master).reset();
    if (state != State.PAUSING) {
      begin();
    }
  }

  private void voidAll() {
    history = null;
    measured.clear();
    for (int node = 0; node < reached.length(); node++) {
      reached.setRelease(node, NOTHING);
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
    boolean begins = !sample.history().equals(history) || sample.offset() < measured.newestOffset();
    if (begins) {
      voidAll();
      history = sample.history();
    }
    measured.add(round, sample.offset(), startedAt);
    for (SampledNode each : nodes) {
      if (each == null || each.index() == master) {
        continue;
      }
      if (begins) {
        each.askNow();
      } else {
        each.askIfIdle();
      }
    }
    goOn();
  }

  private void onReplica(SampledNode node, ReplicationSample sample) {
    boolean keeps = reached.getPlain(node.index()) != NOTHING;
    if (keeps && sample.isCutOff(history) && sample.offset() >= applied[node.index()]) {
      // It has what it had. Whether it may serve that, and for how long, is not decided here.
      node.askAfter(node.nextRetry());
      return;
    }
    if (!sample.follows(history)) {
      onUnfit(node);
      if (sample.follows(sample.history())) {
        // A master begins a new history when the first replica in long comes to it.
        askMasterAgain();
      }
      return;
    }
    node.onGood();
    long now = Math.max(0, measured.reachedAt(sample.offset()));
    if (sample.offset() >= applied[node.index()]) {
      // The list of rounds may have been thinned out meanwhile.
      now = Math.max(now, reached.getPlain(node.index()));
    }
    applied[node.index()] = sample.offset();
    reached.setRelease(node.index(), now);
    tellReachedByAll();
    if (now < measured.newest()) {
      // The longer it takes, the less a little more matters.
      long late = System.nanoTime() - measured.timeAfter(now);
      node.askAfter(Math.max(interval, Math.min(late / PART, LONGEST_PAUSE)));
    }
  }

  private void tellReachedByAll() {
    long all = reachedByAll();
    if (all > toldRound) {
      toldRound = all;
      long now = System.nanoTime();
      measured.eachTime(
          toldTime,
          all,
          time -> {
            meters.onReached(now - time);
            toldTime = time;
          });
    }
  }

  private void askMasterAgain() {
    again = true;
    if (state == State.ASLEEP) {
      goOn();
    }
  }

  private void onUnfit(SampledNode replica) {
    reached.setRelease(replica.index(), NOTHING);
    // Without a history there is nothing to compare with; the next round asks.
    if (history != null && state != State.CLOSED) {
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
