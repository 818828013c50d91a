package io.redisproxy.config;

import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;

/** What a listener says of TLS, with its clients and with its nodes. */
final class TlsParser {
  static final List<String> KEYS =
      List.of("certificateFile", "keyFile", "caFile", "clientAuth", "minProtocol");

  static final List<String> NODE_KEYS =
      List.of("caFile", "certificateFile", "keyFile", "verifyHost", "serverName", "minProtocol");

  private static final String SAMPLE =
      "{ \"certificateFile\": \"tls.crt\", \"keyFile\": \"tls.key\" }";

  private static final String NODE_SAMPLE = "{ \"caFile\": \"ca.crt\" }";

  private final TlsFiles files;

  TlsParser(TlsFiles files) {
    this.files = files;
  }

  Optional<ListenerTls> listener(Value value) {
    return value.asObject("description of TLS", SAMPLE, KEYS).flatMap(this::listener);
  }

  private Optional<ListenerTls> listener(Fields fields) {
    Optional<TlsIdentity> identity = identity(fields);
    Optional<List<X509Certificate>> ca = fields.optional("caFile").flatMap(files::certificates);
    boolean mentionsCa = fields.mentions("caFile");
    ClientAuth clientAuth =
        fields
            .optional("clientAuth")
            .flatMap(value -> clientAuth(value, mentionsCa))
            .orElse(mentionsCa ? ClientAuth.REQUIRED : ClientAuth.NONE);
    TlsProtocol minProtocol = minProtocol(fields);
    return identity.map(own -> new ListenerTls(own, clientAuth, ca.orElse(List.of()), minProtocol));
  }

  private static Optional<ClientAuth> clientAuth(Value value, boolean mentionsCa) {
    Optional<ClientAuth> said = value.asWord(ClientAuth.values(), ClientAuth::word);
    if (said.isPresent() && (said.get() == ClientAuth.NONE) == mentionsCa) {
      value.mistake(
          mentionsCa
              ? "without certificates of clients there is no use for \"caFile\"; remove one of them"
              : "it is not said who signs certificates of clients; add \"caFile\"");
      return Optional.empty();
    }
    return said;
  }

  Optional<NodeTls> node(Value value) {
    return value.asObject("description of TLS", NODE_SAMPLE, NODE_KEYS).map(this::node);
  }

  private NodeTls node(Fields fields) {
    boolean mentionsIdentity = fields.mentions("certificateFile") || fields.mentions("keyFile");
    return new NodeTls(
        fields.optional("caFile").flatMap(files::certificates).orElse(List.of()),
        mentionsIdentity ? identity(fields) : Optional.empty(),
        fields.optional("verifyHost").flatMap(Value::asTruth).orElse(true),
        fields.optional("serverName").flatMap(Value::asHost),
        minProtocol(fields));
  }

  private Optional<TlsIdentity> identity(Fields fields) {
    Optional<Value> certificate = fields.required("certificateFile", "\"tls.crt\"");
    Optional<Value> key = fields.required("keyFile", "\"tls.key\"");
    return certificate.flatMap(chain -> key.flatMap(file -> files.identity(chain, file)));
  }

  private static TlsProtocol minProtocol(Fields fields) {
    return fields
        .optional("minProtocol")
        .flatMap(value -> value.asWord(TlsProtocol.values(), TlsProtocol::word))
        .orElse(TlsProtocol.TLS_1_2);
  }
}
