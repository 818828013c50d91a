package io.redisproxy.metrics;

import java.util.Locale;

/** What can change about the nodes of a listener. */
public enum TopologyChange {
  /** A node has come. */
  JOINED,
  /** A node is gone. */
  LEFT,
  /** A node can be used from now on. */
  UP,
  /** A node can't be used any more. */
  DOWN,
  /** There is another master, or one again. */
  MASTER,
  /** It is not known any more which node is the master. */
  NO_MASTER;

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
