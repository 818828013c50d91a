package io.redisproxy.session;

/** A command that the proxy answers itself is wrong; the message is a server's. */
final class RefusedException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** {@code message}: the error reply, without the ERR that it begins with. */
  RefusedException(String message) {
    super(message, null, false, false);
  }

  static RefusedException syntax() {
    return new RefusedException("syntax error");
  }
}
