package io.redisproxy.discovery;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.redisproxy.config.KubernetesConfig;
import io.redisproxy.config.NodeAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/**
 * Takes the nodes of a group from what a Kubernetes API server knows of pods. It is told of every
 * change; a watch that breaks is begun again, and meanwhile, as long as the API server is away, the
 * nodes are those that were told last. So they are when there are none left: then somebody has made
 * a mistake, or nobody can be served.
 */
public final class KubernetesWatch<T extends HasMetadata> implements NodeSource {
  private static final Logger LOG = Logger.getLogger(KubernetesWatch.class);

  private final String listener;
  private final KubernetesPods<T> pods;
  private final NodeZones zones;
  private final SharedClient clients;
  private final Executor loop;

  private Members members;
  private List<FoundNode> told = List.of();
  private SharedIndexInformer<T> informer;
  private boolean open;
  private volatile boolean closed;
  private volatile boolean failing;

  /**
   * For the listener of that name.
   *
   * @param seesZones whether anybody wants to know in which zones the nodes are
   * @param loop the event loop
   */
  KubernetesWatch(
      String listener,
      KubernetesPods<T> pods,
      boolean seesZones,
      SharedClient clients,
      Executor loop) {
    this.listener = listener;
    this.pods = pods;
    zones =
        seesZones && pods.asksForZones()
            ? new NodeZones("listener " + listener + ": the zones of its servers", this::onChange)
            : null;
    this.clients = clients;
    this.loop = loop;
  }

  /** See the constructor. */
  public static NodeSource of(
      String listener,
      KubernetesConfig config,
      boolean seesZones,
      SharedClient clients,
      Executor loop) {
    return config.service().isPresent()
        ? new KubernetesWatch<>(listener, new ServiceEndpoints(config), seesZones, clients, loop)
        : new KubernetesWatch<>(listener, new SelectedPods(config), seesZones, clients, loop);
  }

  @Override
  public void start(Members toTell) {
    members = toTell;
    Background.runUntilDone(threadName(), this::open, this::goOn);
  }

  @Override
  public void close() {
    closed = true;
    Background.run(threadName(), this::shut);
  }

  private synchronized void open() {
    if (!closed) {
      clients.acquireFor(this::begin);
      open = true;
    }
  }

  private void begin(KubernetesClient client) {
    informer = pods.informer(client);
    informer.exceptionHandler((isStarted, cause) -> goOn(cause));
    informer.addEventHandler(new Changes());
    informer.start().whenComplete((synced, failure) -> onChange());
    if (zones != null) {
      zones.open(client, Optional.empty());
    }
  }

  private String threadName() {
    return "kubernetes-" + listener;
  }

  private synchronized void shut() {
    if (open) {
      open = false;
      informer.stop();
      if (zones != null) {
        zones.close();
      }
      clients.release();
    }
  }

  /** Always: what is wrong with the API server, or with this one's rights, may be mended. */
  private boolean goOn(Throwable cause) {
    if (!failing) {
      failing = true;
      LOG.warnf(
          "listener %s: Kubernetes can't be asked for %s, it is tried again and again: %s",
          listener, pods, cause.getMessage());
    }
    return true;
  }

  private void onChange() {
    loop.execute(this::tell);
  }

  private void tell() {
    if (closed || !informer.hasSynced()) {
      return;
    }
    failing = false;
    List<FoundNode> found =
        informer.getStore().list().stream()
            .flatMap(item -> pods.nodes(item, this::zoneOf))
            .distinct()
            .sorted(
                Comparator.comparing((FoundNode node) -> node.address().toString())
                    .thenComparing(FoundNode::zone)
                    .thenComparing(FoundNode::isMaster))
            .toList();
    if (found.equals(told)) {
      return;
    }
    if (found.isEmpty()) {
      LOG.warnf("listener %s: there are none of %s, going on with %s", listener, pods, told);
      return;
    }
    told = found;
    members.onMembers(
        found.stream().map(FoundNode::address).distinct().toList(),
        soleMaster(found),
        zones(found));
  }

  private String zoneOf(String clusterNode) {
    return zones == null ? "" : zones.of(clusterNode);
  }

  private static Map<NodeAddress, String> zones(List<FoundNode> found) {
    return found.stream()
        .filter(node -> !node.zone().isEmpty())
        .collect(Collectors.toMap(FoundNode::address, FoundNode::zone, (a, b) -> b));
  }

  /** Between the label of the former master and that of the new one nobody or both have it. */
  private static NodeAddress soleMaster(List<FoundNode> found) {
    List<NodeAddress> masters = new ArrayList<>();
    found.stream().filter(FoundNode::isMaster).map(FoundNode::address).forEach(masters::add);
    return masters.size() == 1 ? masters.get(0) : null;
  }

  private final class Changes implements ResourceEventHandler<T> {
    @Override
    public void onAdd(T added) {
      onChange();
    }

    @Override
    public void onUpdate(T before, T after) {
      onChange();
    }

    @Override
    public void onDelete(T deleted, boolean unseen) {
      onChange();
    }
  }
}
