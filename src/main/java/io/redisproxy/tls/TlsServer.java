package io.redisproxy.tls;

import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.redisproxy.config.ListenerTls;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLException;

/** The proxy's side of TLS with clients. Any thread may use it. */
public final class TlsServer {
  private final SslContext context;

  /**
   * Of what the user wrote.
   *
   * @throws SSLException if Java can't work with it
   */
  public TlsServer(ListenerTls config) throws SSLException {
    SslContextBuilder builder =
        SslContextBuilder.forServer(
                config.identity().privateKey(),
                config.identity().chain().toArray(X509Certificate[]::new))
            .sslProvider(SslProvider.JDK)
            .protocols(config.minProtocol().andLater())
            .clientAuth(
                switch (config.clientAuth()) {
                  case NONE -> ClientAuth.NONE;
                  case OPTIONAL -> ClientAuth.OPTIONAL;
                  case REQUIRED -> ClientAuth.REQUIRE;
                });
    // Without any, Java would read all CAs that it knows, for nothing.
    builder.trustManager(config.ca().isEmpty() ? config.identity().chain() : config.ca());
    context = builder.build();
  }

  SslContext context() {
    return context;
  }
}
