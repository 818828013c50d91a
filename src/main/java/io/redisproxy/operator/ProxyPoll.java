package io.redisproxy.operator;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.readiness.Readiness;
import io.javaoperatorsdk.operator.processing.event.source.polling.PerResourcePollingEventSource.ResourceFetcher;
import io.redisproxy.operator.v1alpha1.RedisProxy;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Asks the pods of a RedisProxy, by their admin routes, what they see. */
final class ProxyPoll implements ResourceFetcher<PodReport, RedisProxy> {
  private static final Duration TIMEOUT = Duration.ofSeconds(2);
  private static final int HTTP_OK = 200;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Function<RedisProxy, Set<Pod>> pods;
  private final AdminToken token;
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(TIMEOUT)
          .followRedirects(HttpClient.Redirect.NEVER)
          .build();

  ProxyPoll(Function<RedisProxy, Set<Pod>> pods, AdminToken token) {
    this.pods = pods;
    this.token = token;
  }

  @Override
  public Set<PodReport> fetchResources(RedisProxy proxy) {
    List<Pod> ready =
        pods.apply(proxy).stream()
            .filter(pod -> Readiness.isPodReady(pod) && pod.getStatus().getPodIP() != null)
            .toList();
    if (ready.isEmpty()) {
      return Set.of();
    }
    try {
      String said = token.read(proxy).orElse("");
      List<CompletableFuture<PodReport>> answers =
          ready.stream().map(pod -> ask(pod, said)).toList();
      return answers.stream().map(CompletableFuture::join).collect(Collectors.toSet());
    } catch (KubernetesClientException e) {
      String problem = ApplyException.of("Secret " + Names.ADMIN_SECRET, e).getMessage();
      return ready.stream()
          .map(pod -> PodReport.failed(name(pod), problem))
          .collect(Collectors.toSet());
    }
  }

  private CompletableFuture<PodReport> ask(Pod pod, String said) {
    CompletableFuture<JsonNode> topology = get(pod, "/admin/topology", said);
    CompletableFuture<JsonNode> config = get(pod, "/admin/config", said);
    return topology
        .thenCombine(config, (nodes, rest) -> PodReport.of(name(pod), nodes, rest))
        .exceptionally(failure -> PodReport.failed(name(pod), describe(failure)));
  }

  private CompletableFuture<JsonNode> get(Pod pod, String path, String said) {
    String ip = pod.getStatus().getPodIP();
    String host = ip.contains(":") ? "[" + ip + "]" : ip;
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://" + host + ":" + port(pod) + path))
            .timeout(TIMEOUT)
            .header("Authorization", "Bearer " + said)
            .build();
    CompletableFuture<HttpResponse<String>> response =
        http.sendAsync(request, HttpResponse.BodyHandlers.ofString());
    CompletableFuture<JsonNode> answer =
        response
            .thenApply(whole -> parse(path, whole))
            // The request's own time is over with the head of the response.
            .orTimeout(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    answer.whenComplete((json, failure) -> response.cancel(true));
    return answer;
  }

  private static JsonNode parse(String path, HttpResponse<String> response) {
    if (response.statusCode() != HTTP_OK) {
      throw new IllegalStateException(path + " answers with status " + response.statusCode());
    }
    try {
      return JSON.readTree(response.body());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(path + " answers with something else than JSON", e);
    }
  }

  private static int port(Pod pod) {
    return pod.getSpec().getContainers().stream()
        .flatMap(container -> container.getPorts().stream())
        .filter(port -> PodTemplate.HTTP.equals(port.getName()))
        .map(ContainerPort::getContainerPort)
        .findFirst()
        .orElse(9000);
  }

  private static String name(Pod pod) {
    return pod.getMetadata().getName();
  }

  /** Without numbers that differ from time to time. */
  private static String describe(Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    if (cause instanceof TimeoutException) {
      return "no answer within " + TIMEOUT.toMillis() + " ms";
    }
    return Optional.ofNullable(cause.getMessage()).orElse(cause.getClass().getSimpleName());
  }
}
