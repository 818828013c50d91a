package io.redisproxy.admin;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.redisproxy.metrics.CommandMeters;
import io.redisproxy.session.Insight;
import io.redisproxy.session.SlowLog;
import io.redisproxy.topology.NodeGroup;
import io.redisproxy.topology.NodeGroups;
import io.redisproxy.topology.Topology;
import io.redisproxy.topology.TopologyEvent;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * What the live page shows, as JSON: numbers that only grow, from which the page makes rates, and
 * what is at the moment. Names of keys are not in it, nor are clients' addresses: who sees the page
 * may not be one who may see those.
 */
final class LiveData {
  private static final int SLOW_ENTRIES = 10;

  private final NodeGroups groups;
  private final BooleanSupplier draining;
  private final MeterRegistry registry;
  private final Insight insight;

  LiveData(NodeGroups groups, BooleanSupplier draining, MeterRegistry registry, Insight insight) {
    this.groups = groups;
    this.draining = draining;
    this.registry = registry;
    this.insight = insight;
  }

  JsonObject at(Instant now) {
    JsonArray listeners = new JsonArray();
    groups.groups().forEach(group -> listeners.add(listener(group)));
    double late =
        registry.find("redis_proxy.event.loop.delay").timers().stream()
            .mapToDouble(timer -> timer.max(TimeUnit.MILLISECONDS))
            .max()
            .orElse(0);
    return new JsonObject()
        .put("at", now.toEpochMilli())
        .put("draining", draining.getAsBoolean())
        .put("loopDelayMillis", late)
        .put("listeners", listeners);
  }

  private JsonObject listener(NodeGroup group) {
    Tags tags = Tags.of("listener", group.name());
    JsonArray nodes = new JsonArray();
    group.topology().memberIndices().forEach(node -> nodes.add(node(group, node)));
    JsonArray commands = new JsonArray();
    for (CommandMeters.Sum sum : insight.commands().sums()) {
      if (sum.listener().equals(group.name()) && sum.runs() > 0) {
        commands.add(
            JsonObject.of(
                "command", sum.command(),
                "role", sum.role(),
                "requests", sum.requests(),
                "runs", sum.runs(),
                "seconds", sum.seconds()));
      }
    }
    JsonArray changes = new JsonArray();
    for (TopologyEvent event : group.topology().changes()) {
      changes.add(
          JsonObject.of(
              "at", event.at().toEpochMilli(),
              "change", event.change().name().toLowerCase(Locale.ROOT),
              "text", event.text()));
    }
    JsonArray slow = new JsonArray();
    for (SlowLog.Entry entry : insight.slow(group.name(), SLOW_ENTRIES)) {
      slow.add(
          JsonObject.of(
              "at", TimeUnit.SECONDS.toMillis(entry.time()),
              "command", entry.command(),
              "node", entry.node(),
              "requests", entry.requests(),
              "millis", entry.micros().total() / 1000.0,
              "clientMillis", entry.micros().client() / 1000.0,
              "queueMillis", entry.micros().queue() / 1000.0,
              "nodeMillis", entry.micros().node() / 1000.0,
              "behindMillis", entry.micros().behind() / 1000.0));
    }
    return new JsonObject()
        .put("name", group.name())
        .put("nodes", nodes)
        .put("master", group.topology().reason())
        .put("changes", changes)
        .put("reads", sumBy("redis_proxy.reads", tags, "reason"))
        .put("requests", sumBy("redis_proxy.requests", tags, "class"))
        .put("errors", sumBy("redis_proxy.errors", tags, "kind"))
        .put("retries", sumBy("redis_proxy.retries", tags, "reason"))
        .put("fallbacks", sumBy("redis_proxy.fallbacks", tags, "result"))
        .put("holds", sumBy("redis_proxy.holds", tags, "result"))
        .put("closed", sumBy("redis_proxy.clients.closed", tags, "cause"))
        .put("bytes", sumBy("redis_proxy.client.bytes", tags, "direction"))
        .put("accepted", sum("redis_proxy.clients.accepted", tags))
        .put("clients", gauge("redis_proxy.clients", tags))
        .put("blocked", gauge("redis_proxy.clients.blocked", tags))
        .put("pinned", gauge("redis_proxy.clients.pinned", tags))
        .put("outputBytes", gauge("redis_proxy.clients.output.bytes", tags))
        .put("commands", commands)
        .put("slow", slow);
  }

  private JsonObject node(NodeGroup group, int node) {
    Topology topology = group.topology();
    String name = topology.address(node).toString();
    Tags own = Tags.of("node", name);
    Tags ofListener = own.and("listener", group.name());
    List<Timer> timers =
        List.copyOf(registry.find("redis_proxy.request").tags(ofListener).timers());
    return new JsonObject()
        .put("name", name)
        .put("role", topology.role(node))
        .put("up", topology.nodes().get(node).isHealthy())
        .put("detail", topology.nodes().get(node).health().detail())
        .put("since", topology.nodes().get(node).since().toEpochMilli())
        .put("lagBytes", number(group.lag().bytes(node)))
        .put("lagSeconds", number(group.lag().seconds(node)))
        .put("requests", sum("redis_proxy.requests", ofListener))
        .put("runs", timers.stream().mapToLong(Timer::count).sum())
        .put(
            "seconds",
            timers.stream().mapToDouble(timer -> timer.totalTime(TimeUnit.SECONDS)).sum())
        .put("inFlight", gauge("redis_proxy.node.in.flight", own))
        .put("connections", gauge("redis_proxy.node.connections", own));
  }

  /** JSON has no word for what is not a number. */
  static Double number(double value) {
    return Double.isNaN(value) ? null : value;
  }

  private JsonObject sumBy(String name, Tags tags, String tag) {
    JsonObject sums = new JsonObject();
    for (FunctionCounter counter : registry.find(name).tags(tags).functionCounters()) {
      String key = counter.getId().getTag(tag);
      sums.put(key, sums.getDouble(key, 0.0) + counter.count());
    }
    return sums;
  }

  private double sum(String name, Tags tags) {
    return registry.find(name).tags(tags).functionCounters().stream()
        .mapToDouble(FunctionCounter::count)
        .sum();
  }

  private double gauge(String name, Tags tags) {
    return registry.find(name).tags(tags).gauges().stream()
        .mapToDouble(gauge -> gauge.value())
        .sum();
  }
}
