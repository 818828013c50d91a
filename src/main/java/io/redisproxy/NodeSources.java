package io.redisproxy;

import io.redisproxy.config.ProxySettings;
import io.redisproxy.config.SentinelConfig;
import io.redisproxy.discovery.NodeSource;
import io.redisproxy.discovery.SentinelWatch;
import java.util.Optional;

/** Who tells the nodes of a listener, if they are not just those that its configuration lists. */
final class NodeSources {
  private NodeSources() {}

  static Optional<NodeSource> of(Served listener, Loop loop) {
    return listener.config().sentinel().map(sentinel -> sentinels(listener, sentinel, loop));
  }

  private static NodeSource sentinels(Served listener, SentinelConfig sentinel, Loop loop) {
    ProxySettings settings = loop.settings();
    return new SentinelWatch(
        listener.group().name(),
        sentinel,
        listener::probeLoginAt,
        loop.connector(),
        new SentinelWatch.Options(settings.sentinel().interval(), settings.probe().timeout()));
  }
}
