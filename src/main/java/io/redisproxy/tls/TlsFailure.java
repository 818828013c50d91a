package io.redisproxy.tls;

import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import io.quarkus.runtime.util.ExceptionUtil;
import java.io.IOException;
import java.security.cert.CertificateException;
import javax.net.ssl.SSLException;

/** Why TLS has come to an end, or to nothing. */
public enum TlsFailure {
  /** The other side speaks something else. */
  NOT_TLS,
  /** The other side took too long for the handshake. */
  TIMEOUT,
  /** The other side's certificate is missing, or is not what it should be. */
  CERTIFICATE,
  /** The other side has refused what it was shown or offered. */
  ALERT,
  /** Anything else, such as no version in common. */
  OTHER;

  private static final String ALERT_MESSAGE = "Received fatal alert: ";

  /** What the JDK says when a client has shown no certificate. */
  private static final String NO_CERTIFICATE = "Empty client certificate chain";

  /** Whether TLS is what has failed. */
  public static boolean is(Throwable cause) {
    return unwrapped(cause) instanceof SSLException;
  }

  /** Of something that TLS has failed for. */
  public static TlsFailure of(Throwable cause) {
    Throwable failure = unwrapped(cause);
    if (failure instanceof NotSslRecordException) {
      return NOT_TLS;
    }
    if (failure instanceof SslHandshakeTimeoutException) {
      return TIMEOUT;
    }
    String message = message(failure);
    if (message.startsWith(NO_CERTIFICATE) || isAbout(CertificateException.class, failure)) {
      return CERTIFICATE;
    }
    return message.startsWith(ALERT_MESSAGE) ? ALERT : OTHER;
  }

  /** What happened, in words that need not name the other side. */
  public static String reason(Throwable cause) {
    Throwable failure = unwrapped(cause);
    String message = message(ExceptionUtil.getRootCause(failure));
    return switch (of(cause)) {
      case NOT_TLS -> "what it sends is not TLS";
      case TIMEOUT -> "it has not ended the TLS handshake in time";
      case CERTIFICATE -> "its certificate is refused: " + message;
      case ALERT -> "it refuses TLS: " + message.replaceFirst(ALERT_MESSAGE, "");
      case OTHER -> "TLS: " + message;
    };
  }

  /** Without the alert that newer JDKs put before it, such as {@code (unknown_ca)}. */
  private static String message(Throwable failure) {
    return String.valueOf(failure.getMessage()).replaceFirst("^\\([a-z_]+\\) ", "");
  }

  private static boolean isAbout(Class<?> type, Throwable failure) {
    for (Throwable each = failure; each != null; each = each.getCause()) {
      if (type.isInstance(each)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Netty packs what is thrown while bytes are decoded; of its decoders there is that of TLS only.
   * It packs, too, what becomes of a handshake's bytes when the other side has left.
   */
  private static Throwable unwrapped(Throwable cause) {
    Throwable packed = cause.getCause();
    boolean isPacked =
        cause instanceof DecoderException
            ? packed != null
            : packed instanceof IOException && !(packed instanceof SSLException);
    return isPacked ? packed : cause;
  }
}
