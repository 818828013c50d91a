package io.redisproxy.config;

/** Where a node listens. */
public record NodeAddress(String host, int port) {
  @Override
  public String toString() {
    return host + ":" + port;
  }
}
