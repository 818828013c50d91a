package io.redisproxy.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a listener can say beside its port and its servers. */
class ListenerSettingsTest {
  private static final NodeAddress HOST01 = new NodeAddress("host01", 6379);
  private static final NodeAddress HOST02 = new NodeAddress("host02", 6379);
  private static final NodeAddress HOST03 = new NodeAddress("host03", 6379);
  private static final String SECRET = "hunter2";

  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void nameFile() {
    file = folder.resolve("listeners.json");
  }

  @Test
  void theExampleIsRead() {
    Credentials ofHost03 = new Credentials("proxy", "password of host03");
    assertThat(ConfigLoader.load(Path.of("config/example_auth.json")))
        .containsExactly(
            new ListenerConfig(
                6380,
                HOST01,
                List.of(HOST02, HOST03),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.of(new Credentials("default", "password of host01 and host02")),
                Map.of(HOST03, ofHost03),
                Optional.of(new Credentials("probe", "password of the probe at all hosts")),
                Optional.of(new Credentials("app", "password of the proxy")),
                Map.of("MYMODULE.GET", CommandOverride.READ, "KEYS", CommandOverride.MASTER),
                Set.of("FLUSHALL", "CONFIG SET", "DEBUG"),
                Consistency.READ_YOUR_WRITES,
                NilRecheck.NONE,
                HealthLimits.DEFAULT,
                ReadPreference.DEFAULT,
                Resilience.DEFAULT));
  }

  @Test
  void whatIsNotSaidIsEmpty() throws IOException {
    ListenerConfig listener = load("");

    assertThat(listener).isEqualTo(new ListenerConfig(6380, HOST01, List.of(HOST02)));
    assertThat(listener.credentialsOf(HOST01)).isEmpty();
    assertThat(listener.probeCredentialsOf(HOST01)).isEmpty();
    assertThat(listener.auth()).isEmpty();
    assertThat(listener.commands()).isEmpty();
    assertThat(listener.deny()).isEmpty();
  }

  @Test
  void aNodeWithItsOwnCredentialsTakesNothingFromTheListener() throws IOException {
    ListenerConfig listener =
        load("'password': 'own'", "'username': 'proxy', 'password': 'common'");

    assertThat(listener.credentialsOf(HOST01)).contains(new Credentials("proxy", "common"));
    assertThat(listener.credentialsOf(HOST02)).contains(new Credentials("default", "own"));
    assertThat(listener.credentialsOf(HOST03)).contains(new Credentials("proxy", "common"));
  }

  @Test
  void theProbeHasItsOwnCredentialsForAllServersOrThoseForClients() throws IOException {
    String listeners = "'username': 'proxy', 'password': 'common'";

    assertThat(load("'password': 'own'", listeners).probeCredentialsOf(HOST02))
        .contains(new Credentials("default", "own"));
    ListenerConfig listener =
        load(
            "'password': 'own'",
            listeners + ", 'probe': { 'username': 'health', 'password': 'p' }");
    assertThat(listener.probeCredentialsOf(HOST01)).contains(new Credentials("health", "p"));
    assertThat(listener.probeCredentialsOf(HOST02)).contains(new Credentials("health", "p"));
    assertThat(listener.credentialsOf(HOST02)).contains(new Credentials("default", "own"));
    assertThat(mistakes("'probe': { 'username': 'health' }"))
        .containsExactly(
            "listeners[0].probe: the password is missing; add \"password\" or \"passwordFile\"");
  }

  @Test
  void aListenerIsShownWithoutPasswords() throws IOException {
    String shown =
        load(
                "'password': 'hunter2-own'",
                "'password': 'hunter2', 'auth': { 'password': 'hunter2' }")
            .toString();

    assertThat(shown)
        .contains("auth=Optional[Credentials[username=default, password=***]]")
        .doesNotContain(SECRET);
  }

  @Test
  void aPasswordIsReadFromAFileBesideTheJson() throws IOException {
    Files.createDirectory(folder.resolve("secrets"));
    for (String lineBreak : List.of("", "\n", "\r\n")) {
      Files.writeString(folder.resolve("secrets/redis"), "pässword " + lineBreak);

      assertThat(load("'passwordFile': 'secrets/redis'").credentials())
          .contains(new Credentials("default", "pässword "));
    }
    Files.writeString(folder.resolve("secrets/redis"), "two\n\n");
    assertThat(load("'auth': { 'passwordFile': 'secrets/redis' }").auth())
        .contains(new Credentials("default", "two\n"));
  }

  @Test
  void aPasswordIsReadFromAFileElsewhere(@TempDir Path elsewhere) throws IOException {
    Path secret = Files.writeString(elsewhere.resolve("redis"), SECRET);

    assertThat(load("'username': 'u', 'passwordFile': '" + secret + "'", "").credentialsOf(HOST02))
        .contains(new Credentials("u", SECRET));
  }

  @Test
  void aFileThatHoldsNoPasswordIsTold() throws IOException {
    Path secret = folder.resolve("secret");
    String names = "'passwordFile': 'secret'";
    assertThat(mistakes(names))
        .containsExactly(
            "listeners[0].passwordFile: not found; check the path, here it is " + secret);
    Files.writeString(secret, "\n");
    assertThat(mistakes("'auth': { " + names + " }"))
        .containsExactly(
            "listeners[0].auth.passwordFile: the file is empty; write the password into it");
    Files.write(secret, SECRET.getBytes(StandardCharsets.UTF_16));
    assertThat(mistakes(names, ""))
        .containsExactly(
            "listeners[0].slave[0].passwordFile: the file is not text; save the password as UTF-8");
    Files.delete(secret);
    Files.createDirectory(secret);
    assertThat(mistakes(names))
        .containsExactly(
            "listeners[0].passwordFile: this is a directory; name the file with the password in"
                + " it");
    assertThat(mistakes("'passwordFile': 'a\\u0000b'"))
        .containsExactly(
            "listeners[0].passwordFile: \"a\\u0000b\" is not a path; write it as"
                + " \"/run/secrets/redis\", or from "
                + folder);
  }

  @Test
  void aFileThatIsFarTooLargeIsNotReadToItsEnd() throws IOException {
    assertThat(mistakes("'passwordFile': '/dev/zero'"))
        .containsExactly(
            "listeners[0].passwordFile: larger than 16 MB; name the file with the password");
  }

  @Test
  void allMistakesInCredentialsAreTold() throws IOException {
    assertThat(
            mistakes(
                "'username': 'u'",
                """
                'username': 5, 'password': 5, 'passwordFile': 'x',
                'auth': { 'username': 'a b' }, 'pasword': 'x'"""))
        .containsExactly(
            "listeners[0].pasword: unknown key; use " + String.join(", ", ListenersParser.KEYS),
            "listeners[0].slave[0].username: a user needs a password; add \"password\" or"
                + " \"passwordFile\", or remove it",
            "listeners[0].username: 5 is not a user name; write it in quotes, without blanks",
            "listeners[0].password: a number is not a password; write it in quotes",
            "listeners[0].passwordFile: \"password\" is there too; keep one of them",
            "listeners[0].auth: the password is missing; add \"password\" or \"passwordFile\"");
    assertThat(mistakes("'username': 'u', 'passwd': 'x', 'auth': { 'password': '' }"))
        .containsExactly(
            "listeners[0].passwd: unknown key; did you mean \"password\"?",
            "listeners[0].auth.password: the password is empty; write it, or remove the key");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'auth': 'hunter2'",
        "'auth': [ 'hunter2' ]",
        "'auth': { 'pass': 'hunter2' }",
        "'auth': { 'password': [ 'hunter2' ] }",
        "'password': { 'hidden': 'hunter2' }",
        "'password': 'hunter2', 'password': 'hunter2'",
        "'password': 'hunter2', 'passwordFile': 'x'",
        "'pasword': 'hunter2'",
        "'password': hunter2",
        "'password': 'hunter2",
        "'password': 'hunter2' x",
        "'slave': [ 'redis://u:hunter2@host02:6379' ]",
        "'slave': [ { 'host': ':hunter2@host02', 'port': 6379 } ]",
      })
  void noMistakeShowsAPassword(String keys) throws IOException {
    Files.writeString(
        file, json("'listen': 6380, 'master': { 'host': 'host01', 'port': 6379 }, " + keys));

    assertThat(message()).doesNotContain(SECRET);
  }

  @Test
  void aPasswordThatIsANumberIsNotShown() throws IOException {
    assertThat(mistakes("'auth': 12345", "'password': 12345"))
        .containsExactly(
            "listeners[0].slave[0].auth: unknown key; use " + String.join(", ", NodesParser.KEYS),
            "listeners[0].password: a number is not a password; write it in quotes");
    assertThat(mistakes("'auth': 12345"))
        .containsExactly(
            "listeners[0].auth: a number is not a user with a password; write it as {"
                + " \"password\": \"...\" }");
    assertThat(mistakes("'auth': { 'password': true }"))
        .containsExactly(
            "listeners[0].auth.password: a truth value is not a password; write it in quotes");
  }

  @Test
  void commandsAreNamedInAnyCaseWithABlankOrABarBeforeTheSubcommand() throws IOException {
    ListenerConfig listener =
        load(
            """
            'commands': { 'get': 'master', 'Object|Freq': 'read', 'json.get': 'read',
                          'xinfo stream': 'write' },
            'deny': [ 'flushAll', 'client|kill', 'Config Set' ]""");

    assertThat(listener.commands())
        .isEqualTo(
            Map.of(
                "GET", CommandOverride.MASTER,
                "OBJECT FREQ", CommandOverride.READ,
                "JSON.GET", CommandOverride.READ,
                "XINFO STREAM", CommandOverride.WRITE));
    assertThat(listener.deny()).isEqualTo(Set.of("FLUSHALL", "CLIENT KILL", "CONFIG SET"));
  }

  @Test
  void allMistakesInCommandsAreTold() throws IOException {
    String names =
        " is not the name of a command; write it as \"GET\", and a subcommand as \"CLIENT|LIST\"";
    assertThat(
            mistakes(
                """
                'commands': { 'GET': 'raed', 'get': 'replica', 'a\\nb': 1 },
                'deny': [ 'DEBUG', 'CLIENT  LIST', 5, 'debug', 'A|B|C', 'A ' ]"""))
        .containsExactly(
            "listeners[0].commands.GET: \"raed\" is not one of the words for it; did you mean"
                + " \"read\"?",
            "listeners[0].commands.get: GET is there already, as listeners[0].commands.GET; remove"
                + " one of them",
            "listeners[0].commands.get: \"replica\" is not one of the words for it; use \"read\","
                + " \"write\", \"master\"",
            "listeners[0].commands.a\\nb: \"a\\nb\"" + names,
            "listeners[0].commands.a\\nb: 1 is not one of the words for it; use \"read\","
                + " \"write\", \"master\"",
            "listeners[0].deny[1]: \"CLIENT  LIST\"" + names,
            "listeners[0].deny[2]: 5 is not a command; write its name in quotes",
            "listeners[0].deny[3]: DEBUG is there already, as listeners[0].deny[0]; remove one of"
                + " them",
            "listeners[0].deny[4]: \"A|B|C\"" + names,
            "listeners[0].deny[5]: \"A \"" + names);
    assertThat(mistakes("'commands': [ 'GET' ], 'deny': 'DEBUG'"))
        .containsExactly(
            "listeners[0].commands: an array is not a map of commands; write it as {"
                + " \"MYMODULE.GET\": \"read\" }",
            "listeners[0].deny: \"DEBUG\" is not an array of commands; write it as [ \"FLUSHALL\""
                + " ]");
  }

  private ListenerConfig load(String ofListener) throws IOException {
    return load("", ofListener);
  }

  private ListenerConfig load(String ofReplica, String ofListener) throws IOException {
    write(ofReplica, ofListener);
    return ConfigLoader.load(file).get(0);
  }

  private List<String> mistakes(String ofListener) throws IOException {
    return mistakes("", ofListener);
  }

  private List<String> mistakes(String ofReplica, String ofListener) throws IOException {
    write(ofReplica, ofListener);
    return message().lines().skip(1).map(String::strip).toList();
  }

  private String message() {
    return catchThrowableOfType(ConfigException.class, () -> ConfigLoader.load(file)).getMessage();
  }

  /** A listener with a master and a replica, and with further keys for both. */
  private void write(String ofReplica, String ofListener) throws IOException {
    String replica = "{ 'host': 'host02', 'port': 6379" + further(ofReplica) + " }";
    Files.writeString(
        file,
        json(
            "'listen': 6380, 'master': { 'host': 'host01', 'port': 6379 }, 'slave': [ "
                + replica
                + " ]"
                + further(ofListener)));
  }

  private static String further(String keys) {
    return keys.isEmpty() ? "" : ", " + keys;
  }

  private static String json(String listener) {
    return "[ { " + listener.replace('\'', '"') + " } ]";
  }
}
