package io.redisproxy;

import io.quarkus.runtime.Application;
import io.quarkus.runtime.ApplicationLifecycleManager;
import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.redisproxy.config.ConfigLoader;
import io.redisproxy.config.ProxySettings;
import java.nio.file.Path;
import java.util.Optional;
import org.eclipse.microprofile.config.ConfigProvider;

/** Starts the process: reads what the user asks for, and only if that is right, starts Quarkus. */
@QuarkusMain
public final class Main {
  private static final String NO_CONFIGURATION =
      """
      No configuration. Name the JSON file that lists the listeners in one of these ways:
        java -jar quarkus-run.jar listeners.json
        java -Dredis-proxy.config=listeners.json -jar quarkus-run.jar
        REDIS_PROXY_CONFIG=listeners.json java -jar quarkus-run.jar
      The shortest such file is\s""";

  Main() {}

  public static void main(String[] args) {
    Arguments arguments = Arguments.parse(args, System.out, System.err);
    if (arguments.exit().isPresent()) {
      System.exit(arguments.exit().getAsInt());
    }
    try {
      check(arguments.config().or(() -> configured("config")));
    } catch (ConfigurationException e) {
      System.err.println(e.getMessage());
      // System.exit, but in dev mode, where it waits for the user to mend the file.
      ApplicationLifecycleManager.getDefaultExitCodeHandler().accept(1, e);
      return;
    }
    Quarkus.run(args);
  }

  private static Optional<String> configured(String setting) {
    return ConfigProvider.getConfig()
        .getOptionalValue(ProxySettings.PREFIX + "." + setting, String.class);
  }

  private static void check(Optional<String> file) {
    if (file.isPresent()) {
      Path path = Path.of(file.get());
      Listeners.handOver(path, ConfigLoader.load(path));
    } else if (!isOperator() && !isDevMode()) {
      throw new StartException(NO_CONFIGURATION + ConfigLoader.SAMPLE);
    }
  }

  /** It has no listeners of its own; whether the word is right is checked with the settings. */
  private static boolean isOperator() {
    return configured("mode").filter(mode -> !mode.equalsIgnoreCase("proxy")).isPresent();
  }

  /** Asks for the mode in the one way that works so early. */
  private static boolean isDevMode() {
    try {
      // The mode is set by the class that Quarkus generates, when it is initialized.
      Class.forName(
          Application.APP_CLASS_NAME, true, Thread.currentThread().getContextClassLoader());
      return LaunchMode.current() == LaunchMode.DEVELOPMENT;
    } catch (ClassNotFoundException e) {
      // Started by an IDE, without that class: Quarkus.run makes it and comes back in dev mode.
      return true;
    }
  }
}
