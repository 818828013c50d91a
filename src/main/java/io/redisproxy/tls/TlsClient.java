package io.redisproxy.tls;

import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.redisproxy.config.NodeTls;
import javax.net.ssl.SSLException;

/** The proxy's side of TLS with nodes. Two of the same configuration are equal. */
public final class TlsClient {
  private final NodeTls config;
  private final SslContext context;

  /**
   * Of what the user wrote.
   *
   * @throws SSLException if Java can't work with it
   */
  public TlsClient(NodeTls config) throws SSLException {
    this.config = config;
    SslContextBuilder builder =
        SslContextBuilder.forClient()
            .sslProvider(SslProvider.JDK)
            .protocols(config.minProtocol().andLater())
            // The rules for names are the same for all that is not a browser.
            .endpointIdentificationAlgorithm(config.verifyHost() ? "HTTPS" : null);
    if (!config.ca().isEmpty()) {
      builder.trustManager(config.ca());
    }
    config
        .identity()
        .ifPresent(identity -> builder.keyManager(identity.privateKey(), identity.chain()));
    context = builder.build();
  }

  /** A node that is known by that name or address. */
  public TlsPeer peer(String host) {
    return new TlsPeer(this, config.serverName().orElse(host));
  }

  SslContext context() {
    return context;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TlsClient client && config.equals(client.config);
  }

  @Override
  public int hashCode() {
    return config.hashCode();
  }
}
