package io.redisproxy.config;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SettingsCheckTest {

  @Test
  void theDefaultsAreRight() {
    ProxySettings settings = settings(Map.of());

    assertThatCode(() -> new SettingsCheck().check(settings)).doesNotThrowAnyException();
    assertThat(settings.config()).isEmpty();
    assertThat(settings.bindHost()).isEqualTo("0.0.0.0");
    assertThat(settings.eventLoops()).isEmpty();
    assertThat(settings.client().outputLimit().asLongValue()).isEqualTo(64 << 20);
    assertThat(settings.client().inputLimit().asLongValue()).isEqualTo(64 << 20);
    assertThat(settings.client().slowTimeout()).isEqualTo(Duration.ofSeconds(1));
    assertThat(settings.client().subscriberTimeout()).isEqualTo(Duration.ofSeconds(60));
    assertThat(settings.client().halfClosedTimeout()).isEqualTo(Duration.ofSeconds(30));
    assertThat(settings.client().maxSharedRequest().asLongValue()).isEqualTo(64 << 10);
    assertThat(settings.node().connectTimeout()).isEqualTo(Duration.ofSeconds(1));
    assertThat(settings.node().tcpUserTimeout()).isEqualTo(Duration.ofSeconds(10));
    assertThat(settings.node().reconnectMin()).isEqualTo(Duration.ofMillis(50));
    assertThat(settings.node().reconnectMax()).isEqualTo(Duration.ofSeconds(2));
    assertThat(settings.node().maxPinned()).isEqualTo(10000);
    assertThat(settings.node().pinnedIdle()).isEqualTo(Duration.ofMinutes(1));
    assertThat(settings.node().identityIdle()).isEqualTo(Duration.ofMinutes(1));
    assertThat(settings.sentinel().interval()).isEqualTo(Duration.ofSeconds(1));
    assertThat(settings.dns().interval()).isEqualTo(Duration.ofSeconds(30));
    assertThat(settings.dns().servers()).isEmpty();
    assertThat(settings.reload().interval()).isEqualTo(Duration.ofSeconds(2));
    assertThat(settings.drain().delay()).isZero();
    assertThat(settings.drain().timeout()).isEqualTo(Duration.ofSeconds(25));
    assertThat(settings.admin().tokenFile()).isEmpty();
    assertThat(settings.hold().maxBytes().asLongValue()).isEqualTo(16 << 20);
    assertThat(settings.probe().interval()).isEqualTo(Duration.ofSeconds(1));
    assertThat(settings.probe().timeout()).isEqualTo(Duration.ofSeconds(1));
    assertThat(settings.traces().endpoint()).isEmpty();
    assertThat(settings.traces().sampleRate()).isEqualTo(0.001);
  }

  @Test
  void allMistakesAreToldWithTheirProperty() {
    ProxySettings settings =
        settings(
            Map.ofEntries(
                entry("redis-proxy.event-loops", "0"),
                entry("redis-proxy.client.output-limit", "0"),
                entry("redis-proxy.client.slow-timeout", "-1s"),
                entry("redis-proxy.client.half-closed-timeout", "2d"),
                entry("redis-proxy.client.handshake-timeout", "0s"),
                entry("redis-proxy.client.max-shared-request", "4G"),
                entry("redis-proxy.node.connect-timeout", "0s"),
                entry("redis-proxy.node.tcp-user-timeout", "0s"),
                entry("redis-proxy.node.reconnect-min", "3s"),
                entry("redis-proxy.node.max-pinned", "0"),
                entry("redis-proxy.node.pinned-idle", "0s"),
                entry("redis-proxy.node.identity-idle", "2d"),
                entry("redis-proxy.sentinel.interval", "0s"),
                entry("redis-proxy.dns.interval", "0s"),
                entry("redis-proxy.dns.servers", "10.0.0.2,[::1]:53,dns.example"),
                entry("redis-proxy.reload.interval", "25h"),
                entry("redis-proxy.drain.delay", "25h"),
                entry("redis-proxy.drain.timeout", "0s"),
                entry("redis-proxy.admin.token-file", "/no/such/file"),
                entry("redis-proxy.traces.endpoint", "collector:4318"),
                entry("redis-proxy.traces.sample-rate", "2"),
                entry("redis-proxy.probe.interval", "25h"),
                entry("redis-proxy.probe.timeout", "PT0.0005S")));

    assertThatThrownBy(() -> new SettingsCheck().check(settings))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            """
            The settings can't be used:
              redis-proxy.event-loops: 0 is out of range; use 1 to 1024
              redis-proxy.client.output-limit: 0 bytes is out of range; use 1 to 2147483647
              redis-proxy.client.slow-timeout: -1s is out of range; use 1ms to 24h
              redis-proxy.client.half-closed-timeout: 48h is out of range; use 1ms to 24h
              redis-proxy.client.handshake-timeout: 0s is out of range; use 1ms to 24h
              redis-proxy.client.max-shared-request: 4294967296 bytes is out of range; use 1 to 2147483647
              redis-proxy.node.connect-timeout: 0s is out of range; use 1ms to 24h
              redis-proxy.node.tcp-user-timeout: 0s is out of range; use 1ms to 24h
              redis-proxy.node.reconnect-min: 3s is more than the 2s of redis-proxy.node.reconnect-max; lower the one or raise the other
              redis-proxy.node.max-pinned: 0 is out of range; use 1 to 65535
              redis-proxy.node.pinned-idle: 0s is out of range; use 1ms to 24h
              redis-proxy.node.identity-idle: 48h is out of range; use 1ms to 24h
              redis-proxy.sentinel.interval: 0s is out of range; use 1ms to 24h
              redis-proxy.dns.interval: 0s is out of range; use 1ms to 24h
              redis-proxy.dns.servers: "dns.example" is not an address; write one such as 10.0.0.2 or 127.0.0.1:8600
              redis-proxy.probe.interval: 25h is out of range; use 1ms to 24h
              redis-proxy.probe.timeout: 0.0005s is out of range; use 1ms to 24h
              redis-proxy.reload.interval: 25h is out of range; use 1ms to 24h
              redis-proxy.drain.delay: 25h is out of range; use 1ms to 24h
              redis-proxy.drain.timeout: 0s is out of range; use 1ms to 24h
              redis-proxy.admin.token-file: not found; check the path, here it is /no/such/file
              redis-proxy.traces.endpoint: "collector:4318" is not an address of HTTP; write one such as http://localhost:4318
              redis-proxy.traces.sample-rate: 2.0 is out of range; use 0 to 1""");
  }

  @Test
  void aPasswordIsNoPartOfAnEndpointAndIsNotShown() {
    ProxySettings settings =
        settings(Map.of("redis-proxy.traces.endpoint", "http://user:secret@collector:4318"));

    assertThatThrownBy(() -> new SettingsCheck().check(settings))
        .hasMessageContaining("redis-proxy.traces.endpoint: a password has no place there")
        .hasMessageNotContaining("secret");
  }

  private static ProxySettings settings(Map<String, String> properties) {
    return new SmallRyeConfigBuilder()
        .addDiscoveredConverters()
        .withMapping(ProxySettings.class)
        .withSources(new PropertiesConfigSource(properties, "test", 100))
        .build()
        .getConfigMapping(ProxySettings.class);
  }
}
