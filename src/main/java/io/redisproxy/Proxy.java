package io.redisproxy;

import io.micrometer.core.instrument.MeterRegistry;
import io.redisproxy.command.CommandClass;
import io.redisproxy.command.CommandRules;
import io.redisproxy.config.Consistency;
import io.redisproxy.config.ListenerConfig;
import io.redisproxy.config.NodeAddress;
import io.redisproxy.config.ProxySettings;
import io.redisproxy.consistency.GroupConsistency;
import io.redisproxy.consistency.WriteTable;
import io.redisproxy.consistency.WriteTables;
import io.redisproxy.listener.Listener;
import io.redisproxy.metrics.ProxyMeters;
import io.redisproxy.session.ClientDrain;
import io.redisproxy.session.ClientRegistry;
import io.redisproxy.topology.NodeGroup;
import io.redisproxy.topology.NodeGroups;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Vertx;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jboss.logging.Logger;

/** Builds the proxy from its configuration, opens the ports, and closes them again. */
@ApplicationScoped
public class Proxy implements NodeGroups {
  private static final Logger LOG = Logger.getLogger(Proxy.class);

  private final Vertx vertx;
  private final ProxySettings settings;
  private final ProxyMeters meters;
  private final ClientRegistry clients = new ClientRegistry();

  private volatile List<NodeGroup> groups = List.of();
  private volatile List<ListenerConfig> configs = List.of();
  private String deployment;

  Proxy(Vertx vertx, ProxySettings settings, MeterRegistry registry) {
    this.vertx = vertx;
    this.settings = settings;
    meters = new ProxyMeters(registry);
  }

  @Override
  public List<NodeGroup> groups() {
    return groups;
  }

  /** Opens the listeners' ports; returns when clients can connect. */
  void start(List<ListenerConfig> opened) {
    configs = List.copyOf(opened);
    List<WriteTable> tables = WriteTables.of(configs.stream().map(Proxy::addresses).toList());
    Set<WriteTable> asked = new HashSet<>();
    for (int i = 0; i < configs.size(); i++) {
      if (holdsReads(configs.get(i))) {
        asked.add(tables.get(i));
      }
    }
    List<ProxyVerticle.Served> listeners = new ArrayList<>();
    for (int i = 0; i < configs.size(); i++) {
      WriteTable table = tables.get(i);
      listeners.add(
          serve(configs.get(i), asked.contains(table) ? new GroupConsistency(table) : null));
    }
    groups = listeners.stream().map(ProxyVerticle.Served::group).toList();
    int eventLoops =
        settings.eventLoops().orElse(Math.max(1, Runtime.getRuntime().availableProcessors() / 2));
    AtomicInteger index = new AtomicInteger();
    try {
      deployment =
          vertx
              .deployVerticle(
                  () ->
                      new ProxyVerticle(
                          index.getAndIncrement(), listeners, settings, meters, clients),
                  new DeploymentOptions().setInstances(eventLoops))
              .toCompletionStage()
              .toCompletableFuture()
              .join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof StartException start ? start : e;
    }
    for (ListenerConfig config : configs) {
      LOG.infof(
          "listening on %s:%d, master %s, replicas %s",
          settings.bindHost(), config.port(), config.master(), config.replicas());
    }
  }

  /** Those that are open. */
  List<ListenerConfig> listeners() {
    return configs;
  }

  /**
   * Lets all clients go, and takes no more after the delay for those who send them. Returns when
   * they are gone, or had to be cut off.
   */
  void drain() throws InterruptedException {
    Duration delay = settings.drain().delay();
    Duration timeout = settings.drain().timeout();
    LOG.infof(
        "draining: no more clients in %d ms; those who are here have %d ms then to come to an end",
        delay.toMillis(), timeout.toMillis());
    Thread.sleep(delay.toMillis());
    for (NodeGroup group : groups) {
      Listener.stopAccepting(vertx, Integer.parseInt(group.name()))
          .toCompletionStage()
          .toCompletableFuture()
          .join();
    }
    int cutOff = new ClientDrain(clients, port -> true).run(timeout);
    if (cutOff > 0) {
      LOG.warnf("drained; %d clients were cut off", cutOff);
    } else {
      LOG.info("drained; all clients have gone");
    }
  }

  /** Closes the ports and all connections. */
  void stop() {
    if (deployment != null) {
      vertx.undeploy(deployment).toCompletionStage().toCompletableFuture().join();
      deployment = null;
    }
  }

  private static CommandRules rules(ListenerConfig config) {
    Map<String, CommandClass> overrides = new HashMap<>();
    config
        .commands()
        .forEach(
            (name, override) ->
                overrides.put(
                    name,
                    switch (override) {
                      case READ -> CommandClass.READ;
                      case WRITE -> CommandClass.MASTER;
                      case MASTER -> CommandClass.READ_AT_MASTER;
                    }));
    CommandRules rules = new CommandRules(overrides, config.deny());
    if (!rules.immovable().isEmpty()) {
      throw new StartException(
          "listener "
              + config.port()
              + ": \"commands\" names "
              + String.join(", ", new TreeSet<>(rules.immovable()))
              + ", which the proxy can't run anywhere else; remove that");
    }
    return rules;
  }

  private static Set<NodeAddress> addresses(ListenerConfig config) {
    Set<NodeAddress> addresses = new HashSet<>(config.replicas());
    addresses.add(config.master());
    return addresses;
  }

  private static boolean holdsReads(ListenerConfig config) {
    return config.consistency() == Consistency.READ_YOUR_WRITES && !config.replicas().isEmpty();
  }

  private ProxyVerticle.Served serve(ListenerConfig config, GroupConsistency consistency) {
    NodeGroup group = new NodeGroup(config);
    new NodeGauges(group, meters).start();
    return new ProxyVerticle.Served(
        config,
        rules(config),
        group,
        consistency,
        holdsReads(config),
        meters.listener(group.name()));
  }
}
