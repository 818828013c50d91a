package io.redisproxy.config;

/** Where a Redis server listens; the host is a name or an address, as the user wrote it. */
public record NodeAddress(String host, int port) {

  /** {@code host:port}, with an IPv6 address in brackets. */
  @Override
  public String toString() {
    return (host.indexOf(':') < 0 ? host : '[' + host + ']') + ':' + port;
  }
}
