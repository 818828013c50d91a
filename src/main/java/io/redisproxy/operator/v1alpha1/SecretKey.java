package io.redisproxy.operator.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;

/** Where a password is. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record SecretKey(
    @JsonPropertyDescription("A Secret of the same namespace.") @Required @Pattern(Patterns.SECRET)
        String name,
    @JsonPropertyDescription("The key of it that holds the password and nothing else.")
        @Required
        @Pattern(Patterns.KEY)
        String key) {}
