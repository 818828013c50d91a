package io.redisproxy.consistency;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import io.redisproxy.config.NodeAddress;
import io.redisproxy.upstream.Login;
import io.redisproxy.upstream.NodeConnector;
import io.redisproxy.upstream.NodePoll;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** A node that is asked where it is, now or after a pause; one question at a time. */
final class SampledNode implements NodePoll.Asker {

  /** Who wants to know. */
  interface Owner {
    void onSample(SampledNode node, ReplicationSample sample);

    /** Its connection is lost. */
    void onLost(SampledNode node);

    /** It has not answered in time. */
    void onSilence(SampledNode node);
  }

  private enum State {
    IDLE,
    PAUSING,
    ASKED
  }

  private static final long FIRST_RETRY = TimeUnit.MILLISECONDS.toNanos(10);
  private static final long LAST_RETRY = TimeUnit.SECONDS.toNanos(1);

  private final int index;
  private final NodeAddress address;
  private final EventLoop loop;
  private final Owner owner;
  private final NodePoll poll;
  private State state = State.IDLE;
  private ScheduledFuture<?> pause;
  private long retry = FIRST_RETRY;

  /** {@code index}: which node of the group it is. */
  SampledNode(
      int index,
      NodeAddress address,
      Login login,
      NodeConnector connector,
      EventLoop loop,
      Duration timeout,
      Owner owner) {
    this.index = index;
    this.address = address;
    this.loop = loop;
    this.owner = owner;
    poll = new NodePoll(address, login, connector, timeout, "INFO replication", this);
  }

  int index() {
    return index;
  }

  NodeAddress address() {
    return address;
  }

  /** Asks, unless it is asked already, or is to be after a pause. */
  void askIfIdle() {
    if (state == State.IDLE) {
      ask();
    }
  }

  /** Asks, unless it is asked already; what is left of a pause is not waited for. */
  void askNow() {
    cancelPause();
    askIfIdle();
  }

  private void ask() {
    state = State.ASKED;
    poll.ask();
  }

  void askAfter(long nanos) {
    state = State.PAUSING;
    pause = loop.schedule(this::ask, nanos, TimeUnit.NANOSECONDS);
  }

  /** The pause after a failure: each is twice as long as the one before. */
  long nextRetry() {
    long now = retry;
    retry = Math.min(2 * retry, LAST_RETRY);
    return now;
  }

  /** It is in order. */
  void onGood() {
    retry = FIRST_RETRY;
  }

  /** Forgets what was asked, and the connection; the next question makes another one. */
  void reset() {
    cancelPause();
    state = State.IDLE;
    poll.drop();
  }

  private void cancelPause() {
    if (state == State.PAUSING) {
      pause.cancel(false);
      state = State.IDLE;
    }
  }

  void close() {
    reset();
    poll.close();
  }

  @Override
  public void onReply(ByteBuf in, int from, int end) {
    state = State.IDLE;
    owner.onSample(this, ReplicationSample.read(in, from, end));
  }

  @Override
  public void onLost(Throwable cause) {
    reset();
    owner.onLost(this);
  }

  @Override
  public void onSilence() {
    reset();
    owner.onSilence(this);
  }
}
