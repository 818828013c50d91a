package io.redisproxy.admin;

import io.redisproxy.config.ListenerConfig;
import java.util.List;
import java.util.Optional;

/** What operators ask of the proxy as a whole. Any thread may ask. */
public interface ProxyControl {
  /** Whether the proxy is about to end, and wants no new clients. */
  boolean isDraining();

  /** In operator mode, whether it knows the cluster; empty in a proxy. */
  Optional<Boolean> isOperatorReady();

  /** The event loops, by their numbers, that have not turned for half a minute. */
  List<Integer> stuckLoops();

  /** Lets all clients go, and ends the process then; returns at once. */
  void drain();

  /**
   * Probes all nodes now.
   *
   * @param reason what somebody knows that the last probes did not, in words
   */
  void probe(String reason);

  /**
   * Reads the configuration again, and works by it if it is right; returns when it is in effect, or
   * is not going to be.
   *
   * @param cause why, in words
   */
  Reloaded reload(String cause);

  /** What came of the last time; empty if there was none. */
  Optional<Reloaded> lastReload();

  /** What the proxy works by. */
  List<ListenerConfig> listeners();
}
