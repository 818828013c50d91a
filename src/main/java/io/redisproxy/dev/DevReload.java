package io.redisproxy.dev;

import io.quarkus.arc.profile.IfBuildProfile;
import io.quarkus.dev.console.DevConsoleManager;
import io.quarkus.dev.spi.HotReplacementContext;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.redisproxy.config.ConfigException;
import io.redisproxy.config.ConfigLoader;
import io.redisproxy.config.ListenersChanged;
import io.redisproxy.config.ProxySettings;
import jakarta.enterprise.event.Event;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Looks for changes every second. Quarkus itself looks only when an HTTP request comes, and a Redis
 * client sends none.
 */
@IfBuildProfile("dev")
@Singleton
class DevReload {
  private static final Logger LOG = Logger.getLogger(DevReload.class);

  private final ProxySettings settings;
  private final Event<ListenersChanged> changed;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "dev-reload");
            thread.setDaemon(true);
            return thread;
          });
  private FileTime seen;

  DevReload(ProxySettings settings, Event<ListenersChanged> changed) {
    this.settings = settings;
    this.changed = changed;
  }

  void onStart(@Observes StartupEvent event) {
    seen = lastModified();
    timer.scheduleWithFixedDelay(this::look, 1, 1, TimeUnit.SECONDS);
  }

  void onStop(@Observes ShutdownEvent event) {
    timer.shutdown();
  }

  private void look() {
    try {
      FileTime now = lastModified();
      if (now != null && !now.equals(seen)) {
        seen = now;
        changed.fire(
            new ListenersChanged(ConfigLoader.load(Path.of(settings.config().orElseThrow()))));
      }
      HotReplacementContext quarkus = DevConsoleManager.getHotReplacementContext();
      if (quarkus != null) {
        quarkus.doScan(true);
      }
    } catch (ConfigException e) {
      LOG.error(e.getMessage());
    } catch (Exception e) {
      LOG.error("the change can't be applied", e);
    }
  }

  private FileTime lastModified() {
    try {
      return settings.config().isPresent()
          ? Files.getLastModifiedTime(Path.of(settings.config().get()))
          : null;
    } catch (IOException e) {
      return seen;
    }
  }
}
