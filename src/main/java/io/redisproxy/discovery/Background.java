package io.redisproxy.discovery;

/** Where a client of Kubernetes is begun and ended: it is slow, and asks files. */
final class Background {
  private Background() {}

  static void run(String name, Runnable action) {
    Thread thread = new Thread(action, name);
    thread.setDaemon(true);
    thread.start();
  }
}
