package io.redisproxy.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.DecoderException;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateParsingException;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TlsFailureTest {

  /** Netty's word for a client that is gone while the proxy computes its part of the handshake. */
  @Test
  void aConnectionThatIsLostMeanwhileIsNone() {
    assertThat(TlsFailure.is(new SSLException("writing", new ClosedChannelException()))).isFalse();
    assertThat(TlsFailure.is(new SSLException("writing", new IOException("Broken pipe"))))
        .isFalse();
    assertThat(TlsFailure.is(new IOException("Connection reset by peer"))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Received fatal alert: unknown_ca",
        "(unknown_ca) Received fatal alert: unknown_ca" // of JDK 25
      })
  void whatIsThrownWhileBytesAreDecodedIsOne(String message) {
    Throwable alert = new DecoderException(new SSLHandshakeException(message));

    assertThat(TlsFailure.is(alert)).isTrue();
    assertThat(TlsFailure.of(alert)).isEqualTo(TlsFailure.ALERT);
    assertThat(TlsFailure.reason(alert)).isEqualTo("it refuses TLS: unknown_ca");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Empty client certificate chain",
        "(certificate_required) Empty client certificate chain" // of JDK 25
      })
  void aCertificateThatIsMissingIsRefused(String message) {
    Throwable failure = new SSLHandshakeException(message);

    assertThat(TlsFailure.of(failure)).isEqualTo(TlsFailure.CERTIFICATE);
    assertThat(TlsFailure.reason(failure))
        .isEqualTo("its certificate is refused: Empty client certificate chain");
  }

  @Test
  void aCertificateThatCannotBeReadIsRefused() {
    CertificateException unread =
        new CertificateParsingException("damaged", new IOException("Too short"));
    Throwable failure = new SSLHandshakeException("damaged").initCause(unread);

    assertThat(TlsFailure.is(failure)).isTrue();
    assertThat(TlsFailure.of(failure)).isEqualTo(TlsFailure.CERTIFICATE);
    assertThat(TlsFailure.reason(failure)).isEqualTo("its certificate is refused: Too short");
  }
}
