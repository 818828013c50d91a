package io.redisproxy.config;

import java.security.cert.X509Certificate;
import java.util.List;

/**
 * TLS between clients and a listener.
 *
 * @param identity what is shown to clients
 * @param ca who has to have signed certificates of clients; empty if they are not asked for any
 */
public record ListenerTls(
    TlsIdentity identity,
    ClientAuth clientAuth,
    List<X509Certificate> ca,
    TlsProtocol minProtocol) {

  public ListenerTls {
    ca = List.copyOf(ca);
  }
}
