package io.redisproxy.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.TestProxy;
import io.redisproxy.dev.FreePorts;
import io.redisproxy.fixture.Browser;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RedisGroup;
import io.vertx.core.Vertx;
import io.vertx.ext.web.Router;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page at /, as browsers get it and as it looks in a real one. */
class LivePageTest {
  private static final Path SCREENSHOTS = Path.of("target/screenshots");

  @TempDir Path folder;
  private final int httpPort = FreePorts.next();
  private final Vertx vertx = Vertx.vertx();
  @AutoClose private RedisGroup group;
  @AutoClose private TestProxy proxy;

  @BeforeEach
  void start() {
    group = RedisGroup.start(2);
    proxy = TestProxy.start(group, Map.of("probe.timeout", "500ms"), TestProxy::eventual);
    Router router = Router.router(vertx);
    new LivePage(
            vertx, new LiveData(proxy.groups(), () -> false, proxy.registry(), proxy.insight()))
        .register(router);
    vertx
        .createHttpServer()
        .requestHandler(router)
        .listen(httpPort, "127.0.0.1")
        .toCompletionStage()
        .toCompletableFuture()
        .join();
  }

  @AfterEach
  void stop() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  @Test
  void thePageNeedsNothingFromElsewhere() throws Exception {
    HttpResponse<String> page = get("/", HttpResponse.BodyHandlers.ofString());
    assertThat(page.statusCode()).isEqualTo(200);
    assertThat(page.headers().firstValue("content-type")).contains("text/html; charset=utf-8");
    assertThat(page.headers().firstValue("content-security-policy").orElseThrow())
        .startsWith("default-src 'none'");
    assertThat(page.body().replace("http://www.w3.org/2000/svg", ""))
        .doesNotContain("http://", "https://", "innerHTML", "<script src", "<link rel=\"style");
    assertThat(page.body().length()).isLessThan(32_000);
  }

  @Test
  void eventsComeByThemselvesAndTellNoKeys() throws Exception {
    try (RawClient client = proxy.connect()) {
      client.call("SET", "a-secret-key", "1");
      HttpResponse<InputStream> events = get("/live", HttpResponse.BodyHandlers.ofInputStream());
      assertThat(events.headers().firstValue("content-type")).contains("text/event-stream");
      try (BufferedReader lines =
          new BufferedReader(new InputStreamReader(events.body(), StandardCharsets.UTF_8))) {
        int seen = 0;
        for (String line = lines.readLine(); seen < 3; line = lines.readLine()) {
          if (line.startsWith("data: ")) {
            seen++;
            assertThat(line)
                .contains("\"role\":\"master\"", "\"command\":\"set\"", "\"clients\":1.0")
                .doesNotContain("a-secret-key");
          }
        }
      }
    }
  }

  @Test
  void aReplicaIsSeenToDieAndToComeBack() throws Exception {
    assumeThat(Browser.isInstalled()).as("Chromium is installed").isTrue();
    String dead = "127.0.0.1:" + group.replica(0).port();
    try (Browser browser = Browser.open(folder);
        RawClient client = proxy.connect()) {
      browser.size(1280, 1000);
      browser.prefer("light");
      browser.go("http://127.0.0.1:" + httpPort + "/");
      awaitRow(client, browser, dead, "up");
      assertThat(browser.text()).contains("Listener " + proxy.port(), "live", "get (replica)");
      browser.screenshot(SCREENSHOTS.resolve("1-all-up.png"));

      group.replica(0).kill();
      awaitRow(client, browser, dead, "down");
      await().until(() -> browser.text().contains("replica " + dead + " is down"));
      assertThat(browser.text()).contains("What faults have cost", "Sent again");
      browser.screenshot(SCREENSHOTS.resolve("2-replica-down.png"));

      group.replica(0).restart();
      awaitRow(client, browser, dead, "up");
      await().until(() -> browser.text().contains("replica " + dead + " is up"));
      browser.prefer("dark");
      browser.screenshot(SCREENSHOTS.resolve("3-replica-back-dark.png"));

      browser.size(390, 844);
      assertThat(browser.evaluate("document.documentElement.scrollWidth").asInt())
          .as("nothing is wider than a phone")
          .isLessThanOrEqualTo(390);
      browser.screenshot(SCREENSHOTS.resolve("4-phone.png"));
      assertThat(browser.errors()).isEmpty();
    }
  }

  @Test
  void theKeyboardIsEnough() throws Exception {
    assumeThat(Browser.isInstalled()).as("Chromium is installed").isTrue();
    try (Browser browser = Browser.open(folder)) {
      browser.go("http://127.0.0.1:" + httpPort + "/");
      await().until(() -> browser.text().contains("Listener " + proxy.port()));
      browser.press("Tab", 9);
      assertThat(browser.evaluate("document.activeElement.id").asText()).isEqualTo("pause");
      browser.press("Enter", 13);
      await().until(() -> pressed(browser).equals("true"));
      browser.press("Enter", 13);
      await().until(() -> pressed(browser).equals("false"));
      browser.press("Tab", 9);
      String label = "document.activeElement.getAttribute('aria-label')";
      String table = browser.evaluate(label).asText();
      assertThat(table).isEqualTo("Nodes of listener " + proxy.port());
      double loaded = browser.evaluate("last.at").asDouble();
      await().until(() -> browser.evaluate("last.at").asDouble() > loaded);
      assertThat(browser.evaluate(label).asText()).as("after a refresh").isEqualTo(table);
      assertThat(
              browser
                  .evaluate(
                      "document.querySelectorAll('svg:not([aria-label]), th:not([scope])').length")
                  .asInt())
          .as("what has no label")
          .isZero();
    }
  }

  private static String pressed(Browser browser) {
    return browser
        .evaluate("document.getElementById('pause').getAttribute('aria-pressed')")
        .asText();
  }

  /** The client reads meanwhile, so that there is something to see. */
  private void awaitRow(RawClient client, Browser browser, String node, String state) {
    String script =
        "[...document.querySelectorAll('tr')].filter(row => row.cells[0].innerText == '%s')"
                .formatted(node)
            + ".map(row => row.cells[2].innerText).join()";
    await()
        .atMost(Duration.ofSeconds(30))
        .until(
            () -> {
              client.call("SET", "a", "1");
              client.call("GET", "a");
              return browser.evaluate(script).asText().startsWith(state + " since ")
                  && browser.evaluate("last.listeners[0].commands.length").asInt() > 1;
            });
  }

  private <T> HttpResponse<T> get(String path, HttpResponse.BodyHandler<T> body) throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + httpPort + path)).build(),
            body);
  }
}
