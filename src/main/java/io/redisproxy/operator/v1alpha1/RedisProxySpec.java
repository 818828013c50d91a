package io.redisproxy.operator.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.model.annotation.SpecReplicas;
import java.util.List;
import java.util.Map;

/** What is wanted. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value = "!(has(self.replicas) && has(self.autoscaling))",
    message = "either a number of replicas, or autoscaling that finds it")
@ValidationRule(
    value =
        "self.listeners.all(a, self.listeners.exists_one(b, b.listen == a.listen) && a.listen !="
            + " 9000)",
    message = "each listener needs a port of its own; 9000 is that of health and metrics")
public record RedisProxySpec(
    @JsonPropertyDescription(
            "The ports to open, and the Redis servers behind each: as in the JSON file of the"
                + " proxy, but for passwords, which are in Secrets. A change is taken up by the"
                + " pods that are there.")
        @Required
        @Size(min = 1, max = 64)
        List<ListenerSpec> listeners,
    @JsonPropertyDescription("How many pods there are; 2 if not said.")
        @Min(0)
        @Max(1000)
        @SpecReplicas
        Integer replicas,
    @JsonPropertyDescription("In place of replicas: as many pods as the traffic needs.")
        AutoscalingSpec autoscaling,
    @JsonPropertyDescription("The image of the proxy; that of the operator if not said.")
        @Size(min = 1)
        String image,
    @JsonPropertyDescription("Names of Secrets of this namespace to pull the image with.")
        @Size(max = 16)
        List<String> imagePullSecrets,
    @JsonPropertyDescription("What a pod requests and may use, in place of the default.")
        ResourceRequirements resources,
    @JsonPropertyDescription(
            "Whether the cluster's nodes tell the zones of the proxies and of the servers that are"
                + " pods, so that reads go to replicas in the proxy's zone first. It takes the"
                + " right to see the nodes, which k8s/operator/zones.yaml lets the operator give."
                + " A change replaces the pods.")
        Boolean zonesFromNodes,
    @JsonPropertyDescription(
            "Settings of the process without their prefix, such as slow-log.threshold: 5ms. A"
                + " change replaces the pods.")
        @Size(max = 64)
        Map<String, String> settings) {

  /** How many pods there are where nobody says it. */
  public static final int DEFAULT_REPLICAS = 2;

  public RedisProxySpec {
    listeners = listeners == null ? List.of() : List.copyOf(listeners);
  }
}
