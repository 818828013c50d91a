package io.redisproxy.operator;

import static io.redisproxy.operator.Cluster.LISTENER;
import static io.redisproxy.operator.Cluster.NAME;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.redisproxy.dev.FreePorts;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged program in operator mode. */
class OperatorIT {
  private static final String JAR =
      Path.of("target/quarkus-app/quarkus-run.jar").toAbsolutePath().toString();

  @TempDir Path folder;
  private final int port = FreePorts.next();

  @Test
  void itIsReadyWorksAndEndsWithStatus0() throws Exception {
    try (Cluster cluster = new Cluster()) {
      Process operator = start("-Dkubernetes.master=" + cluster.server().url());
      try {
        await()
            .atMost(Duration.ofSeconds(30))
            .ignoreExceptionsInstanceOf(IOException.class)
            .until(() -> readiness() == 200);
        cluster.apply(LISTENER + "settings: { slow-log.threshold: 5ms }\n");
        Deployment made = cluster.awaited(Deployment.class, NAME);
        assertThat(made.getSpec().getReplicas()).isEqualTo(2);
        cluster.awaited("Accepted", "Valid");

        operator.destroy();
        assertThat(operator.waitFor(10, TimeUnit.SECONDS)).isTrue();
        assertThat(operator.exitValue()).isZero();
      } finally {
        operator.destroyForcibly();
      }
    }
  }

  @Test
  void listenersAreNotForIt() throws Exception {
    Process operator = start("-Dredis-proxy.config=config/example_config.json");
    assertThat(operator.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(operator.exitValue()).isEqualTo(1);
    assertThat(folder.resolve("err")).content().contains("it opens no listeners itself");
  }

  @Test
  void itSaysThatTheApiServerIsNotThereAndEnds() throws Exception {
    Process operator = start("-Dkubernetes.master=https://127.0.0.1:" + FreePorts.next());
    assertThat(operator.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(operator.exitValue()).isEqualTo(1);
    assertThat(folder.resolve("err"))
        .content()
        .contains("the API server https://127.0.0.1", "can't be reached", "Connection refused")
        .doesNotContain("\tat ");
    assertThat(folder.resolve("out")).content().doesNotContain("\tat ");
  }

  private int readiness() throws IOException, InterruptedException {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/q/health/ready"))
                .build(),
            HttpResponse.BodyHandlers.discarding())
        .statusCode();
  }

  private Process start(String... options) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(options));
    command.addAll(
        List.of(
            "-Dquarkus.http.port=" + port,
            "-Dredis-proxy.mode=operator",
            "-Dkubernetes.auth.tryKubeConfig=false",
            "-Dkubernetes.auth.token=operator",
            "-Dkubernetes.namespace=test",
            "-jar",
            JAR));
    return new ProcessBuilder(command)
        .redirectOutput(folder.resolve("out").toFile())
        .redirectError(folder.resolve("err").toFile())
        .start();
  }
}
