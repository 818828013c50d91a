package io.redisproxy.operator.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;

/** A user and its password. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record LoginSpec(
    @JsonPropertyDescription("The user; default if not said.") @Pattern(Patterns.USERNAME)
        String username,
    @Required SecretKey passwordSecret) {}
