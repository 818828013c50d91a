package io.redisproxy.config;

import java.util.Arrays;
import java.util.List;

/** Versions of TLS, the oldest first; those before are not safe. */
public enum TlsProtocol {
  TLS_1_2("TLSv1.2"),
  TLS_1_3("TLSv1.3");

  private final String word;

  TlsProtocol(String word) {
    this.word = word;
  }

  /** As the JSON, Redis and the JDK call it. */
  String word() {
    return word;
  }

  /** It and all later ones, by the JDK's names. */
  public List<String> andLater() {
    return Arrays.stream(values()).skip(ordinal()).map(TlsProtocol::word).toList();
  }
}
