package io.redisproxy.admin;

import io.redisproxy.config.ProxySettings;
import io.redisproxy.metrics.ReloadResult;
import io.redisproxy.topology.NodeGroups;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/**
 * What operators, and Kubernetes' operators, ask and tell the proxy by HTTP; {@code
 * admin-openapi.yaml} describes it.
 */
@Singleton
class AdminRoutes {
  static final String PATH = "/admin";

  private final ProxyControl proxy;
  private final NodeGroups groups;
  private final ProxySettings settings;
  private final AdminAccess access;

  AdminRoutes(ProxyControl proxy, NodeGroups groups, ProxySettings settings) {
    this.proxy = proxy;
    this.groups = groups;
    this.settings = settings;
    access = new AdminAccess(settings.admin().tokenFile());
  }

  void register(@Observes Router router) {
    route(
        router,
        HttpMethod.GET,
        "/topology",
        request -> send(request, 200, ShownTopology.of(groups.groups())));
    route(router, HttpMethod.GET, "/config", request -> send(request, 200, config()));
    route(router, HttpMethod.POST, "/failover-hint", this::look);
    route(router, HttpMethod.POST, "/reload", this::reload);
    route(router, HttpMethod.POST, "/drain", this::drain);
    route(router, HttpMethod.GET, "/openapi.yaml", AdminRoutes::describe);
  }

  /** On a worker: the check reads a file. */
  private void route(
      Router router, HttpMethod method, String path, Handler<RoutingContext> handler) {
    router
        .route(method, PATH + path)
        .blockingHandler(
            request ->
                access
                    .check(request.request())
                    .ifPresentOrElse(
                        refusal -> refuse(request, refusal), () -> handler.handle(request)),
            false);
  }

  private static void refuse(RoutingContext request, AdminAccess.Refusal refusal) {
    if (refusal.status() == 401) {
      request.response().putHeader("WWW-Authenticate", "Bearer");
    }
    send(request, refusal.status(), JsonObject.of("error", refusal.reason()));
  }

  private static void send(RoutingContext request, int status, JsonObject body) {
    request
        .response()
        .setStatusCode(status)
        .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
        .end(body.encodePrettily() + "\n");
  }

  private JsonObject config() {
    return new JsonObject()
        .put("listeners", Shown.list(proxy.listeners()))
        .put("settings", Shown.settings(settings))
        .put("reload", proxy.lastReload().map(AdminRoutes::shown).orElse(null));
  }

  private static JsonObject shown(Reloaded reload) {
    boolean refused = reload.result() == ReloadResult.REFUSED;
    return new JsonObject()
        .put("at", reload.at().toString())
        .put("cause", reload.cause())
        .put("result", reload.result().label())
        .put(refused ? "mistakes" : "changes", new JsonArray(reload.lines()));
  }

  private void reload(RoutingContext request) {
    Reloaded reload = proxy.reload("POST " + PATH + "/reload");
    send(request, reload.result() == ReloadResult.REFUSED ? 422 : 200, shown(reload));
  }

  /** Who moves the master knows before the next probe that something is about to change. */
  private void look(RoutingContext request) {
    proxy.probe("an operator expects a failover");
    send(request, 202, JsonObject.of("probing", true));
  }

  private void drain(RoutingContext request) {
    proxy.drain();
    send(request, 202, JsonObject.of("draining", true));
  }

  private static void describe(RoutingContext request) {
    try (InputStream document = AdminRoutes.class.getResourceAsStream("/admin-openapi.yaml")) {
      request
          .response()
          .putHeader(HttpHeaders.CONTENT_TYPE, "application/yaml")
          .end(Buffer.buffer(document.readAllBytes()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
