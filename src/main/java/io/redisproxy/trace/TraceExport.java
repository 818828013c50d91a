package io.redisproxy.trace;

import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import io.redisproxy.config.ProxySettings;
import io.redisproxy.metrics.SpanMeters;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Where spans go: by OTLP over HTTP to a collector, on a thread of the SDK's. What else can be said
 * of that, such as headers, certificates and the names of the service, is said by OpenTelemetry's
 * own environment variables. No class of the SDK is loaded while nothing is traced.
 */
public final class TraceExport {
  /** Where a collector takes spans, if only its address is said. */
  private static final String PATH = "/v1/traces";

  private static final long SECONDS_TO_CLOSE = 2;

  private TraceExport() {}

  /** Null if the user names no collector. */
  public static Traces of(ProxySettings.Traces settings, MeterRegistry registry) {
    return settings
        .endpoint()
        .map(endpoint -> to(endpoint, settings, new SpanQueue(new SpanMeters(registry))))
        .orElse(null);
  }

  private static Traces to(String endpoint, ProxySettings.Traces settings, SpanQueue queue) {
    AutoConfiguredOpenTelemetrySdk configured =
        AutoConfiguredOpenTelemetrySdk.builder()
            .addPropertiesSupplier(() -> Map.of("otel.service.name", "redis-proxy"))
            .addPropertiesCustomizer(properties -> fixed(endpoint, settings.interval()))
            .addSpanExporterCustomizer((exporter, properties) -> queue.before(exporter))
            .disableShutdownHook()
            .build();
    OpenTelemetry sdk = configured.getOpenTelemetrySdk();
    return new Traces(
        sdk.getTracer("redis-proxy"),
        queue,
        settings.sampleRate(),
        () -> configured.getOpenTelemetrySdk().shutdown().join(SECONDS_TO_CLOSE, TimeUnit.SECONDS));
  }

  /** What environment variables can't change. */
  private static Map<String, String> fixed(String endpoint, Duration interval) {
    Map<String, String> fixed = new HashMap<>();
    fixed.put("otel.traces.exporter", "otlp");
    fixed.put("otel.metrics.exporter", "none");
    fixed.put("otel.logs.exporter", "none");
    fixed.put("otel.propagators", "none");
    fixed.put("otel.traces.sampler", "always_on");
    fixed.put("otel.exporter.otlp.traces.protocol", "http/protobuf");
    fixed.put("otel.exporter.otlp.traces.endpoint", withPath(endpoint));
    fixed.put("otel.bsp.schedule.delay", Long.toString(interval.toMillis()));
    fixed.put("otel.bsp.max.queue.size", Integer.toString(SpanQueue.CAPACITY));
    return fixed;
  }

  private static String withPath(String endpoint) {
    String path = URI.create(endpoint).getPath();
    return path.isEmpty() || path.equals("/")
        ? URI.create(endpoint).resolve(PATH).toString()
        : endpoint;
  }
}
