package io.redisproxy.trace;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import io.redisproxy.config.NodeAddress;
import io.redisproxy.metrics.SpanMeters;
import io.redisproxy.metrics.TimeSpent;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SpansTest {
  private static final NodeAddress NODE = new NodeAddress("::1", 6379);

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final SpanQueue queue = new SpanQueue(new SpanMeters(registry));
  private InMemorySpanExporter exporter = InMemorySpanExporter.create();

  private Traces traces(double rate, Sampler sampler) {
    SdkTracerProvider provider =
        SdkTracerProvider.builder()
            .setSampler(sampler)
            .addSpanProcessor(SimpleSpanProcessor.create(queue.before(exporter)))
            .build();
    return new Traces(provider.get("test"), queue, rate, provider::close);
  }

  private static RequestTrace trace(String operation, int requests, String error) {
    return new RequestTrace(
        operation,
        requests,
        "6380",
        NODE,
        0,
        "replica",
        "replica",
        "[::1]:50000",
        new TimeSpent(2_000_000, 0, 0, 500),
        error,
        List.of());
  }

  private SpanData made(RequestTrace trace) {
    exporter = InMemorySpanExporter.create();
    try (Traces traces = traces(1, Sampler.alwaysOn())) {
      traces.add(trace);
      return exporter.getFinishedSpanItems().get(0);
    }
  }

  @Test
  void severalRequestsAreNamedAsAPipeline() {
    assertThat(made(trace("GET", 1, null)).getName()).isEqualTo("GET");
    assertThat(made(trace("GET", 3, null)).getName()).isEqualTo("PIPELINE GET");
    SpanData mixed = made(trace(null, 2, null));
    assertThat(mixed.getName()).isEqualTo("PIPELINE");
    assertThat(mixed.getAttributes().get(AttributeKey.longKey("db.operation.batch.size")))
        .isEqualTo(2);
  }

  @Test
  void itLastsAsLongAsTheRequests() {
    SpanData span = made(trace("GET", 1, null));
    assertThat(span.getEndEpochNanos() - span.getStartEpochNanos()).isEqualTo(2_000_000);
    assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
    assertThat(
            span.getAttributes().get(AttributeKey.doubleKey("redis_proxy.behind_earlier_seconds")))
        .isEqualTo(5e-7);
  }

  @Test
  void addressesOfIpv6AreWithoutBrackets() {
    SpanData span = made(trace("GET", 1, null));
    assertThat(span.getAttributes().get(AttributeKey.stringKey("client.address"))).isEqualTo("::1");
    assertThat(span.getAttributes().get(AttributeKey.longKey("client.port"))).isEqualTo(50000);
    assertThat(span.getAttributes().get(AttributeKey.stringKey("server.address"))).isEqualTo("::1");
  }

  @Test
  void anErrorIsTold() {
    SpanData span = made(trace("GET", 1, "node_lost"));
    assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
    assertThat(span.getAttributes().get(AttributeKey.stringKey("error.type")))
        .isEqualTo("node_lost");
  }

  @Test
  void theRateIsTheShareThatIsSampled() {
    assertThat(sampled(0)).isZero();
    assertThat(sampled(1)).isEqualTo(100_000);
    assertThat(sampled(0.1)).isBetween(9_000L, 11_000L);
  }

  private long sampled(double rate) {
    try (Traces traces = traces(rate, Sampler.alwaysOn())) {
      return IntStream.range(0, 100_000).filter(i -> traces.isSampled()).count();
    }
  }

  @Test
  void whatIsNotRecordedTakesNoRoom() {
    try (Traces none = traces(1, Sampler.alwaysOff())) {
      for (int i = 0; i < 2 * SpanQueue.CAPACITY; i++) {
        none.add(trace("GET", 1, null));
      }
    }
    made(trace("GET", 1, null));
    assertThat(
            registry.find("redis_proxy.spans").tag("result", "dropped").functionCounter().count())
        .isZero();
    assertThat(registry.find("redis_proxy.spans").tag("result", "sent").functionCounter().count())
        .isEqualTo(1);
  }
}
