package io.redisproxy.config;

import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;

/**
 * TLS between the proxy and the nodes of a listener, its Sentinels too.
 *
 * @param ca who has to have signed their certificates; empty for those that Java trusts
 * @param identity what is shown to them, if they ask
 * @param verifyHost whether a certificate has to be one for the node's name or address
 * @param serverName the name that all certificates are for, if that is not the nodes'
 */
public record NodeTls(
    List<X509Certificate> ca,
    Optional<TlsIdentity> identity,
    boolean verifyHost,
    Optional<String> serverName,
    TlsProtocol minProtocol) {

  public NodeTls {
    ca = List.copyOf(ca);
  }
}
