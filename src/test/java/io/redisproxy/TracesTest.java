package io.redisproxy;

import static io.redisproxy.fixture.FakeCollector.attributes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import io.redisproxy.config.ListenerConfig;
import io.redisproxy.config.MasterFallback;
import io.redisproxy.config.Resilience;
import io.redisproxy.fixture.FakeCollector;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.Relay;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a collector gets to see of requests. */
class TracesTest {
  @AutoClose private RedisGroup group;
  @AutoClose private FakeCollector collector;
  @AutoClose private Relay relay;

  @BeforeEach
  void start() {
    group = RedisGroup.start(1);
    collector = new FakeCollector();
    relay = Relay.to(group.replica(0).port());
  }

  private TestProxy proxy(double rate, UnaryOperator<ListenerConfig> refined) {
    Map<String, String> settings = new HashMap<>();
    settings.put("traces.endpoint", collector.endpoint());
    settings.put("traces.interval", "10ms");
    settings.put("traces.sample-rate", Double.toString(rate));
    settings.put("slow-log.threshold", "10m");
    settings.put("probe.timeout", "1m");
    return TestProxy.start(settings, refined, group.master().port(), relay.port());
  }

  private TestProxy proxy(double rate) {
    return proxy(rate, TestProxy::eventual);
  }

  private static UnaryOperator<ListenerConfig> retrying(String readTimeout) {
    return TestProxy.resilient(
        new Resilience(
            Duration.parse("PT" + readTimeout), 2, MasterFallback.ALWAYS, Duration.ZERO));
  }

  @Test
  void aRequestIsASpanByTheConventionsForRedis() throws IOException {
    long before = System.currentTimeMillis();
    try (TestProxy proxy = proxy(1);
        RawClient client = proxy.connect()) {
      client.call("SET", "the-key", "the-value");
      client.call("SELECT", "3");
      client.call("GET", "the-key");
      await().until(() -> collector.spans("GET").size() == 1);

      Span set = collector.spans("SET").get(0);
      assertThat(attributes(set.getAttributesList()))
          .containsEntry("db.system.name", "redis")
          .containsEntry("db.operation.name", "SET")
          .containsEntry("db.namespace", "0")
          .containsEntry("server.address", "127.0.0.1")
          .containsEntry("server.port", "" + group.master().port())
          .containsEntry("client.address", "127.0.0.1")
          .containsKey("client.port")
          .containsEntry("redis_proxy.listener", "" + proxy.port())
          .containsEntry("redis_proxy.role", "master")
          .containsEntry("redis_proxy.reason", "write")
          .containsEntry("redis_proxy.retries", "0")
          .hasSize(11);
      assertThat(set.getKind()).isEqualTo(Span.SpanKind.SPAN_KIND_CLIENT);
      assertThat(set.getParentSpanId().isEmpty()).isTrue();
      assertThat(set.getStatus().getCode()).isEqualTo(Status.StatusCode.STATUS_CODE_UNSET);
      assertThat(TimeUnit.NANOSECONDS.toMillis(set.getStartTimeUnixNano()))
          .isBetween(before - 1000, System.currentTimeMillis() + 1000);
      assertThat(set.getEndTimeUnixNano()).isGreaterThan(set.getStartTimeUnixNano());

      Span get = collector.spans("GET").get(0);
      Map<String, String> ofGet = attributes(get.getAttributesList());
      assertThat(ofGet).containsEntry("db.namespace", "3");
      assertThat(ofGet.get("redis_proxy.reason")).isIn("replica", "health");
      assertThat(collector.text()).contains("redis-proxy").doesNotContain("the-key", "the-value");
      assertThat(proxy.counted("redis_proxy.spans", "result", "sent"))
          .isEqualTo(collector.spans().size());
    }
  }

  @Test
  void readsTellTheReplicaThatTheyWentTo() throws IOException {
    try (TestProxy proxy = proxy(1);
        RawClient client = proxy.connect()) {
      client.call("GET", "a");
      await().until(() -> collector.spans("GET").size() == 1);
      assertThat(attributes(collector.spans("GET").get(0).getAttributesList()))
          .containsEntry("server.port", "" + relay.port())
          .containsEntry("redis_proxy.role", "replica")
          .containsEntry("redis_proxy.reason", "replica");
    }
  }

  @Test
  void severalRequestsAtOnceAreOneSpan() throws IOException {
    try (TestProxy proxy = proxy(1);
        RawClient client = proxy.connect()) {
      client.send("GET a\r\nGET b\r\nGET c\r\n");
      client.send("MGET a b\r\nTYPE c\r\n");
      for (int i = 0; i < 5; i++) {
        client.readReply();
      }
      await().until(() -> requests(collector) == 5);
    }
    for (Span span : collector.spans()) {
      Map<String, String> attributes = attributes(span.getAttributesList());
      assertThat(attributes.get("db.operation.name")).isEqualTo(span.getName());
      assertThat(attributes.containsKey("db.operation.batch.size"))
          .isEqualTo(span.getName().startsWith("PIPELINE"));
    }
  }

  /** How the bytes came to be cut is the kernel's choice. */
  private static long requests(FakeCollector collector) {
    return collector.spans().stream()
        .mapToLong(
            span ->
                Long.parseLong(
                    attributes(span.getAttributesList())
                        .getOrDefault("db.operation.batch.size", "1")))
        .sum();
  }

  @Test
  void whatIsNotRemarkableIsNotTracedWithoutASample() throws IOException {
    try (TestProxy proxy = proxy(0, retrying("60S"));
        RawClient client = proxy.connect()) {
      for (int i = 0; i < 100; i++) {
        client.call("GET", "a");
      }
      relay.stall();
      client.sendCommand("STRLEN", "a");
      await().until(() -> new Scrape(proxy.scrape()).sum("redis_proxy_node_in_flight") == 1);
      relay.cut();
      relay.resume();
      client.readReply();
      await().until(() -> collector.spans().size() == 1);
      assertThat(collector.spans().get(0).getName()).isEqualTo("STRLEN");
    }
  }

  @Test
  void aReadThatIsSentAgainTellsOfEachNode() throws IOException {
    try (TestProxy proxy = proxy(0, retrying("0.1S"));
        RawClient client = proxy.connect()) {
      relay.stall();
      client.call("GET", "a");
      await().until(() -> collector.spans("GET").size() == 1);

      Span span = collector.spans("GET").get(0);
      assertThat(attributes(span.getAttributesList()))
          .containsEntry("server.port", "" + group.master().port())
          .containsEntry("redis_proxy.role", "replica")
          .containsEntry("redis_proxy.retries", "1");
      assertThat(span.getEventsList()).hasSize(1);
      Span.Event retry = span.getEvents(0);
      assertThat(retry.getName()).isEqualTo("retry");
      assertThat(attributes(retry.getAttributesList()))
          .containsEntry("redis_proxy.retry_reason", "timeout")
          .containsEntry("redis_proxy.previous_node", "127.0.0.1:" + relay.port());
      assertThat(retry.getTimeUnixNano() - span.getStartTimeUnixNano())
          .isGreaterThanOrEqualTo(TimeUnit.MILLISECONDS.toNanos(100))
          .isLessThan(span.getEndTimeUnixNano() - span.getStartTimeUnixNano());
    }
  }

  @Test
  void aRequestThatFailsIsAnError() throws IOException {
    try (Relay toMaster = Relay.to(group.master().port());
        TestProxy proxy =
            TestProxy.start(
                Map.of(
                    "traces.endpoint", collector.endpoint() + "/v1/traces",
                    "traces.interval", "10ms",
                    "traces.sample-rate", "0",
                    "probe.timeout", "1m"),
                toMaster.port());
        RawClient client = proxy.connect()) {
      toMaster.stall();
      client.sendCommand("INCR", "a");
      await().until(() -> new Scrape(proxy.scrape()).sum("redis_proxy_node_in_flight") == 1);
      toMaster.cut();
      client.readReply();
      await().until(() -> collector.spans("INCR").size() == 1);
      Span span = collector.spans("INCR").get(0);
      assertThat(span.getStatus().getCode()).isEqualTo(Status.StatusCode.STATUS_CODE_ERROR);
      assertThat(attributes(span.getAttributesList()))
          .containsEntry("error.type", "node_lost")
          .containsEntry("server.port", "" + toMaster.port());
    }
  }

  @Test
  void aCollectorThatHangsHoldsNobodyUp() throws IOException {
    collector.hang();
    try (TestProxy proxy = proxy(1);
        RawClient client = proxy.connect()) {
      for (int i = 0; i < 3000; i++) {
        client.call("GET", "a");
      }
      await().until(() -> proxy.counted("redis_proxy.spans", "result", "dropped") == 3000 - 2048);
      collector.resume();
      await().until(() -> proxy.counted("redis_proxy.spans", "result", "sent") == 2048);
      client.call("STRLEN", "a");
      await().until(() -> collector.spans("STRLEN").size() == 1);
    }
  }

  @Test
  void whatACollectorDoesNotTakeIsCounted() throws IOException {
    collector.answer(400);
    try (TestProxy proxy = proxy(1);
        RawClient client = proxy.connect()) {
      client.call("GET", "a");
      await().until(() -> proxy.counted("redis_proxy.spans", "result", "failed") == 1);
    }
  }

  @Test
  void whatIsLeftIsSentAtTheEnd() throws IOException {
    Map<String, String> settings =
        Map.of(
            "traces.endpoint",
            collector.endpoint(),
            "traces.interval",
            "1h",
            "traces.sample-rate",
            "1");
    try (TestProxy proxy = TestProxy.start(group, settings);
        RawClient client = proxy.connect()) {
      client.call("SET", "a", "1");
      assertThat(collector.spans()).isEmpty();
    }
    await().until(() -> collector.spans("SET").size() == 1);
  }
}
