package io.redisproxy.tls;

/**
 * A node that is connected to by TLS.
 *
 * @param name what its certificate has to be for
 */
public record TlsPeer(TlsClient client, String name) {}
