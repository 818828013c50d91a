package io.redisproxy;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import org.jboss.logging.Logger;

/**
 * Signals of the operating system. Java has no supported way to be told of them; this one has been
 * the same in every JVM since Java 1.3. It is used by reflection, since javac warns of it and can't
 * be told that it is meant.
 */
final class Signals {
  private static final Logger LOG = Logger.getLogger(Signals.class);

  private Signals() {}

  /** The action runs on a thread of its own, in place of what the JVM would do. */
  static void handle(String name, Runnable action) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Object told =
          Proxy.newProxyInstance(
              handler.getClassLoader(),
              new Class<?>[] {handler},
              (proxy, method, arguments) -> {
                action.run();
                return null;
              });
      signal
          .getMethod("handle", signal, handler)
          .invoke(null, signal.getConstructor(String.class).newInstance(name), told);
    } catch (InvocationTargetException e) {
      // Windows has fewer signals, and -Xrs leaves all to the system.
      LOG.warnf("SIG%s can't be handled: %s", name, e.getCause().getMessage());
    } catch (ReflectiveOperationException e) {
      LOG.warnf("SIG%s can't be handled: %s", name, e.getMessage());
    }
  }
}
