package io.redisproxy.operator.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.ValidationRule;

/** How many pods there may be; the traffic decides. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value = "!has(self.minReplicas) || self.minReplicas <= self.maxReplicas",
    message = "minReplicas is more than maxReplicas")
public record AutoscalingSpec(
    @JsonPropertyDescription("The fewest pods; 2 if not said, or maxReplicas if that is less.")
        @Min(1)
        @Max(1000)
        Integer minReplicas,
    @JsonPropertyDescription("The most pods.") @Required @Min(1) @Max(1000) Integer maxReplicas,
    @JsonPropertyDescription(
            "The share of the requested CPU time that the pods should use on average; 70 if not"
                + " said.")
        @Min(1)
        @Max(1000)
        Integer targetCpuPercent) {

  /** With a default where nobody says it. */
  public int fewest() {
    return minReplicas == null
        ? Math.min(RedisProxySpec.DEFAULT_REPLICAS, maxReplicas)
        : minReplicas;
  }
}
