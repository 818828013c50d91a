package io.redisproxy.operator.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;

/** Where a password or a certificate is. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record SecretKey(
    @JsonPropertyDescription("A Secret of the same namespace.") @Required @Pattern(Patterns.SECRET)
        String name,
    @JsonPropertyDescription("The key of it that holds it and nothing else.")
        @Required
        @Pattern(Patterns.KEY)
        String key) {}
