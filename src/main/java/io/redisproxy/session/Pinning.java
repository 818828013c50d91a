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

  /** Null if the command is for nothing that others send, or it is not waited for any more. */
  private Registrations.Pending registration;

  /** {@code cause}: the command that needs it. */
  Pinning(Session session, Serving next, Command cause) {
    super(session);
    this.next = next;
    this.cause = cause;
    Registrations.Kind kind = registers(cause);
    registration = kind == null ? null : session.registrations().begin(kind, session);
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
      endRegistration();
      goOnIn(next);
      resume();
      return;
    }
    Identity identity = session.lane().identity();
    if (forBusyNode) {
      target.pool().pinBriefly(identity.atBusyNode(), this);
    } else if (!target.pool().pin(identity, this)) {
      // Who has the connections may wait for what is sent behind this.
      endRegistration();
    }
  }

  @Override
  public void onPinned(PinnedConnection connection) {
    Pin pin = new Pin(session, target, connection);
    if (Pin.subscribes(cause)) {
      pin.askedFor(registration);
    } else if (registration != null) {
      endOnceSent(connection);
    }
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

  /** What the command asks to be told of; null for nothing. */
  private static Registrations.Kind registers(Command command) {
    if (Pin.subscribes(command)) {
      return Registrations.Kind.MESSAGES;
    }
    return command == Command.XREAD ? Registrations.Kind.ENTRIES : null;
  }

  /** The master answers nothing before there is an entry. */
  private void endOnceSent(PinnedConnection connection) {
    if (connection.isConnected()) {
      registration.end();
    } else {
      connection.whenWritable(registration::end);
    }
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
    endRegistration();
    super.onClosed();
  }

  private void endRegistration() {
    if (registration != null) {
      registration.end();
      registration = null;
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
