package io.redisproxy.operator.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.ValidationRule;

/** Pods of this cluster, by their labels or as endpoints of a Service. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value = "has(self.selector) != has(self.service)",
    message = "name either a selector or a service")
public record KubernetesSpec(
    @JsonPropertyDescription(
            "Theirs; without it the one of this RedisProxy. In another one the pods need the"
                + " rights of k8s/components/discovery, which nobody gives them there.")
        @Pattern(Patterns.NAME)
        String namespace,
    @JsonPropertyDescription("What labels they have, as kubectl takes it.")
        @Pattern(Patterns.SELECTOR)
        String selector,
    @JsonPropertyDescription("The Service that they are endpoints of.") @Pattern(Patterns.NAME)
        String service,
    @JsonPropertyDescription("The label that tells which of them is the master.")
        @Pattern(Patterns.LABEL)
        String roleLabel,
    @JsonPropertyDescription("The port of the servers; 6379, or the Service's, if not said.")
        @Min(1)
        @Max(65535)
        Integer port) {}
