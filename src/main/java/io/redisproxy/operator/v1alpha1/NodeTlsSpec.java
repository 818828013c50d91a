package io.redisproxy.operator.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;

/** TLS with servers and Sentinels. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record NodeTlsSpec(
    @JsonPropertyDescription(
            "Who signs the servers' certificates; those that Java trusts if not said.")
        SecretKey caSecret,
    @JsonPropertyDescription(
            "A Secret with the keys tls.crt and tls.key, for servers that ask for a certificate.")
        @Pattern(Patterns.SECRET)
        String certificateSecret,
    @JsonPropertyDescription("Whether a server's certificate has to be for its name or address.")
        Boolean verifyHost,
    @JsonPropertyDescription(
            "The name that all certificates are for, in place of the servers' own.")
        @Pattern(Patterns.HOST)
        String serverName,
    @JsonPropertyDescription("The oldest version of TLS that is spoken; TLSv1.2 if not said.")
        TlsSpec.Protocol minProtocol) {}
