package io.redisproxy.config;

import io.smallrye.config.ConfigValidationException;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Settings of another process, such as one that is about to be started. */
public final class ProcessSettings {
  /** What who starts it has to say itself. */
  private static final Set<String> RESERVED =
      Set.of("mode", "config", "bind-host", "admin.token-file", "kubernetes-node");

  private ProcessSettings() {}

  /**
   * Checks them as the process would.
   *
   * @param written by their names without the prefix
   * @throws ConfigException if the process would not start with them
   */
  public static ProxySettings check(Map<String, String> written) {
    Mistakes mistakes = new Mistakes();
    Map<String, String> properties = new HashMap<>();
    written.forEach(
        (name, value) -> {
          if (RESERVED.contains(name) || name.startsWith("operator.")) {
            mistakes.add("settings." + name, "it is not for you to set here; remove it");
          } else {
            properties.put(ProxySettings.PREFIX + '.' + name, value);
          }
        });
    Optional<ProxySettings> settings = map(properties, mistakes);
    mistakes.throwIfAny("The settings");
    new SettingsCheck().check(settings.orElseThrow());
    return settings.orElseThrow();
  }

  private static Optional<ProxySettings> map(Map<String, String> properties, Mistakes mistakes) {
    try {
      return Optional.of(
          new SmallRyeConfigBuilder()
              .addDiscoveredConverters()
              .withMapping(ProxySettings.class)
              .withSources(new PropertiesConfigSource(properties, "settings", 500))
              .build()
              .getConfigMapping(ProxySettings.class));
    } catch (ConfigValidationException e) {
      List<String> problems = new ArrayList<>();
      for (int i = 0; i < e.getProblemCount(); i++) {
        problems.add(e.getProblem(i).getMessage());
      }
      problems.stream().sorted().forEach(problem -> mistakes.add("settings", problem));
      return Optional.empty();
    }
  }
}
