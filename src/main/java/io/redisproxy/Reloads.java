package io.redisproxy;

import io.quarkus.runtime.configuration.ConfigurationException;
import io.redisproxy.admin.Reloaded;
import io.redisproxy.config.ConfigException;
import io.redisproxy.config.ConfigLoader;
import io.redisproxy.config.ListenerConfig;
import io.redisproxy.metrics.ReloadMeters;
import io.redisproxy.metrics.ReloadResult;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Reads the configuration again, when somebody asks for it and when it has changed, and lets the
 * proxy work by it if all of it is right.
 */
final class Reloads implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(Reloads.class);
  private static final String CHANGED = "its files have changed";

  private final Proxy proxy;
  private final Optional<Path> file;
  private final ReloadMeters meters;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "reload");
            thread.setDaemon(true);
            return thread;
          });
  private volatile Reloaded last;
  private boolean closed;

  /** {@code file}: where the listeners are written; empty if they come from elsewhere. */
  Reloads(Proxy proxy, Optional<Path> file, ReloadMeters meters) {
    this.proxy = proxy;
    this.file = file;
    this.meters = meters;
  }

  /** Looks for changes from now on; not with an interval of 0. */
  void watch(Duration interval) {
    if (!interval.isZero()) {
      timer.scheduleWithFixedDelay(
          this::look, interval.toMillis(), interval.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  Optional<Reloaded> last() {
    return Optional.ofNullable(last);
  }

  /** {@code cause}: why, in words. */
  synchronized Reloaded reload(String cause) {
    Reloaded now = attempt(cause);
    note(now);
    return now;
  }

  /** Tells nothing while there is nothing new. */
  private synchronized void look() {
    if (closed) {
      return;
    }
    Reloaded now = attempt(CHANGED);
    boolean wasRefused = last != null && last.result() == ReloadResult.REFUSED;
    boolean isNews =
        switch (now.result()) {
          case APPLIED -> true;
          case UNCHANGED -> wasRefused;
          case REFUSED -> !wasRefused || !last.lines().equals(now.lines());
        };
    if (isNews) {
      note(now);
    }
  }

  private Reloaded attempt(String cause) {
    if (closed) {
      return refused(cause, List.of("the proxy is about to end"));
    }
    if (file.isEmpty()) {
      return refused(cause, List.of("the listeners don't come from a file"));
    }
    try {
      List<ListenerConfig> written = ConfigLoader.load(file.get());
      List<String> changes = written.equals(proxy.listeners()) ? List.of() : proxy.change(written);
      ReloadResult result = changes.isEmpty() ? ReloadResult.UNCHANGED : ReloadResult.APPLIED;
      return new Reloaded(Instant.now(), cause, result, changes);
    } catch (ConfigException e) {
      return refused(cause, e.mistakes());
    } catch (ConfigurationException e) {
      return refused(cause, List.of(e.getMessage()));
    } catch (RuntimeException e) {
      LOG.error("the configuration can't be applied", e);
      return refused(cause, List.of(e.toString()));
    }
  }

  private static Reloaded refused(String cause, List<String> mistakes) {
    return new Reloaded(Instant.now(), cause, ReloadResult.REFUSED, mistakes);
  }

  private void note(Reloaded now) {
    last = now;
    meters.onReload(now.result());
    switch (now.result()) {
      case APPLIED ->
          LOG.infof(
              "configuration reloaded (%s):\n  %s", now.cause(), String.join("\n  ", now.lines()));
      case UNCHANGED ->
          LOG.infof("configuration reloaded (%s): it is the one in effect", now.cause());
      case REFUSED ->
          LOG.errorf(
              "configuration not reloaded (%s), the one before stays in effect:\n  %s",
              now.cause(), String.join("\n  ", now.lines()));
    }
  }

  /** Changes nothing any more. */
  @Override
  public synchronized void close() {
    closed = true;
    timer.shutdown();
  }
}
