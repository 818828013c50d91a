package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.redisproxy.command.Command;
import io.redisproxy.resp.Resp;
import io.redisproxy.upstream.Identity;
import io.redisproxy.upstream.NodeFailure;
import io.redisproxy.upstream.PinnedConnection;
import java.util.List;

/** Waits for a connection of the session's own, mostly for no time at all. */
final class Pinning extends PausedState implements PinnedConnection.Holder {
  private final Serving next;
  private final Command cause;
  private Target target;

  /** Null if it is not for one. */
  private final PendingSubscriptions.Pending subscription;

  /** {@code cause}: the command that needs it. */
  Pinning(Session session, Serving next, Command cause) {
    super(session);
    this.next = next;
    this.cause = cause;
    subscription = Pin.subscribes(cause) ? session.subscriptions().begin(session) : null;
  }

  @Override
  String word() {
    return "pinning";
  }

  @Override
  void onEntered() {
    pause();
    target = session.lane().forWrite();
    boolean forBusyNode = Pin.isForBusyNode(cause);
    if (target.isDoubtful() && !forBusyNode) {
      // Lost while the session waited for the replies before.
      endSubscription();
      goOnIn(next);
      resume();
      return;
    }
    Identity identity = session.lane().identity();
    if (forBusyNode) {
      target.pool().pinBriefly(identity.atBusyNode(), this);
    } else {
      target.pool().pin(identity, this);
    }
  }

  @Override
  public void onPinned(PinnedConnection connection) {
    Pin pin = new Pin(session, target, connection);
    pin.askedFor(subscription);
    connection.handOver(pin);
    tellName(session, connection);
    if (cause == Command.WAIT || cause == Command.WAITAOF) {
      // They wait for the last write of their own connection. A message to a shard channel, which
      // no pattern hears, is replicated after all that the session wrote before, over other
      // connections. Servers before 7.0 have no such channels, but let any command count.
      connection.expect(new UnheardReplies(session, 2));
      connection.send(Resp.request(session.allocator(), "SPUBLISH", "redis-proxy:wait", ""));
      connection.send(Resp.request(session.allocator(), "PING"));
    }
    goOnIn(next);
    next.pin(pin);
    resume();
  }

  /** Inside a transaction the node itself tells the client's name. */
  static void tellName(Session session, PinnedConnection connection) {
    byte[] name = session.identity().name();
    if (!connection.hasName(name)) {
      connection.setName(name);
      connection.expect(new UnheardReplies(session, 1));
      connection.send(
          Resp.request(
              session.allocator(),
              List.of(
                  Resp.bytes("CLIENT"), Resp.bytes("SETNAME"), name == null ? new byte[0] : name)));
    }
  }

  @Override
  void onClosed() {
    if (target != null) {
      target.pool().forget(this);
    }
    endSubscription();
    super.onClosed();
  }

  private void endSubscription() {
    if (subscription != null) {
      subscription.end();
    }
  }

  @Override
  public void onPush(ByteBuf bytes) {
    bytes.release();
  }

  @Override
  public boolean takesMore(PinnedConnection connection) {
    return true;
  }

  @Override
  public void onLost(NodeFailure failure) {
    // It was handed over when it was pinned.
  }
}
