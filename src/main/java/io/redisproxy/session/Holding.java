package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import java.util.function.Supplier;

/**
 * Waits until there is a connection to a node for the next request; what comes meanwhile waits
 * behind it. When it has waited for as long as it may, all that has come by then fails at once.
 */
final class Holding extends SessionState implements Holds.Waiting {
  private final Session session;
  private final Supplier<Target> node;
  private final Pieces rest;
  private boolean gone;

  /** {@code node}: the one that the request would go to now. */
  Holding(Session session, Supplier<Target> node) {
    this.session = session;
    this.node = node;
    rest = session.newPieces();
  }

  @Override
  String word() {
    return "holding";
  }

  @Override
  void onEntered() {
    session.gate().close(InputGate.Reason.WAITING);
    session.recovery().holds().add(this, session.recovery().holdEnd());
  }

  @Override
  void onBytes(ByteBuf in) {
    rest.add(in, in.readerIndex(), in.writerIndex());
    in.release();
  }

  @Override
  public boolean tryToGoOn() {
    Target target = node.get();
    if (!target.link().isConnected()) {
      target.link().hurry();
      return false;
    }
    goOn();
    return true;
  }

  @Override
  public void onTimeUp() {
    session.serving().holdNothing(true);
    goOn();
    session.serving().holdNothing(false);
  }

  private void goOn() {
    session.gate().open(InputGate.Reason.WAITING);
    session.toServing();
    session.resume(rest);
  }

  @Override
  public boolean isGone() {
    return gone;
  }

  @Override
  public int bytes() {
    return rest.size();
  }

  @Override
  void onEndOfInput() {
    // The next state is told when it has got the rest.
  }

  @Override
  void onClosed() {
    gone = true;
    rest.release();
  }
}
