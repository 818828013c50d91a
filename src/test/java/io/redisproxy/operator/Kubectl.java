package io.redisproxy.operator;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A real kubectl, without a configuration or a cache of who runs the test.
 *
 * @param program its name or path
 * @param folder where it may write
 * @param server the options that tell the API server
 */
record Kubectl(String program, Path folder, List<String> server) {

  static boolean isOnPath() {
    return List.of(System.getenv("PATH").split(":")).stream()
        .anyMatch(each -> Files.isExecutable(Path.of(each, "kubectl")));
  }

  /** What it has to say, if it has worked. */
  String run(String... arguments) throws Exception {
    Path output = folder.resolve("output");
    int status = status(output, arguments);
    assertThat(status).as(Files.readString(output)).isZero();
    return Files.readString(output);
  }

  /** What it has to say, if it hasn't worked. */
  String fail(String... arguments) throws Exception {
    Path output = folder.resolve("output");
    int status = status(output, arguments);
    assertThat(status).as(Files.readString(output)).isNotZero();
    return Files.readString(output);
  }

  private int status(Path output, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of(program, "--cache-dir=" + folder));
    command.addAll(server);
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
    builder.environment().put("KUBECONFIG", folder.resolve("none").toString());
    Process kubectl = builder.start();
    if (!kubectl.waitFor(60, TimeUnit.SECONDS)) {
      kubectl.destroyForcibly();
    }
    return kubectl.waitFor();
  }
}
