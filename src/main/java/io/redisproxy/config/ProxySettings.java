package io.redisproxy.config;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

@ConfigMapping(prefix = "redis-proxy")
public interface ProxySettings {
  Optional<String> config();

  @WithDefault("0.0.0.0")
  String bindHost();

  OptionalInt eventLoops();

  Client client();

  Node node();

  Probe probe();

  interface Client {
    @WithDefault("16M")
    MemorySize outputLimit();

    @WithDefault("1s")
    Duration slowTimeout();

    @WithDefault("64K")
    MemorySize maxSharedRequest();
  }

  interface Node {
    @WithDefault("1s")
    Duration connectTimeout();

    @WithDefault("50ms")
    Duration reconnectMin();

    @WithDefault("2s")
    Duration reconnectMax();
  }

  interface Probe {
    @WithDefault("1s")
    Duration interval();

    @WithDefault("1s")
    Duration timeout();
  }
}
