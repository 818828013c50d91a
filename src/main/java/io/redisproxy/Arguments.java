package io.redisproxy;

import java.io.PrintStream;
import java.util.Optional;
import java.util.OptionalInt;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/**
 * The command line.
 *
 * @param config the file of the listeners, if named
 * @param exit the status to end with at once; empty if the proxy is to start
 */
record Arguments(Optional<String> config, OptionalInt exit) {

  /** Takes the arguments apart; help, version and complaints are printed here. */
  static Arguments parse(String[] args, PrintStream out, PrintStream err) {
    // Loading picocli takes 80 ms of the start-up time, so the usual calls do without.
    if (args.length == 0) {
      return start(null);
    }
    if (args.length == 1 && !args[0].startsWith("-")) {
      return start(args[0]);
    }
    CommandLine commandLine = new CommandLine(spec()).setExpandAtFiles(false);
    try {
      ParseResult result = commandLine.parseArgs(args);
      if (result.isUsageHelpRequested()) {
        commandLine.usage(out);
        return exit(CommandLine.ExitCode.OK);
      }
      if (result.isVersionHelpRequested()) {
        commandLine.printVersionHelp(out);
        return exit(CommandLine.ExitCode.OK);
      }
      return start(result.matchedPositionalValue(0, null));
    } catch (ParameterException e) {
      err.println(e.getMessage());
      commandLine.usage(err);
      return exit(CommandLine.ExitCode.USAGE);
    }
  }

  private static Arguments start(String config) {
    return new Arguments(Optional.ofNullable(config), OptionalInt.empty());
  }

  private static Arguments exit(int status) {
    return new Arguments(Optional.empty(), OptionalInt.of(status));
  }

  private static CommandSpec spec() {
    CommandSpec spec = CommandSpec.create().name("redis-proxy");
    spec.version("redis-proxy " + version());
    spec.usageMessage()
        .description("Sends reads to Redis replicas and everything else to the master.")
        .footer(
            "Without CONFIG the file named by -Dredis-proxy.config or REDIS_PROXY_CONFIG is read.");
    spec.addOption(
        OptionSpec.builder("-h", "--help").usageHelp(true).description("Print this help.").build());
    spec.addOption(
        OptionSpec.builder("-V", "--version")
            .versionHelp(true)
            .description("Print the version.")
            .build());
    spec.addPositional(
        PositionalParamSpec.builder()
            .paramLabel("CONFIG")
            .arity("0..1")
            .index("0")
            .type(String.class)
            .description("The JSON file that lists the listeners.")
            .build());
    return spec;
  }

  /** The version that the build wrote into the manifest of the jar. */
  private static String version() {
    String version = Arguments.class.getPackage().getImplementationVersion();
    return version == null ? "(not packaged)" : version;
  }
}
