package io.redisproxy.operator.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.ValidationRule;

/** A Redis server. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value = "!has(self.username) || has(self.passwordSecret)",
    message = "a user needs a passwordSecret")
public record NodeSpec(
    @JsonPropertyDescription("A name or an address, without port and brackets.")
        @Required
        @Pattern(Patterns.HOST)
        String host,
    @Required @Min(1) @Max(65535) Integer port,
    @JsonPropertyDescription("The share of the reads, relative to the others; 1 if not said.")
        @Min(0)
        @Max(100)
        Integer weight,
    @JsonPropertyDescription("Where the server is.") @Pattern(Patterns.ZONE) String zone,
    @JsonPropertyDescription("The user at this server, in place of the listener's.")
        @Pattern(Patterns.USERNAME)
        String username,
    @JsonPropertyDescription("The password at this server, in place of the listener's.")
        SecretKey passwordSecret) {}
