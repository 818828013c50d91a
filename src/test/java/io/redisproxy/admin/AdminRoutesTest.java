package io.redisproxy.admin;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.redisproxy.config.ConfigLoader;
import io.redisproxy.config.ListenerConfig;
import io.redisproxy.config.ProxySettings;
import io.redisproxy.metrics.ReloadResult;
import io.redisproxy.topology.NodeGroup;
import io.restassured.specification.RequestSpecification;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AdminRoutesTest {
  private static final String LISTENER =
      """
      [ { "listen": 6380,
          "master": { "host": "host01", "port": 6379, "password": "hidden2" },
          "slave": [ { "host": "host02", "port": 6379 } ],
          "username": "proxy", "password": "hidden1",
          "auth": { "username": "app", "password": "hidden3" },
          "commands": { "KEYS": "master" },
          "deny": [ "FLUSHALL", "DEBUG" ] } ]
      """;

  @TempDir Path folder;
  private final Vertx vertx = Vertx.vertx();
  private final Router router = Router.router(vertx);
  private final FakeControl control = new FakeControl();
  private NodeGroup group;
  private HttpServer server;

  @BeforeEach
  void load() throws IOException {
    control.listeners =
        ConfigLoader.load(Files.writeString(folder.resolve("listeners.json"), LISTENER));
    group = new NodeGroup(control.listeners.get(0));
  }

  @AfterEach
  void stop() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  @Test
  void topologyTellsWhatTheProbesFound() {
    start(Map.of());

    here()
        .get("/admin/topology")
        .then()
        .statusCode(200)
        .contentType("application/json")
        .body("listeners[0].listener", equalTo("6380"))
        .body("listeners[0].nodes[0].address", equalTo("host01:6379"))
        .body("listeners[0].nodes[0].role", equalTo("replica"))
        .body("listeners[0].reason", equalTo(group.topology().reason()))
        .body("listeners[0].nodes[1].lagBytes", nullValue())
        .body("listeners[0].nodes[1].up", is(false))
        .body("listeners[0].nodes[1].detail", equalTo("not probed yet"));
  }

  @Test
  void configShowsAllButTheSecrets() {
    start(Map.of("redis-proxy.client.output-limit", "2M", "redis-proxy.probe.interval", "3s"));

    String shown =
        here()
            .get("/admin/config")
            .then()
            .statusCode(200)
            .body("listeners[0].port", equalTo(6380))
            .body("listeners[0].master", equalTo("host01:6379"))
            .body("listeners[0].replicas", equalTo(List.of("host02:6379")))
            .body("listeners[0].consistency", equalTo("read-your-writes"))
            .body("listeners[0].deny", equalTo(List.of("DEBUG", "FLUSHALL")))
            .body("listeners[0].commands.KEYS", equalTo("master"))
            .body("listeners[0].auth.username", equalTo("app"))
            .body("settings.client.'output-limit'", equalTo(2 << 20))
            .body("settings.probe.interval", equalTo("3000ms"))
            .body("settings", hasKey("event-loops"))
            .extract()
            .asString();
    assertThat(shown).doesNotContain("hidden").contains("***");
  }

  @Test
  void reloadTellsWhatCameOfIt() {
    start(Map.of());
    here().get("/admin/config").then().statusCode(200).body("reload", nullValue());
    Instant at = Instant.parse("2026-01-02T03:04:05Z");
    control.reloaded =
        new Reloaded(at, "a test", ReloadResult.APPLIED, List.of("listener 6380: new deny"));

    here()
        .post("/admin/reload")
        .then()
        .statusCode(200)
        .body("result", equalTo("applied"))
        .body("changes", equalTo(List.of("listener 6380: new deny")));

    control.reloaded = new Reloaded(at, "a test", ReloadResult.REFUSED, List.of("file: wrong"));
    here()
        .post("/admin/reload")
        .then()
        .statusCode(422)
        .body("result", equalTo("refused"))
        .body("mistakes", equalTo(List.of("file: wrong")));
    here()
        .get("/admin/config")
        .then()
        .statusCode(200)
        .body("reload.at", equalTo("2026-01-02T03:04:05Z"))
        .body("reload.cause", equalTo("a test"))
        .body("reload.mistakes", equalTo(List.of("file: wrong")));
    here().get("/admin/reload").then().statusCode(405);
  }

  @Test
  void aFailoverThatSomebodyKnowsOfIsLookedFor() {
    start(Map.of());
    here().post("/admin/failover-hint").then().statusCode(202).body("probing", is(true));
    assertThat(control.probed).isEqualTo("an operator expects a failover");
  }

  @Test
  void drainIsAskedForByPostOnly() {
    start(Map.of());

    here().get("/admin/drain").then().statusCode(405);
    assertThat(control.draining).isFalse();
    here().post("/admin/drain").then().statusCode(202).body("draining", is(true));
    assertThat(control.draining).isTrue();
  }

  @Test
  void withATokenOnlyWhoSaysItMayAsk() throws Exception {
    Path file = Files.writeString(folder.resolve("token"), "secret\n");
    start(Map.of("redis-proxy.admin.token-file", file.toString()));

    here().get("/admin/config").then().statusCode(401).header("WWW-Authenticate", "Bearer");
    for (String wrong : List.of("Bearer secre", "Bearer secret2", "Basic secret", "secret", "")) {
      here().header("Authorization", wrong).post("/admin/drain").then().statusCode(401);
    }
    assertThat(control.draining).isFalse();
    here().header("Authorization", "Bearer secret").get("/admin/config").then().statusCode(200);

    Files.writeString(file, "another");
    here().header("Authorization", "Bearer secret").get("/admin/config").then().statusCode(401);
    here().header("Authorization", "Bearer another").get("/admin/config").then().statusCode(200);

    Files.delete(file);
    here()
        .header("Authorization", "Bearer another")
        .get("/admin/config")
        .then()
        .statusCode(503)
        .body("error", containsString("not found"));
  }

  @Test
  void withoutATokenOnlyThisMachineMayAsk() throws Exception {
    start(Map.of());
    Optional<InetAddress> other =
        NetworkInterface.networkInterfaces()
            .flatMap(NetworkInterface::inetAddresses)
            .filter(address -> address.isSiteLocalAddress() && address.getAddress().length == 4)
            .findAny();
    assumeThat(other).as("an address besides the loopback").isPresent();

    given()
        .baseUri("http://" + other.get().getHostAddress())
        .port(server.actualPort())
        .post("/admin/drain")
        .then()
        .statusCode(403)
        .body("error", containsString("redis-proxy.admin.token-file"));
    assertThat(control.draining).isFalse();
  }

  @Test
  void aWebPageThatABrowserOfThisMachineShowsMayNotAsk() {
    start(Map.of());

    here().header("Origin", "http://example.com").post("/admin/drain").then().statusCode(403);
    here().header("Host", "rebound.example.com").post("/admin/drain").then().statusCode(403);
    assertThat(control.draining).isFalse();
    here().header("Host", "localhost:9000").get("/admin/config").then().statusCode(200);
    here().header("Host", "[::1]:9000").get("/admin/config").then().statusCode(200);
  }

  @Test
  void theDocumentDescribesTheRoutesThereAre() throws Exception {
    start(Map.of());
    String document =
        here()
            .get("/admin/openapi.yaml")
            .then()
            .statusCode(200)
            .body(not(containsString("\t")))
            .extract()
            .asString();
    Set<String> described = new TreeSet<>();
    for (Map.Entry<String, JsonNode> path :
        new YAMLMapper().readTree(document).path("paths").properties()) {
      path.getValue()
          .fieldNames()
          .forEachRemaining(
              method -> described.add(method.toUpperCase(Locale.ROOT) + " " + path.getKey()));
    }
    Set<String> there = new TreeSet<>();
    router
        .getRoutes()
        .forEach(route -> route.methods().forEach(m -> there.add(m + " " + route.getPath())));

    assertThat(described).isEqualTo(there);
  }

  private void start(Map<String, String> properties) {
    ProxySettings settings =
        new SmallRyeConfigBuilder()
            .addDiscoveredConverters()
            .withMapping(ProxySettings.class)
            .withSources(new PropertiesConfigSource(properties, "test", 100))
            .build()
            .getConfigMapping(ProxySettings.class);
    new AdminRoutes(control, () -> List.of(group), settings).register(router);
    server =
        vertx
            .createHttpServer()
            .requestHandler(router)
            .listen(0, "0.0.0.0")
            .toCompletionStage()
            .toCompletableFuture()
            .join();
  }

  private RequestSpecification here() {
    return given().baseUri("http://127.0.0.1").port(server.actualPort());
  }

  private static final class FakeControl implements ProxyControl {
    private List<ListenerConfig> listeners;
    private boolean draining;
    private Reloaded reloaded;
    private String probed;

    @Override
    public Optional<Boolean> isOperatorReady() {
      return Optional.empty();
    }

    @Override
    public void probe(String reason) {
      probed = reason;
    }

    @Override
    public Reloaded reload(String cause) {
      return reloaded;
    }

    @Override
    public Optional<Reloaded> lastReload() {
      return Optional.ofNullable(reloaded);
    }

    @Override
    public boolean isDraining() {
      return draining;
    }

    @Override
    public void drain() {
      draining = true;
    }

    @Override
    public List<Integer> stuckLoops() {
      return List.of();
    }

    @Override
    public List<ListenerConfig> listeners() {
      return listeners;
    }
  }
}
