package io.redisproxy.admin;

import io.netty.util.NetUtil;
import io.redisproxy.config.TokenFile;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.SocketAddress;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Who may use the admin routes: whoever says the token; where none is configured, whoever is on
 * this machine, but for the web pages that a browser shows there.
 */
final class AdminAccess {
  private static final String SCHEME = "Bearer ";

  /** Why not, and the HTTP status that says so. */
  record Refusal(int status, String reason) {}

  private final Optional<String> tokenFile;

  AdminAccess(Optional<String> tokenFile) {
    this.tokenFile = tokenFile;
  }

  /** Empty if the request may pass. Reads a file. */
  Optional<Refusal> check(HttpServerRequest request) {
    return tokenFile.isPresent()
        ? checkToken(request.getHeader(HttpHeaders.AUTHORIZATION))
        : checkPlace(request);
  }

  /** The file is read each time, as mounted secrets are exchanged. */
  private Optional<Refusal> checkToken(String authorization) {
    List<String> mistakes = new ArrayList<>();
    Optional<String> token = TokenFile.read(tokenFile.orElseThrow(), mistakes::add);
    if (token.isEmpty()) {
      return Optional.of(
          new Refusal(503, "the file of redis-proxy.admin.token-file: " + mistakes.get(0)));
    }
    boolean right =
        authorization != null
            && authorization.startsWith(SCHEME)
            && isSame(authorization.substring(SCHEME.length()), token.get());
    return right
        ? Optional.empty()
        : Optional.of(new Refusal(401, "say \"Authorization: Bearer\" and the token"));
  }

  /** Takes as long for a token that is nearly right as for another one. */
  private static boolean isSame(String said, String token) {
    return MessageDigest.isEqual(
        said.getBytes(StandardCharsets.UTF_8), token.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Browsers name the origin of a page that sends a request across origins; what an attacker's name
   * leads to, this machine, is called by that name.
   */
  private static Optional<Refusal> checkPlace(HttpServerRequest request) {
    if (!isLoopback(request.remoteAddress())) {
      return Optional.of(
          new Refusal(
              403,
              "only from this machine, unless redis-proxy.admin.token-file names a file with a"
                  + " token"));
    }
    boolean namedHere = request.authority() != null && isThisMachine(request.authority().host());
    return namedHere && request.getHeader(HttpHeaders.ORIGIN) == null
        ? Optional.empty()
        : Optional.of(new Refusal(403, "not for web pages"));
  }

  private static boolean isLoopback(SocketAddress address) {
    try {
      return InetAddress.getByName(address.hostAddress()).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }

  private static boolean isThisMachine(String host) {
    return host.equalsIgnoreCase("localhost")
        || NetUtil.isValidIpV4Address(host)
        || NetUtil.isValidIpV6Address(host);
  }
}
