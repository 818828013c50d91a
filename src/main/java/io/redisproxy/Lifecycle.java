package io.redisproxy;

import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.redisproxy.admin.ProxyControl;
import io.redisproxy.config.ListenerConfig;
import io.redisproxy.config.ListenerSource;
import io.redisproxy.config.ListenersChanged;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/** Starts the proxy with the application, and stops it. */
@Singleton
final class Lifecycle implements ProxyControl {
  private final Proxy proxy;
  private final AtomicBoolean draining = new AtomicBoolean();

  Lifecycle(Proxy proxy) {
    this.proxy = proxy;
  }

  /**
   * Without listeners of the user's, those of a source that dev mode brings are opened, if it is
   * there.
   */
  void onStart(
      @Observes StartupEvent event,
      List<ListenerConfig> listeners,
      Instance<ListenerSource> otherwise) {
    if (LaunchMode.current() == LaunchMode.NORMAL) {
      Signals.handle("TERM", this::onTerminate);
    }
    if (!listeners.isEmpty()) {
      proxy.start(listeners);
    } else if (otherwise.isResolvable()) {
      proxy.start(otherwise.get().listeners());
    }
  }

  void onChange(@Observes ListenersChanged change) {
    proxy.stop();
    proxy.start(change.listeners());
  }

  @Override
  public boolean isDraining() {
    return draining.get();
  }

  @Override
  public List<ListenerConfig> listeners() {
    return proxy.listeners();
  }

  /** A second signal ends the process at once. */
  private void onTerminate() {
    if (isDraining()) {
      Quarkus.asyncExit(1);
    } else {
      drain();
    }
  }

  @Override
  public void drain() {
    if (!draining.compareAndSet(false, true)) {
      return;
    }
    Thread drain =
        new Thread(
            () -> {
              try {
                proxy.drain();
                Quarkus.asyncExit(0);
              } catch (InterruptedException e) {
                Quarkus.asyncExit(1);
              }
            },
            "drain");
    drain.setDaemon(true);
    drain.start();
  }

  void onStop(@Observes ShutdownEvent event) {
    proxy.stop();
  }
}
