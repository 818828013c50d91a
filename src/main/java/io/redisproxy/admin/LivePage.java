package io.redisproxy.admin;

import io.micrometer.prometheus.PrometheusMeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.redisproxy.session.Insight;
import io.redisproxy.topology.NodeGroups;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The page at {@code /}, and the stream of events that it follows: one a second, the same for all
 * who look.
 */
@Singleton
final class LivePage {
  private static final long INTERVAL_MS = 1000;

  /** Who takes no events for so many bytes of them has gone to sleep. */
  private static final int MOST_WAITING = 1 << 20;

  private static final int MOST_VIEWERS = 50;

  private static final String POLICY =
      "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline';"
          + " connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none';"
          + " frame-ancestors 'none'";

  private final Vertx vertx;
  private final LiveData data;
  private final Set<HttpServerResponse> viewers = ConcurrentHashMap.newKeySet();
  private long timer = -1;

  @Inject
  LivePage(
      Vertx vertx,
      NodeGroups groups,
      ProxyControl proxy,
      PrometheusMeterRegistry registry,
      Insight insight) {
    this(vertx, new LiveData(groups, proxy::isDraining, registry, insight));
  }

  LivePage(Vertx vertx, LiveData data) {
    this.vertx = vertx;
    this.data = data;
  }

  void register(@Observes Router router) {
    router.get("/").handler(LivePage::page);
    router.get("/live").handler(this::follow);
    timer = vertx.setPeriodic(INTERVAL_MS, tick -> onTick());
  }

  void onStop(@Observes ShutdownEvent event) {
    vertx.cancelTimer(timer);
    viewers.forEach(HttpServerResponse::end);
  }

  private static void page(RoutingContext request) {
    try (InputStream page = LivePage.class.getResourceAsStream("/live.html")) {
      request
          .response()
          .putHeader(HttpHeaders.CONTENT_TYPE, "text/html; charset=utf-8")
          .putHeader(HttpHeaders.CACHE_CONTROL, "no-cache")
          .putHeader("Content-Security-Policy", POLICY)
          .putHeader("X-Content-Type-Options", "nosniff")
          .putHeader("Referrer-Policy", "no-referrer")
          .end(Buffer.buffer(page.readAllBytes()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void follow(RoutingContext request) {
    HttpServerResponse response = request.response();
    if (viewers.size() >= MOST_VIEWERS) {
      response.setStatusCode(503).end("too many look already\n");
      return;
    }
    response
        .setChunked(true)
        .setWriteQueueMaxSize(MOST_WAITING)
        .putHeader(HttpHeaders.CONTENT_TYPE, "text/event-stream")
        .putHeader(HttpHeaders.CACHE_CONTROL, "no-store");
    response.closeHandler(closed -> viewers.remove(response));
    response.endHandler(ended -> viewers.remove(response));
    viewers.add(response);
    response.write("retry: 2000\n\n");
    vertx.executeBlocking(
        () -> {
          response.write(event());
          return null;
        });
  }

  private void onTick() {
    if (!viewers.isEmpty()) {
      vertx.executeBlocking(this::send, true);
    }
  }

  /** On a worker: with many clients, to sum up takes a moment. */
  private Void send() {
    String event = event();
    for (HttpServerResponse viewer : viewers) {
      if (viewer.writeQueueFull()) {
        viewer.close();
      } else {
        viewer.write(event);
      }
    }
    return null;
  }

  private String event() {
    return "data: " + data.at(Instant.now()).encode() + "\n\n";
  }
}
