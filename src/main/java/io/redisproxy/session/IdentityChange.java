package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.redisproxy.metrics.CloseCause;
import io.redisproxy.metrics.ErrorKind;
import io.redisproxy.resp.Resp;
import io.redisproxy.upstream.Identity;
import io.redisproxy.upstream.NodeFailure;
import io.redisproxy.upstream.PinnedConnection;
import java.util.List;

/**
 * Waits for the master to agree to another identity of the session: another user, database or
 * protocol version. If it does, the session shares that identity's connections from then on; if
 * not, the client gets the master's own error and the session stays what it is.
 */
final class IdentityChange extends PausedState implements PinnedConnection.Holder {

  /** What the client has asked for. */
  enum Kind {
    SELECT,
    AUTH,
    HELLO,
    NO_TOUCH,
    RESET
  }

  private final Kind kind;
  private final Identity identity;
  private final byte[] name;
  private final boolean checksLogin;
  private Target target;
  private PinnedConnection connection;
  private boolean done;

  /**
   * {@code name}: what SETNAME in HELLO says, or null.
   *
   * @param checksLogin whether the client has sent a password, which the node has to check even if
   *     it has agreed to the same one before
   */
  IdentityChange(Session session, Kind kind, Identity identity, byte[] name, boolean checksLogin) {
    super(session);
    this.kind = kind;
    this.identity = identity;
    this.name = name;
    this.checksLogin = checksLogin;
  }

  boolean isReset() {
    return kind == Kind.RESET;
  }

  /** Whether the node is to check a password. */
  boolean checksLogin() {
    return checksLogin;
  }

  /** Whether there is nothing to ask the node for. */
  boolean isKnown() {
    return switch (kind) {
      // No connection had to choose the first database, so that nobody knows whether a user may.
      case SELECT ->
          session.backend().isKnown(identity)
              && (identity.login() == null || identity.database() != Identity.DEFAULT.database());
      case NO_TOUCH -> session.backend().isKnown(identity);
      case RESET -> !session.isPinned();
      case AUTH, HELLO -> false;
    };
  }

  /** The session is of the identity from now on, and the client is told so. */
  void apply() {
    enter();
    if (isReset()) {
      session.reset();
      session.reply(Resp.simple("RESET"));
    } else {
      session.reply(Resp.simple("OK"));
    }
  }

  /**
   * What to send over the session's own connection in place of what the client has sent; null if
   * that is right. The password in a HELLO may be the proxy's own.
   */
  ByteBuf requestInstead() {
    if (kind != Kind.HELLO || checksLogin) {
      return null;
    }
    String version = Integer.toString(identity.protocol());
    return name == null
        ? Resp.request(session.allocator(), "HELLO", version)
        : Resp.request(
            session.allocator(),
            List.of(Resp.bytes("HELLO"), Resp.bytes(version), Resp.bytes("SETNAME"), name));
  }

  /** The node has agreed on the session's own connection: what the client gets to read. */
  ByteBuf onAgreedAt(PinnedConnection own, ByteBuf reply) {
    own.become(identity);
    enter();
    if (kind != Kind.HELLO) {
      return reply.copy();
    }
    if (name != null) {
      own.setName(name);
      session.identity().setName(name);
    }
    return HelloReply.withId(reply, session.identity().id());
  }

  /** The node has refused on the session's own connection. */
  void onRefusedAtPin() {
    if (checksLogin) {
      session.meters().onErrors(ErrorKind.LOGIN, 1);
    }
  }

  @Override
  String word() {
    return "identifying";
  }

  @Override
  void onEntered() {
    if (isReset()) {
      session.unpin();
      apply();
      session.toServing();
      return;
    }
    pause();
    target = session.lane().forWrite();
    if (checksLogin) {
      target.pool().pinForLogin(identity, this);
    } else {
      target.pool().pinBriefly(identity, this);
    }
  }

  @Override
  public void onPinned(PinnedConnection pinned) {
    connection = pinned;
    if (checksLogin && pinned.isConnected()) {
      connection.expect(new OwnReply(session, this::onChecked, this::onLostBeforeChecked));
      connection.send(Resp.request(session.allocator(), identity.login().request()));
    } else {
      ask();
    }
  }

  private void ask() {
    connection.expect(new OwnReply(session, this::onAgreed, this::onRefused));
    connection.send(
        switch (kind) {
          case HELLO -> request("HELLO", identity.protocol());
          case SELECT -> request("SELECT", identity.database());
          case AUTH, NO_TOUCH, RESET -> Resp.request(session.allocator(), "PING");
        });
  }

  private ByteBuf request(String command, int argument) {
    return Resp.request(session.allocator(), command, Integer.toString(argument));
  }

  /** A connection that is there already stays what it is, whatever the node says to the login. */
  private void onChecked(ByteBuf reply) {
    if (done) {
      return;
    }
    if (Resp.isError(reply)) {
      connection.release(true);
      onRefused(NodeFailure.refused(target.link().node(), Resp.errorText(reply)));
    } else if (kind == Kind.AUTH) {
      onAgreed(reply);
    } else {
      ask();
    }
  }

  /** It may have been closed while it rested. */
  private void onLostBeforeChecked(NodeFailure failure) {
    if (!done) {
      target.pool().pinNew(identity, this);
    }
  }

  private void onAgreed(ByteBuf reply) {
    if (done) {
      return;
    }
    connection.release(true);
    if (kind != Kind.AUTH && kind != Kind.NO_TOUCH && Resp.isError(reply)) {
      session.reply(reply.retain());
    } else if (kind != Kind.HELLO) {
      apply();
    } else {
      enter();
      if (name != null) {
        session.identity().setName(name);
      }
      session.reply(HelloReply.withId(reply, session.identity().id()));
    }
    goOn();
  }

  private void enter() {
    session.enter(identity);
    if (checksLogin) {
      session.lane().forWrite().link().onLetIn();
    }
  }

  private void onRefused(NodeFailure failure) {
    if (done) {
      return;
    }
    if (failure.refusal() == null) {
      onUnreachable(failure);
      return;
    }
    if (checksLogin && !failure.isTemporary()) {
      session.meters().onErrors(ErrorKind.LOGIN, 1);
    }
    session.reply(Resp.error(failure.refusal()));
    goOn();
    session.onFailure(failure);
  }

  /** What the client has sent behind it must not run in another database, or as somebody else. */
  private void onUnreachable(NodeFailure failure) {
    done = true;
    forgetWaiting();
    session.replyUnreachable(failure);
    session.become(new Closing(session, CloseCause.NODE_LOST));
  }

  private void goOn() {
    done = true;
    session.muting().onRequestSent();
    serve();
  }

  @Override
  void onClosed() {
    done = true;
    super.onClosed();
    if (connection != null) {
      connection.release(false);
    } else if (target != null) {
      target.pool().forget(this);
    }
  }

  @Override
  public void onPush(ByteBuf bytes) {
    bytes.release();
  }

  @Override
  public boolean takesMore(PinnedConnection from) {
    return true;
  }

  @Override
  public void onLost(NodeFailure failure) {
    // The answer that is awaited tells.
  }
}
