package io.redisproxy.discovery;

/**
 * Knows the nodes of a group from elsewhere than the configuration. It runs on one event loop, on
 * which it is made, started and closed, and on which it tells.
 */
public interface NodeSource {
  /**
   * Begins to tell the nodes, as soon as they are known, and every change of them. What can't be
   * asked changes nothing: then the nodes are those that were told last.
   */
  void start(Members members);

  /** How it is connected to whom it asks is another way from now on. */
  default void reconnect() {}

  /** Tells nothing any more. */
  void close();
}
