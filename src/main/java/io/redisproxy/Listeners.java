package io.redisproxy;

import io.redisproxy.config.ConfigLoader;
import io.redisproxy.config.ListenerConfig;
import io.redisproxy.config.ProxySettings;
import jakarta.inject.Singleton;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Brings the listeners that {@link Main} has checked to the beans that open them. */
@Singleton
final class Listeners {
  private record Checked(Path file, List<ListenerConfig> listeners) {}

  private static volatile Checked checked;

  private final ProxySettings settings;

  Listeners(ProxySettings settings) {
    this.settings = settings;
  }

  static void handOver(Path file, List<ListenerConfig> listeners) {
    checked = new Checked(file, listeners);
  }

  /** Where they are written; empty in dev mode and in tests, if none are configured there. */
  Optional<Path> file() {
    return checked == null ? settings.config().map(Path::of) : Optional.of(checked.file());
  }

  /**
   * The listeners; none in dev mode and in tests, which start Quarkus without the main method, if
   * none are configured there.
   */
  List<ListenerConfig> read() {
    return checked == null ? file().map(ConfigLoader::load).orElse(List.of()) : checked.listeners();
  }
}
