package io.redisproxy.operator.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;

/** When a read that a replica is slow to answer is sent to another one, too. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record HedgeSpec(
    @JsonPropertyDescription(
            "After the time in which the fastest replica answers this part of its reads.")
        @Min(0.5)
        @Max(0.9999)
        Double quantile,
    @JsonPropertyDescription("Not before a read has waited for so long.") @Pattern(Patterns.TIME)
        String floor,
    @JsonPropertyDescription("How many of a hundred runs of reads are sent twice at the most.")
        @Min(1)
        @Max(100)
        Integer maxPercent) {}
