package io.redisproxy.dev;

import io.quarkus.arc.profile.IfBuildProfile;
import io.redisproxy.config.ListenerConfig;
import io.redisproxy.config.ListenerSource;
import io.redisproxy.config.NodeAddress;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/**
 * Real Redis servers for dev mode, a master and two replicas. They are processes of their own and
 * live as long as dev mode does, so that a reload of the application keeps their data.
 */
@IfBuildProfile("dev")
@ApplicationScoped
class DevServers implements ListenerSource {
  private static final Logger LOG = Logger.getLogger(DevServers.class);
  private static final int LISTEN = 6380;

  /**
   * A system property, which outlives the classes of a reloaded application: the ports, master
   * first. Its name is outside of those that the application's settings are checked against.
   */
  private static final String PORTS = "io.redisproxy.dev.ports";

  @Override
  public List<ListenerConfig> listeners() {
    List<NodeAddress> nodes =
        Arrays.stream(ports().split(","))
            .map(port -> new NodeAddress("127.0.0.1", Integer.parseInt(port)))
            .toList();
    List<NodeAddress> replicas = nodes.subList(1, nodes.size());
    LOG.infof(
        """
        Redis servers of dev mode, kept over reloads
          master    %s
          replicas  %s and %s
          proxy     127.0.0.1:%d
        Try
          redis-cli -p %d SET greeting hello
          redis-cli -p %d GET greeting
          redis-cli -p %d INFO commandstats   (or %d: a replica has served the GET)
        """,
        nodes.get(0),
        replicas.get(0),
        replicas.get(1),
        LISTEN,
        LISTEN,
        LISTEN,
        replicas.get(0).port(),
        replicas.get(1).port());
    return List.of(new ListenerConfig(LISTEN, nodes.get(0), replicas));
  }

  private static String ports() {
    String running = System.getProperty(PORTS);
    return running == null ? start() : running;
  }

  private static String start() {
    RedisProcess master = RedisProcess.start("--repl-diskless-sync-delay", "0");
    String masterPort = Integer.toString(master.port());
    List<RedisProcess> servers =
        List.of(
            master,
            RedisProcess.start("--replicaof", "127.0.0.1", masterPort),
            RedisProcess.start("--replicaof", "127.0.0.1", masterPort));
    // Handles, since by then the classes that start servers may be unloaded.
    List<ProcessHandle> processes = servers.stream().map(RedisProcess::handle).toList();
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> processes.forEach(ProcessHandle::destroyForcibly)));
    String ports =
        servers.stream()
            .map(server -> Integer.toString(server.port()))
            .collect(Collectors.joining(","));
    System.setProperty(PORTS, ports);
    return ports;
  }
}
