package io.redisproxy.operator;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** A pod's admin routes, which answer as they are told to whoever says the token. */
final class FakeProxy implements AutoCloseable {
  private final HttpServer http =
      HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
  private final Map<String, String> answers = new ConcurrentHashMap<>();
  private final Supplier<String> token;
  private volatile boolean hangs;

  FakeProxy(Supplier<String> token) throws IOException {
    this.token = token;
    answers.put("/admin/config", "{ \"reload\": null }");
    http.createContext("/", this::answer);
    http.start();
  }

  int port() {
    return http.getAddress().getPort();
  }

  /** Takes one of two nodes for the master; one that is there twice stands alone. */
  void sees(int listener, String master, String replica) {
    answers.put(
        "/admin/topology",
        """
        { "listeners": [ { "listener": "%d", "reason": "", "nodes": [
            { "address": "%s", "role": "master", "up": true, "lagBytes": 0 },
            { "address": "%s", "role": "replica", "up": true, "lagBytes": 17 } ] } ] }
        """
            .formatted(listener, master, replica));
  }

  void refusesConfiguration(String mistake) {
    answers.put(
        "/admin/config",
        "{ \"reload\": { \"result\": \"refused\", \"mistakes\": [ \"" + mistake + "\" ] } }");
  }

  /** From now on the last byte of its answers doesn't come. */
  void hang() {
    hangs = true;
  }

  private void answer(HttpExchange exchange) throws IOException {
    String said = exchange.getRequestHeaders().getFirst("Authorization");
    String body = answers.getOrDefault(exchange.getRequestURI().getPath(), "");
    int status = !("Bearer " + token.get()).equals(said) ? 401 : body.isEmpty() ? 404 : 200;
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    if (hangs) {
      exchange.sendResponseHeaders(status, bytes.length + 1);
      exchange.getResponseBody().write(bytes);
      exchange.getResponseBody().flush();
      return;
    }
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  @Override
  public void close() {
    http.stop(0);
  }
}
