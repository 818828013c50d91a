package io.redisproxy.session;

import io.redisproxy.metrics.RequestMeters;
import io.redisproxy.route.Router;
import io.redisproxy.topology.NodeGroup;
import io.redisproxy.upstream.NodeLink;
import java.util.List;
import java.util.stream.IntStream;

/** The nodes behind a listener, as one event loop reaches them. */
public final class Backend {
  private final Router router;
  private final List<Target> targets;

  /**
   * Both lists are in the order of {@link NodeGroup#nodes()}.
   *
   * @param links this event loop's ways to the nodes
   * @param meters what is counted of the requests to each
   */
  public Backend(Router router, List<NodeLink> links, List<RequestMeters> meters) {
    this.router = router;
    targets =
        IntStream.range(0, links.size())
            .mapToObj(i -> new Target(links.get(i), i == NodeGroup.MASTER, meters.get(i)))
            .toList();
  }

  Target forWrite() {
    return targets.get(router.forWrite());
  }

  Target forRead(boolean writesInFlight) {
    return targets.get(router.forRead(writesInFlight, this::isConnected));
  }

  private boolean isConnected(int node) {
    return targets.get(node).link().isConnected();
  }
}
