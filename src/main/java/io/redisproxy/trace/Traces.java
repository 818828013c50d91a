package io.redisproxy.trace;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.semconv.ClientAttributes;
import io.opentelemetry.semconv.DbAttributes;
import io.opentelemetry.semconv.ErrorAttributes;
import io.opentelemetry.semconv.ServerAttributes;
import io.redisproxy.config.NodeAddress;
import io.redisproxy.metrics.TimeSpent;
import java.time.Instant;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Makes spans of requests, by OpenTelemetry's conventions for Redis. They are made when all is
 * over, so that it is known by then which are worth it. Keys and values are never in them.
 */
public final class Traces implements AutoCloseable {
  private static final AttributeKey<String> LISTENER =
      AttributeKey.stringKey("redis_proxy.listener");
  private static final AttributeKey<String> ROLE = AttributeKey.stringKey("redis_proxy.role");
  private static final AttributeKey<String> REASON = AttributeKey.stringKey("redis_proxy.reason");
  private static final AttributeKey<Long> RETRIES = AttributeKey.longKey("redis_proxy.retries");
  private static final AttributeKey<Double> FOR_CLIENT =
      AttributeKey.doubleKey("redis_proxy.for_client_seconds");
  private static final AttributeKey<Double> IN_QUEUE =
      AttributeKey.doubleKey("redis_proxy.in_queue_seconds");
  private static final AttributeKey<Double> BEHIND =
      AttributeKey.doubleKey("redis_proxy.behind_earlier_seconds");
  private static final AttributeKey<String> PREVIOUS_NODE =
      AttributeKey.stringKey("redis_proxy.previous_node");
  private static final AttributeKey<String> RETRY_REASON =
      AttributeKey.stringKey("redis_proxy.retry_reason");

  /** {@code 127.0.0.1:50000} or {@code [::1]:50000}. */
  private static final Pattern ADDRESS = Pattern.compile("\\[?(.+?)]?:(\\d+)");

  private final Tracer tracer;
  private final SpanQueue queue;
  private final double rate;
  private final Runnable onClose;

  /**
   * {@code rate}: the share of requests that are traced with nothing remarkable about them.
   *
   * @param queue where the tracer's spans wait until they are sent
   * @param onClose sends what is left
   */
  Traces(Tracer tracer, SpanQueue queue, double rate, Runnable onClose) {
    this.tracer = tracer;
    this.queue = queue;
    this.rate = rate;
    this.onClose = onClose;
  }

  /** Whether the next requests are to be traced, though nothing is remarkable about them. */
  public boolean isSampled() {
    return ThreadLocalRandom.current().nextDouble() < rate;
  }

  /** The requests are over now. Never waits: what finds no room is dropped, and counted. */
  public void add(RequestTrace trace) {
    if (!queue.enter()) {
      return;
    }
    long now = System.nanoTime();
    Instant end = Instant.now();
    Span span = span(trace).setStartTimestamp(end.minusNanos(trace.spent().total())).startSpan();
    if (!span.isRecording()) {
      queue.leave();
      return;
    }
    for (RequestTrace.Resent resent : trace.resent()) {
      span.addEvent("retry", attributes(resent), end.minusNanos(now - resent.at()));
    }
    if (trace.error() != null) {
      span.setAttribute(ErrorAttributes.ERROR_TYPE, trace.error()).setStatus(StatusCode.ERROR);
    }
    span.end(end);
  }

  private SpanBuilder span(RequestTrace trace) {
    String name = name(trace);
    SpanBuilder span =
        tracer
            .spanBuilder(name)
            .setParent(Context.root())
            .setSpanKind(SpanKind.CLIENT)
            .setAttribute(DbAttributes.DB_SYSTEM_NAME, "redis")
            .setAttribute(DbAttributes.DB_OPERATION_NAME, name)
            .setAttribute(DbAttributes.DB_NAMESPACE, Integer.toString(trace.database()))
            .setAttribute(LISTENER, trace.listener())
            .setAttribute(ROLE, trace.role())
            .setAttribute(REASON, trace.reason())
            .setAttribute(RETRIES, (long) trace.resent().size());
    Matcher client = ADDRESS.matcher(trace.client());
    if (client.matches()) {
      span.setAttribute(ClientAttributes.CLIENT_ADDRESS, client.group(1));
      span.setAttribute(ClientAttributes.CLIENT_PORT, Long.parseLong(client.group(2)));
    }
    NodeAddress node = trace.node();
    if (node != null) {
      span.setAttribute(ServerAttributes.SERVER_ADDRESS, node.host());
      span.setAttribute(ServerAttributes.SERVER_PORT, (long) node.port());
    }
    if (trace.requests() > 1) {
      span.setAttribute(DbAttributes.DB_OPERATION_BATCH_SIZE, (long) trace.requests());
    }
    TimeSpent spent = trace.spent();
    setSeconds(span, FOR_CLIENT, spent.client());
    setSeconds(span, IN_QUEUE, spent.queue());
    setSeconds(span, BEHIND, spent.behind());
    return span;
  }

  /** Unless it is nothing. */
  private static void setSeconds(SpanBuilder span, AttributeKey<Double> key, long nanos) {
    if (nanos > 0) {
      span.setAttribute(key, nanos / (double) TimeUnit.SECONDS.toNanos(1));
    }
  }

  /** The conventions' way to name several requests at once. */
  private static String name(RequestTrace trace) {
    if (trace.requests() == 1) {
      return trace.operation();
    }
    return trace.operation() == null ? "PIPELINE" : "PIPELINE " + trace.operation();
  }

  private static Attributes attributes(RequestTrace.Resent resent) {
    String reason = resent.reason().label();
    return resent.from() == null
        ? Attributes.of(RETRY_REASON, reason)
        : Attributes.of(RETRY_REASON, reason, PREVIOUS_NODE, resent.from().toString());
  }

  /** Sends what has not been sent, as far as that can be done soon. */
  @Override
  public void close() {
    onClose.run();
  }
}
