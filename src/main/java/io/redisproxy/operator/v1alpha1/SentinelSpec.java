package io.redisproxy.operator.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;

/** A service that Sentinels watch over. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value = "!has(self.username) || has(self.passwordSecret)",
    message = "a user needs a passwordSecret")
public record SentinelSpec(
    @JsonPropertyDescription("The name that the Sentinels know the master by.")
        @Required
        @Pattern(Patterns.SENTINEL_SERVICE)
        String service,
    @JsonPropertyDescription("Some of the Sentinels; the others are found through these.")
        @Required
        @Size(min = 1, max = 64)
        List<Node> nodes,
    @JsonPropertyDescription("The user at the Sentinels.") @Pattern(Patterns.USERNAME)
        String username,
    @JsonPropertyDescription("The password of the Sentinels themselves.")
        SecretKey passwordSecret) {

  /** A Sentinel. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Node(
      @Required @Pattern(Patterns.HOST) String host, @Required @Min(1) @Max(65535) Integer port) {}
}
