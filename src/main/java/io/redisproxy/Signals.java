package io.redisproxy;

import org.jboss.logging.Logger;
import sun.misc.Signal;

/**
 * Signals of the operating system. Java has no supported way to be told of them; this one has been
 * the same in every JVM since Java 1.3.
 */
final class Signals {
  private static final Logger LOG = Logger.getLogger(Signals.class);

  private Signals() {}

  /** The action runs on a thread of its own, in place of what the JVM would do. */
  static void handle(String name, Runnable action) {
    try {
      Signal.handle(new Signal(name), signal -> action.run());
    } catch (IllegalArgumentException e) {
      // Windows has fewer signals, and -Xrs leaves all to the system.
      LOG.warnf("SIG%s can't be handled: %s", name, e.getMessage());
    }
  }
}
