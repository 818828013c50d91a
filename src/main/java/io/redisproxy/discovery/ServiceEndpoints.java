package io.redisproxy.discovery;

import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.redisproxy.config.KubernetesConfig;
import io.redisproxy.config.NodeAddress;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** The endpoints of a Service, ready or not; which is the master they have to say themselves. */
record ServiceEndpoints(KubernetesConfig config) implements KubernetesPods<EndpointSlice> {
  private static final String SERVICE = "kubernetes.io/service-name";

  @Override
  public SharedIndexInformer<EndpointSlice> informer(KubernetesClient client) {
    return client
        .discovery()
        .v1()
        .endpointSlices()
        .inNamespace(namespace(client))
        .withLabel(SERVICE, config.service().orElseThrow())
        .runnableInformer(0);
  }

  @Override
  public Stream<FoundNode> nodes(EndpointSlice slice, UnaryOperator<String> zones) {
    Optional<Integer> port =
        config.port().or(() -> present(slice.getPorts()).findFirst().map(EndpointPort::getPort));
    return port.isEmpty()
        ? Stream.empty()
        : present(slice.getEndpoints())
            .filter(endpoint -> !isEnding(endpoint))
            .flatMap(endpoint -> nodes(endpoint, port.get()));
  }

  private static Stream<FoundNode> nodes(Endpoint endpoint, int port) {
    String zone = Objects.requireNonNullElse(endpoint.getZone(), "");
    return present(endpoint.getAddresses())
        .map(address -> new FoundNode(new NodeAddress(address, port), false, zone));
  }

  @Override
  public boolean asksForZones() {
    return false;
  }

  private static boolean isEnding(Endpoint endpoint) {
    return endpoint.getConditions() != null
        && Boolean.TRUE.equals(endpoint.getConditions().getTerminating());
  }

  private static <T> Stream<T> present(List<T> items) {
    return items == null ? Stream.empty() : items.stream().filter(Objects::nonNull);
  }

  @Override
  public String toString() {
    return config.toString();
  }
}
