package io.redisproxy.operator.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.model.annotation.LabelSelector;
import io.fabric8.kubernetes.model.annotation.StatusReplicas;
import java.util.List;

/** How it is. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record RedisProxyStatus(
    @JsonPropertyDescription("The generation of the spec that this is about.")
        Long observedGeneration,
    @JsonPropertyDescription("How many pods there are to be.") @StatusReplicas Integer replicas,
    @JsonPropertyDescription("How many of them are ready.") Integer readyReplicas,
    @JsonPropertyDescription("What labels the pods have.") @LabelSelector String selector,
    @JsonPropertyDescription("Where clients connect to, one for each listener.")
        List<String> endpoints,
    @JsonPropertyDescription("How many pods have told what follows.") Integer reportingPods,
    @JsonPropertyDescription("The Redis servers, as the proxies see them.")
        List<ListenerStatus> listeners,
    List<Condition> conditions) {

  public RedisProxyStatus {
    conditions = conditions == null ? List.of() : List.copyOf(conditions);
  }

  /** The servers of a listener. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record ListenerStatus(
      @JsonPropertyDescription("The port of the listener.") Integer listen,
      @JsonPropertyDescription("The master, if the proxies agree on one that is up.") String master,
      List<NodeStatus> nodes) {}

  /** A server. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record NodeStatus(
      String address,
      @JsonPropertyDescription("What most proxies take it for.") String role,
      @JsonPropertyDescription("How many proxies find it fit.") Integer upAt,
      @JsonPropertyDescription("How many proxies know it.") Integer seenBy) {}
}
