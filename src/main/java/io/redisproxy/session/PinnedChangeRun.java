package io.redisproxy.session;

import io.netty.buffer.ByteBuf;

/**
 * SELECT, AUTH, HELLO or CLIENT NO-TOUCH over a connection of the session's own, whose state it has
 * to keep: if the node agrees, both are of the other identity from then on.
 */
final class PinnedChangeRun extends RewrittenRun {
  private final Pin pin;
  private final IdentityChange change;

  PinnedChangeRun(Session session, Pin pin, IdentityChange change) {
    super(session, pin.target());
    this.pin = pin;
    this.change = change;
  }

  @Override
  ByteBuf rewritten(ByteBuf whole) {
    return change.onAgreedAt(pin.connection(), whole);
  }

  @Override
  void onRefused() {
    change.onRefusedAtPin();
  }
}
