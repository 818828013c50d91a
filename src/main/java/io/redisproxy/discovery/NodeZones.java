package io.redisproxy.discovery;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.client.informers.cache.ReducedStateItemStore;
import java.net.HttpURLConnection;
import java.util.Map;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * In which zones a cluster's own nodes are, which run the pods. To see them takes a right in the
 * whole cluster, which not everybody gives; without it no zone is known, and all else is as it is.
 */
final class NodeZones implements ResourceEventHandler<Node> {
  private static final Logger LOG = Logger.getLogger(NodeZones.class);
  private static final String LABEL = "topology.kubernetes.io/zone";

  private final String sought;
  private final Runnable onChange;
  private volatile SharedIndexInformer<Node> informer;
  private volatile boolean failing;

  /**
   * {@code sought}: what it is about, in words.
   *
   * @param onChange run on any thread
   */
  NodeZones(String sought, Runnable onChange) {
    this.sought = sought;
    this.onChange = onChange;
  }

  /** {@code only}: the node to look at; all if empty. */
  void open(KubernetesClient client, Optional<String> only) {
    // A node is tens of kilobytes, most of it about images, and a cluster may have thousands.
    informer =
        only.map(name -> client.nodes().withName(name).runnableInformer(0))
            .orElseGet(() -> client.nodes().runnableInformer(0))
            .itemStore(
                new ReducedStateItemStore<>(
                    ReducedStateItemStore.NAME_KEY_STATE,
                    Node.class,
                    client.getKubernetesSerialization(),
                    "metadata.labels"));
    informer.exceptionHandler(
        (isStarted, cause) -> {
          onFailure(cause);
          return true;
        });
    informer.addEventHandler(this);
    informer.start();
  }

  void close() {
    informer.stop();
  }

  /** Empty if it isn't known. */
  String of(String node) {
    SharedIndexInformer<Node> nodes = informer;
    return nodes == null || node == null ? "" : zone(nodes.getStore().getByKey(node));
  }

  private static String zone(Node node) {
    Map<String, String> labels = node == null ? null : node.getMetadata().getLabels();
    return labels == null ? "" : labels.getOrDefault(LABEL, "");
  }

  /** They can't be seen, and it is tried again. */
  void onFailure(Throwable cause) {
    if (!failing) {
      failing = true;
      LOG.warnf(
          "%s can't be seen, it is tried again and again: %s",
          sought,
          isForbidden(cause)
              ? "the proxy needs the right to list and watch \"nodes\" in the whole cluster, which"
                  + " k8s/components/zones gives, and zonesFromNodes of a RedisProxy"
              : cause.getMessage());
    }
  }

  private static boolean isForbidden(Throwable cause) {
    for (Throwable each = cause; each != null; each = each.getCause()) {
      if (each instanceof KubernetesClientException failure
          && failure.getCode() == HttpURLConnection.HTTP_FORBIDDEN) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void onAdd(Node added) {
    failing = false;
    onChange.run();
  }

  /** Of which there are many, as a node tells how it is. */
  @Override
  public void onUpdate(Node before, Node after) {
    failing = false;
    if (!zone(before).equals(zone(after))) {
      onChange.run();
    }
  }

  @Override
  public void onDelete(Node deleted, boolean unseen) {
    onChange.run();
  }
}
