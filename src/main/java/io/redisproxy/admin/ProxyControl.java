package io.redisproxy.admin;

/** What operators ask of the proxy as a whole. */
public interface ProxyControl {
  /** Whether the proxy is about to end, and wants no new clients. */
  boolean isDraining();
}
