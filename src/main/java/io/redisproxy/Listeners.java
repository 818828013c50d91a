package io.redisproxy;

import io.redisproxy.config.ConfigLoader;
import io.redisproxy.config.ListenerConfig;
import io.redisproxy.config.ProxySettings;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.nio.file.Path;
import java.util.List;

/** Brings the listeners that {@link Main} has checked to the beans that open them. */
@Singleton
final class Listeners {
  private static volatile List<ListenerConfig> checked;

  static void handOver(List<ListenerConfig> listeners) {
    checked = listeners;
  }

  /**
   * The listeners; none in dev mode and in tests, which start Quarkus without the main method, if
   * none are configured there.
   */
  @Produces
  @Singleton
  List<ListenerConfig> listeners(ProxySettings settings) {
    if (checked != null) {
      return checked;
    }
    return settings.config().map(Path::of).map(ConfigLoader::load).orElse(List.of());
  }
}
