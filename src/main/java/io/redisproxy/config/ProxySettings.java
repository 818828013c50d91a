package io.redisproxy.config;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Settings of the process as a whole, the same for all listeners. Each is a property, such as
 * {@code redis-proxy.client.output-limit}, that can be given as a system property, as an
 * environment variable ({@code REDIS_PROXY_CLIENT_OUTPUT_LIMIT}) or in {@code
 * application.properties}. Sizes are written as {@code 64K} or {@code 16M}, times as {@code 500ms}
 * or {@code 2s}.
 */
@ConfigMapping(prefix = ProxySettings.PREFIX)
public interface ProxySettings {
  String PREFIX = "redis-proxy";

  /** What the process is. */
  @WithDefault("proxy")
  Mode mode();

  /** The JSON file of the listeners. The argument of the command line goes before it. */
  Optional<String> config();

  /** The address that all listeners are opened on. */
  @WithDefault("0.0.0.0")
  String bindHost();

  /**
   * How many threads carry the traffic; half as many as there are cores if not set, since the
   * kernel's share of the work is the larger one, and fewer threads send more at once.
   */
  OptionalInt eventLoops();

  /** Where the proxy runs, to prefer the replicas that the listeners say are there, too. */
  Optional<String> zone();

  /**
   * The node of a Kubernetes cluster that the proxy runs on, whose label tells the zone where it is
   * not set.
   */
  Optional<String> kubernetesNode();

  /** What a client may use up. */
  Client client();

  /** Connections to Redis servers. */
  Node node();

  /** The checks of the health and the role of Redis servers. */
  Probe probe();

  /** The measuring of how far replicas are. */
  Sampling sampling();

  /** The reading of the JSON file again. */
  Reload reload();

  /** How the proxy ends. */
  Drain drain();

  /** What operators ask and tell the proxy by HTTP. */
  Admin admin();

  /** The asking of Sentinels. */
  Sentinel sentinel();

  /** The looking up of names. */
  Dns dns();

  /** Requests that wait for a node, as none can be reached. */
  Hold hold();

  /** What is kept of requests that take long. */
  SlowLog slowLog();

  /** How events are told. */
  Log log();

  /** The tracing of requests. */
  Traces traces();

  /** The making of proxies on a Kubernetes cluster, in its mode. */
  Operator operator();

  /** What the process is. */
  enum Mode {
    /** Carries traffic. */
    PROXY,
    /** Makes proxies on a Kubernetes cluster. */
    OPERATOR
  }

  /** The making of proxies on a Kubernetes cluster. */
  interface Operator {
    /** The namespaces to look after; if not set, all. */
    Optional<List<String>> namespaces();

    /** The image of proxies that name none; if not set, the one of the operator's own pod. */
    Optional<String> image();

    /** How often the proxies are asked what they see. */
    @WithDefault("10s")
    Duration interval();
  }

  /** Requests that wait for a node, as none can be reached. */
  interface Hold {
    /** How many bytes of them all clients together may have; more fail at once. */
    @WithDefault("16M")
    MemorySize maxBytes();
  }

  /** What a client may use up. */
  interface Client {
    /**
     * How much reply data may wait for one client before the node that sends it is held back.
     * Requests that were sent on before the client stopped taking replies all bring theirs.
     */
    @WithDefault("64M")
    MemorySize outputLimit();

    /**
     * How many bytes of requests are read from a client that doesn't read its replies, or waits in
     * a command such as BLPOP; they wait until that ends.
     */
    @WithDefault("64M")
    MemorySize inputLimit();

    /** How long a client that doesn't read its replies may hold up others before it is closed. */
    @WithDefault("1s")
    Duration slowTimeout();

    /** How long a subscriber that doesn't read may leave messages at the node. */
    @WithDefault("60s")
    Duration subscriberTimeout();

    /** How long a client that sends no more, and may be gone, is kept while no reply comes. */
    @WithDefault("30s")
    Duration halfClosedTimeout();

    /** How long a client may take for the handshake of TLS. */
    @WithDefault("10s")
    Duration handshakeTimeout();

    /** A larger request goes through a connection to the node of its own, as it comes in. */
    @WithDefault("64K")
    MemorySize maxSharedRequest();
  }

  /** Connections to Redis servers. */
  interface Node {
    /** How long a connection may take to be opened. */
    @WithDefault("1s")
    Duration connectTimeout();

    /** How long bytes may go unacknowledged until a connection counts as lost; Linux only. */
    @WithDefault("10s")
    Duration tcpUserTimeout();

    /** The pause before the first attempt to reconnect; each further one is twice as long. */
    @WithDefault("50ms")
    Duration reconnectMin();

    /** The longest pause between attempts to reconnect. */
    @WithDefault("2s")
    Duration reconnectMax();

    /** How many connections of single clients' own each event loop may have to a node. */
    @WithDefault("10000")
    int maxPinned();

    /** How long a connection that a client has given back clean waits for the next client. */
    @WithDefault("60s")
    Duration pinnedIdle();

    /** Shared connections of a user, database and protocol that no client uses close after this. */
    @WithDefault("60s")
    Duration identityIdle();
  }

  /** The measuring of how far replicas are. */
  interface Sampling {
    /** While something is written: the time from one question to the master to the next. */
    @WithDefault("2ms")
    Duration interval();
  }

  /** The reading of the JSON file again. */
  interface Reload {
    /**
     * How often it is looked whether the file, or one that it names, has changed; 0s for never. A
     * Kubernetes volume exchanges its files by links, and some file systems tell of no changes: so
     * they are read.
     */
    @WithDefault("2s")
    Duration interval();
  }

  /** How the proxy ends. */
  interface Drain {
    /**
     * How long new clients are still taken when the proxy is told to end: until those who send them
     * have noticed that it isn't ready.
     */
    @WithDefault("0s")
    Duration delay();

    /** How long clients have from then on to come to an end. */
    @WithDefault("25s")
    Duration timeout();
  }

  /** What operators ask and tell the proxy by HTTP. */
  interface Admin {
    /** A file with the token to be said; without it only this machine may ask. */
    Optional<String> tokenFile();
  }

  /** The asking of Sentinels. */
  interface Sentinel {
    /** The time from one question to the next; what they publish is heard at once. */
    @WithDefault("1s")
    Duration interval();
  }

  /** The looking up of names that stand for nodes. */
  interface Dns {
    /** After so long a name is looked up again when it isn't known how long its addresses hold. */
    @WithDefault("30s")
    Duration interval();

    /** The DNS servers, each an address with or without a port; if not set, the system's. */
    Optional<List<String>> servers();
  }

  /** How events are told. */
  interface Log {
    /** What a line of the log is. */
    @WithDefault("text")
    Format format();

    /** What a line of the log is. */
    enum Format {
      /** For people. */
      TEXT,
      /** An object, for programs. */
      JSON
    }
  }

  /** The tracing of requests: a span for each that is slow, or that a node fails. */
  interface Traces {
    /** Where spans are sent by OTLP over HTTP; nothing is traced if not set. */
    Optional<String> endpoint();

    /** The share of all other requests that are traced, too. */
    @WithDefault("0.001")
    double sampleRate();

    /** Spans wait to be sent together for as long. */
    @WithDefault("1s")
    Duration interval();
  }

  /** What is kept of requests that take long. */
  interface SlowLog {
    /** Requests that take as long are kept, with their time but without their values. */
    @WithDefault("10ms")
    Duration threshold();

    /** How many of each listener are kept. */
    @WithDefault("128")
    int length();
  }

  /** The checks of the health and the role of Redis servers. */
  interface Probe {
    /** The time from one check of a server to the next. */
    @WithDefault("1s")
    Duration interval();

    /** A server that hasn't answered a check for so long counts as lost. */
    @WithDefault("1s")
    Duration timeout();
  }
}
