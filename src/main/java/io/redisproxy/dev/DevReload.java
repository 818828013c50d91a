package io.redisproxy.dev;

import io.quarkus.arc.profile.IfBuildProfile;
import io.quarkus.dev.console.DevConsoleManager;
import io.quarkus.dev.spi.HotReplacementContext;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Looks for changes of the code every second. Quarkus itself looks only when an HTTP request comes,
 * and a Redis client sends none.
 */
@IfBuildProfile("dev")
@Singleton
class DevReload {
  private static final Logger LOG = Logger.getLogger(DevReload.class);

  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "dev-reload");
            thread.setDaemon(true);
            return thread;
          });

  void onStart(@Observes StartupEvent event) {
    timer.scheduleWithFixedDelay(this::look, 1, 1, TimeUnit.SECONDS);
  }

  void onStop(@Observes ShutdownEvent event) {
    timer.shutdown();
  }

  private void look() {
    try {
      HotReplacementContext quarkus = DevConsoleManager.getHotReplacementContext();
      if (quarkus != null) {
        quarkus.doScan(true);
      }
    } catch (Exception e) {
      LOG.error("the change can't be applied", e);
    }
  }
}
