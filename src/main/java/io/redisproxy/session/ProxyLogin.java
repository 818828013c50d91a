package io.redisproxy.session;

import io.redisproxy.config.Credentials;
import io.redisproxy.metrics.ErrorKind;
import io.redisproxy.metrics.ListenerMeters;
import io.redisproxy.resp.Resp;
import io.redisproxy.upstream.Login;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/**
 * The password that a client has to say to the proxy itself, if the listener has one; if not, the
 * nodes decide who may come in.
 */
final class ProxyLogin {
  private final Terms terms;
  private final ListenerMeters meters;
  private boolean awaited;

  ProxyLogin(Terms terms, ListenerMeters meters) {
    this.terms = terms;
    this.meters = meters;
    reset();
  }

  /** The client has to say it, and again if it has. */
  final void reset() {
    awaited = isDemanded();
  }

  /** Whether the listener has one. */
  boolean isDemanded() {
    return terms.auth().isPresent();
  }

  /** Whether the client still has to say it. */
  boolean isAwaited() {
    return awaited && isDemanded();
  }

  /**
   * The client says it, which must be {@linkplain #isDemanded demanded}. Whether it is right is
   * found in a time that doesn't tell how much of it is.
   */
  boolean accepts(Login login) {
    Credentials expected = terms.auth().orElseThrow();
    boolean right = isEqual(expected.username(), login.user());
    right &= isEqual(expected.password(), login.password());
    if (right) {
      awaited = false;
    } else {
      meters.onErrors(ErrorKind.LOGIN, 1);
    }
    return right;
  }

  private static boolean isEqual(String expected, String given) {
    return MessageDigest.isEqual(expected.getBytes(StandardCharsets.UTF_8), Resp.bytes(given));
  }
}
