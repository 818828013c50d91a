package io.redisproxy.config;

import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;

/**
 * What one side of a TLS connection shows of itself. The text doesn't show the key, so that records
 * that contain one can be logged.
 *
 * @param chain its certificate, and those that lead to the CA's
 */
public record TlsIdentity(List<X509Certificate> chain, PrivateKey privateKey) {

  public TlsIdentity {
    chain = List.copyOf(chain);
  }

  @Override
  public String toString() {
    return "TlsIdentity["
        + chain.stream().map(X509Certificate::getSubjectX500Principal).toList()
        + "]";
  }
}
