package io.redisproxy;

import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.redisproxy.admin.ProxyControl;
import io.redisproxy.admin.Reloaded;
import io.redisproxy.config.ListenerConfig;
import io.redisproxy.config.ListenerSource;
import io.redisproxy.config.ProxySettings;
import io.redisproxy.metrics.ReloadMeters;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/** Starts the proxy with the application, and stops it. */
@Singleton
final class Lifecycle implements ProxyControl {
  private final Proxy proxy;
  private final Listeners listeners;
  private final ProxySettings settings;
  private final Reloads reloads;
  private final OperatorMode operator;
  private final AtomicBoolean draining = new AtomicBoolean();

  Lifecycle(Proxy proxy, Listeners listeners, ProxySettings settings, MeterRegistry registry) {
    this.proxy = proxy;
    this.listeners = listeners;
    this.settings = settings;
    operator = new OperatorMode(settings);
    reloads = new Reloads(proxy, listeners.file(), new ReloadMeters(registry));
  }

  /**
   * Without listeners of the user's, those of a source that dev mode brings are opened, if it is
   * there.
   */
  void onStart(@Observes StartupEvent event, Instance<ListenerSource> otherwise) {
    if (LaunchMode.current() == LaunchMode.NORMAL) {
      Signals.handle("TERM", this::onTerminate);
    }
    if (operator.isOn()) {
      operator.start(listeners.file());
      return;
    }
    List<ListenerConfig> written = listeners.read();
    if (!written.isEmpty()) {
      proxy.start(written);
      reloads.watch(settings.reload().interval());
      if (LaunchMode.current() == LaunchMode.NORMAL) {
        Signals.handle("HUP", () -> reload("SIGHUP"));
      }
    } else if (otherwise.isResolvable()) {
      proxy.start(otherwise.get().listeners());
    }
  }

  @Override
  public boolean isDraining() {
    return draining.get();
  }

  @Override
  public Optional<Boolean> isOperatorReady() {
    return operator.isOn() ? Optional.of(operator.isReady()) : Optional.empty();
  }

  @Override
  public List<Integer> stuckLoops() {
    return proxy.stuckLoops();
  }

  @Override
  public List<ListenerConfig> listeners() {
    return proxy.listeners();
  }

  @Override
  public void probe(String reason) {
    proxy.probe(reason);
  }

  @Override
  public Reloaded reload(String cause) {
    return reloads.reload(cause);
  }

  @Override
  public Optional<Reloaded> lastReload() {
    return reloads.last();
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
    reloads.close();
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
    reloads.close();
    operator.stop();
    proxy.stop();
  }
}
