package io.redisproxy;

import io.redisproxy.config.ListenerConfig;
import io.redisproxy.config.ListenerTls;
import io.redisproxy.config.NodeTls;
import io.redisproxy.config.TlsIdentity;
import io.redisproxy.metrics.ProxyMeters;
import java.security.cert.X509Certificate;
import java.util.Comparator;
import java.util.Date;
import java.util.Optional;

/** Shows until when the certificates are valid that a listener shows to clients and to nodes. */
final class CertificateGauges {
  private final String listener;
  private final ProxyMeters meters;

  CertificateGauges(String listener, ProxyMeters meters) {
    this.listener = listener;
    this.meters = meters;
  }

  void show(ListenerConfig config) {
    show("tls", config.tls().map(ListenerTls::identity));
    show("nodeTls", config.nodeTls().flatMap(NodeTls::identity));
  }

  void hide() {
    show("tls", Optional.empty());
    show("nodeTls", Optional.empty());
  }

  private void show(String use, Optional<TlsIdentity> identity) {
    meters.forgetCertificate(listener, use);
    identity
        .flatMap(
            shown ->
                shown.chain().stream()
                    .map(X509Certificate::getNotAfter)
                    .min(Comparator.naturalOrder()))
        .map(Date::toInstant)
        .ifPresent(end -> meters.certificate(listener, use, end));
  }
}
