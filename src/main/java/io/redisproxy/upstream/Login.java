package io.redisproxy.upstream;

import io.redisproxy.config.Credentials;
import io.redisproxy.resp.Resp;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What is said to a node with AUTH.
 *
 * @param username null for the short form, which names none: the node takes its default user
 * @param password as the bytes of ISO 8859-1, so that any byte can be in it
 */
public record Login(String username, String password) {

  static final String DEFAULT_USER = "default";

  public static Login of(Credentials credentials) {
    return new Login(
        credentials.isDefaultUser() ? null : asBytes(credentials.username()),
        asBytes(credentials.password()));
  }

  /** One character for each byte of the UTF-8 that the configuration is written in. */
  private static String asBytes(String text) {
    return Resp.text(text.getBytes(StandardCharsets.UTF_8));
  }

  /** AUTH with its arguments. */
  public List<byte[]> request() {
    List<byte[]> request = new ArrayList<>(3);
    request.add(Resp.bytes("AUTH"));
    if (username != null) {
      request.add(Resp.bytes(username));
    }
    request.add(Resp.bytes(password));
    return request;
  }

  /** The name that the node knows the user by. */
  public String user() {
    return username == null ? DEFAULT_USER : username;
  }

  @Override
  public String toString() {
    return "user " + user();
  }
}
