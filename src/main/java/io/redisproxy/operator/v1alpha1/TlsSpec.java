package io.redisproxy.operator.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.ValidationRule;

/** TLS with clients. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value = "!has(self.clientAuth) || (self.clientAuth != 'none') == has(self.caSecret)",
    message = "clientAuth of required or optional needs a caSecret, and none has no use for one")
public record TlsSpec(
    @JsonPropertyDescription(
            "A Secret with the keys tls.crt and tls.key, such as one of cert-manager.")
        @Required
        @Pattern(Patterns.SECRET)
        String certificateSecret,
    @JsonPropertyDescription("Who signs certificates of clients.") SecretKey caSecret,
    @JsonPropertyDescription(
            "Whether clients have to show a certificate; required if there is a caSecret, else none.")
        ClientAuth clientAuth,
    @JsonPropertyDescription("The oldest version of TLS that is spoken; TLSv1.2 if not said.")
        Protocol minProtocol) {

  /** Whether clients have to show a certificate. */
  public enum ClientAuth {
    @JsonProperty("none")
    NONE,
    @JsonProperty("optional")
    OPTIONAL,
    @JsonProperty("required")
    REQUIRED
  }

  /** A version of TLS. */
  public enum Protocol {
    @JsonProperty("TLSv1.2")
    TLS_1_2,
    @JsonProperty("TLSv1.3")
    TLS_1_3
  }
}
