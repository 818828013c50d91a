package io.redisproxy.admin;

import io.redisproxy.config.ListenerConfig;
import java.util.List;

/** What operators ask of the proxy as a whole. Any thread may ask. */
public interface ProxyControl {
  /** Whether the proxy is about to end, and wants no new clients. */
  boolean isDraining();

  /** Lets all clients go, and ends the process then; returns at once. */
  void drain();

  /** What the proxy works by. */
  List<ListenerConfig> listeners();
}
