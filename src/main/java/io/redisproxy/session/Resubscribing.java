package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.redisproxy.metrics.CloseCause;
import io.redisproxy.resp.Resp;
import io.redisproxy.topology.Topology;
import io.redisproxy.upstream.NodeFailure;
import io.redisproxy.upstream.PinnedConnection;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Makes the subscriptions of a session again, whose connection to the master was lost, at whichever
 * node is the master then. The client hears nothing of it; what was published meanwhile is lost, as
 * it is for a client that is away. But a server that is still there has ended this client's
 * connection on purpose, such as one that took its messages too slowly, and so has one that doesn't
 * let its user in any more; that ends the client, too.
 */
final class Resubscribing extends PausedState implements PinnedConnection.Holder {
  private static final Duration PAUSE = Duration.ofMillis(50);

  /** A client that would have to wait for longer had better connect again. */
  private static final long PATIENCE = Duration.ofSeconds(30).toNanos();

  private final Serving next;
  private final SubscribedNames names;

  /** The node that was lost, and what its process is known by. */
  private final int lost;

  private final int lostEpoch;
  private final long lostAt = System.nanoTime();
  private Target target;
  private PinnedConnection connection;
  private int unanswered;
  private boolean over;

  Resubscribing(Session session, Serving next, SubscribedNames names, Target lost) {
    super(session);
    this.lost = lost.node();
    lostEpoch = session.lane().epoch(lost.node());
    this.next = next;
    this.names = names;
  }

  @Override
  String word() {
    return "resubscribing";
  }

  @Override
  void addFlags(Set<ClientFlag> flags) {
    flags.add(ClientFlag.PUBSUB);
  }

  @Override
  void onEntered() {
    pause();
    tryMaster();
  }

  private void tryMaster() {
    if (over) {
      return;
    }
    Target master = session.lane().forWrite();
    if (isKnown(master)) {
      target = master;
      target.pool().pin(session.lane().identity(), this);
    } else {
      onFailed(master.refusesLogin());
    }
  }

  /** Whether it is the master, and the process that was lost or another one. */
  private boolean isKnown(Target master) {
    if (session.lane().topology().master() == Topology.NONE || master.isDoubtful()) {
      return false;
    }
    boolean known = master.node() != lost || master.isProbedSince(lostAt);
    if (!known) {
      master.suspect("a subscriber's connection to it was lost");
    }
    return known;
  }

  private void onFailed(boolean refused) {
    if (refused) {
      session.closeAfterFlush(CloseCause.LOGIN_REFUSED);
    } else if (System.nanoTime() - lostAt < PATIENCE) {
      session.executor().schedule(this::tryMaster, PAUSE.toMillis(), TimeUnit.MILLISECONDS);
    } else {
      session.closeAfterFlush(CloseCause.NODE_LOST);
    }
  }

  @Override
  public void onPinned(PinnedConnection pinned) {
    connection = pinned;
    Pinning.tellName(session, pinned);
    Collection<List<byte[]>> requests = names.requests().values();
    unanswered = requests.size();
    for (List<byte[]> request : requests) {
      pinned.expect(new Resubscription(this, request.size() - 1));
      pinned.send(Resp.request(session.allocator(), request));
    }
  }

  /** One of the commands. */
  void onAnswered(boolean agreed) {
    if (over) {
      return;
    }
    if (!agreed || isStillThere()) {
      session.closeAfterFlush(CloseCause.NODE_LOST);
    } else if (--unanswered == 0) {
      Pin pin = new Pin(session, target, connection, names);
      connection.handOver(pin);
      over = true;
      goOnIn(next);
      next.pin(pin);
      resume();
    }
  }

  private boolean isStillThere() {
    return target.node() == lost && lostEpoch != 0 && session.lane().epoch(lost) == lostEpoch;
  }

  @Override
  public void onLost(NodeFailure failure) {
    connection = null;
    if (!over) {
      onFailed(failure.isOfLogin());
    }
  }

  @Override
  public void onPush(ByteBuf bytes) {
    session.onReply(bytes);
  }

  @Override
  public boolean takesMore(PinnedConnection from) {
    return session.output().takesMoreFrom(from);
  }

  @Override
  void onClosed() {
    over = true;
    if (connection != null) {
      connection.release(false);
    } else if (target != null) {
      target.pool().forget(this);
    }
    super.onClosed();
  }
}
