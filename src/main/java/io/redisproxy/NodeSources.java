package io.redisproxy;

import io.redisproxy.config.ListenerConfig;
import io.redisproxy.config.ProxySettings;
import io.redisproxy.config.SentinelConfig;
import io.redisproxy.discovery.DnsWatch;
import io.redisproxy.discovery.KubernetesWatch;
import io.redisproxy.discovery.NodeSource;
import io.redisproxy.discovery.SentinelWatch;
import java.util.Optional;
import java.util.Set;

/** Who tells the nodes of a listener, if they are not just those that its configuration lists. */
final class NodeSources {
  private NodeSources() {}

  static Optional<NodeSource> of(Served listener, Loop loop) {
    ListenerConfig config = listener.config();
    // A master that stands alone is one server, whatever its name stands for.
    if (config.mayHaveReplicas() && DnsWatch.isNeeded(config.nodes())) {
      return Optional.of(dns(listener, loop));
    }
    listener.names().keep(Set.of());
    if (config.sentinel().isPresent()) {
      return Optional.of(sentinels(listener, config.sentinel().get(), loop));
    }
    if (config.kubernetes().isPresent()) {
      return Optional.of(
          KubernetesWatch.of(
              listener.group().name(),
              config.kubernetes().get(),
              loop.process().surroundings().zone().isSought(),
              loop.process().surroundings().kubernetes(),
              loop.connector()::execute));
    }
    return Optional.empty();
  }

  private static NodeSource sentinels(Served listener, SentinelConfig sentinel, Loop loop) {
    ProxySettings settings = loop.process().settings();
    return new SentinelWatch(
        listener.group().name(),
        sentinel,
        listener::probeLoginAt,
        loop.connector().secured(listener::peerAt),
        new SentinelWatch.Options(settings.sentinel().interval(), settings.probe().timeout()));
  }

  private static NodeSource dns(Served listener, Loop loop) {
    return new DnsWatch(
        listener.group().name(),
        listener.config().nodes(),
        listener.names(),
        loop.connector(),
        loop.process().settings().dns().interval());
  }
}
