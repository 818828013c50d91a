package io.redisproxy.metrics;

/** The requests that one listener sends to one node, as {@code master} or {@code replica}. */
record RequestsOf(String listener, String node, String role) {
  boolean isOf(String ofListener, String ofNode) {
    return listener.equals(ofListener) && node.equals(ofNode);
  }
}
