package io.redisproxy.config;

import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.MemorySize;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import jakarta.interceptor.Interceptor;
import java.math.BigInteger;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Checks of the settings that their types can't express, made before anything uses them. */
@Singleton
final class SettingsCheck {
  /** What Vert.x takes: milliseconds, and as an int. */
  private static final Duration SHORTEST = Duration.ofMillis(1);

  private static final Duration LONGEST = Duration.ofDays(1);

  /** What Netty takes for a mark in a buffer. */
  private static final BigInteger LARGEST = BigInteger.valueOf(Integer.MAX_VALUE);

  private static final int MAX_EVENT_LOOPS = 1024;

  /** More than that to one address and port a process can't open: there are no more local ports. */
  private static final int MAX_PINNED = 65_535;

  private static final int MAX_SLOW_LOG = 100_000;

  private static final Set<String> HTTP = Set.of("http", "https");

  private final Mistakes mistakes = new Mistakes();

  void onStart(
      @Observes @Priority(Interceptor.Priority.PLATFORM_BEFORE) StartupEvent event,
      ProxySettings settings) {
    check(settings);
  }

  void check(ProxySettings settings) {
    settings.eventLoops().ifPresent(this::eventLoops);
    size("client.output-limit", settings.client().outputLimit());
    size("client.input-limit", settings.client().inputLimit());
    time("client.slow-timeout", settings.client().slowTimeout());
    time("client.subscriber-timeout", settings.client().subscriberTimeout());
    time("client.half-closed-timeout", settings.client().halfClosedTimeout());
    time("client.handshake-timeout", settings.client().handshakeTimeout());
    size("client.max-shared-request", settings.client().maxSharedRequest());
    time("node.connect-timeout", settings.node().connectTimeout());
    time("node.tcp-user-timeout", settings.node().tcpUserTimeout());
    time("node.reconnect-min", settings.node().reconnectMin());
    time("node.reconnect-max", settings.node().reconnectMax());
    reconnect(settings.node());
    maxPinned(settings.node().maxPinned());
    time("node.pinned-idle", settings.node().pinnedIdle());
    time("node.identity-idle", settings.node().identityIdle());
    size("hold.max-bytes", settings.hold().maxBytes());
    time("sampling.interval", settings.sampling().interval());
    time("sentinel.interval", settings.sentinel().interval());
    time("dns.interval", settings.dns().interval());
    settings.dns().servers().orElse(List.of()).forEach(this::dnsServer);
    time("probe.interval", settings.probe().interval());
    time("probe.timeout", settings.probe().timeout());
    timeOrZero("reload.interval", settings.reload().interval());
    timeOrZero("drain.delay", settings.drain().delay());
    time("drain.timeout", settings.drain().timeout());
    settings
        .admin()
        .tokenFile()
        .ifPresent(file -> TokenFile.read(file, problem -> mistake("admin.token-file", problem)));
    time("operator.interval", settings.operator().interval());
    time("slow-log.threshold", settings.slowLog().threshold());
    slowLogLength(settings.slowLog().length());
    settings.traces().endpoint().ifPresent(this::endpoint);
    sampleRate(settings.traces().sampleRate());
    time("traces.interval", settings.traces().interval());
    mistakes.throwIfAny("The settings");
  }

  private void eventLoops(int number) {
    if (number < 1 || number > MAX_EVENT_LOOPS) {
      mistake("event-loops", number + " is out of range; use 1 to " + MAX_EVENT_LOOPS);
    }
  }

  private void maxPinned(int number) {
    if (number < 1 || number > MAX_PINNED) {
      mistake("node.max-pinned", number + " is out of range; use 1 to " + MAX_PINNED);
    }
  }

  private void slowLogLength(int number) {
    if (number < 1 || number > MAX_SLOW_LOG) {
      mistake("slow-log.length", number + " is out of range; use 1 to " + MAX_SLOW_LOG);
    }
  }

  private void size(String property, MemorySize size) {
    BigInteger bytes = size.asBigInteger();
    if (bytes.signum() <= 0 || bytes.compareTo(LARGEST) > 0) {
      mistake(property, bytes + " bytes is out of range; use 1 to " + LARGEST);
    }
  }

  private void time(String property, Duration time) {
    if (time.compareTo(SHORTEST) < 0 || time.compareTo(LONGEST) > 0) {
      mistake(property, seconds(time) + " is out of range; use 1ms to 24h");
    }
  }

  private void timeOrZero(String property, Duration time) {
    if (!time.isZero()) {
      time(property, time);
    }
  }

  private void reconnect(ProxySettings.Node node) {
    if (node.reconnectMin().compareTo(node.reconnectMax()) > 0) {
      mistake(
          "node.reconnect-min",
          seconds(node.reconnectMin())
              + " is more than the "
              + seconds(node.reconnectMax())
              + " of "
              + ProxySettings.PREFIX
              + ".node.reconnect-max; lower the one or raise the other");
    }
  }

  private void dnsServer(String server) {
    if (DnsServers.parse(server).isEmpty()) {
      mistake(
          "dns.servers",
          "\"" + server + "\" is not an address; write one such as 10.0.0.2 or 127.0.0.1:8600");
    }
  }

  private void endpoint(String url) {
    if (url.contains("@")) {
      // It would be shown where settings are.
      mistake(
          "traces.endpoint",
          "a password has no place there; say it by OTEL_EXPORTER_OTLP_TRACES_HEADERS");
    } else if (!isOfHttp(url)) {
      mistake(
          "traces.endpoint",
          "\"" + url + "\" is not an address of HTTP; write one such as http://localhost:4318");
    }
  }

  private static boolean isOfHttp(String url) {
    try {
      URI uri = new URI(url);
      return uri.getHost() != null && HTTP.contains(uri.getScheme());
    } catch (URISyntaxException e) {
      return false;
    }
  }

  private void sampleRate(double rate) {
    if (!(rate >= 0 && rate <= 1)) {
      mistake("traces.sample-rate", rate + " is out of range; use 0 to 1");
    }
  }

  private void mistake(String property, String problem) {
    mistakes.add(ProxySettings.PREFIX + '.' + property, problem);
  }

  private static String seconds(Duration time) {
    return time.toString().substring(2).toLowerCase(Locale.ROOT);
  }
}
