package io.redisproxy.command;

import static io.redisproxy.command.ServerCommand.ask;
import static org.assertj.core.api.Assertions.assertThat;

import io.redisproxy.dev.RedisProcess;
import io.redisproxy.fixture.ServerVersion;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Connection;
import redis.clients.jedis.exceptions.JedisDataException;

/** Compares our table, which is of newer servers, with that of the server that tests run. */
class CommandTableAgainstServerTest {
  /** Servers keep this flag to themselves. */
  private static final Set<CommandFlag> NEVER_TOLD = EnumSet.of(CommandFlag.MAY_REPLICATE);

  /** Redis 7.2 let scripts call these, which then do not block, and flagged WAIT as blocking. */
  private static final Map<String, Set<String>> FLAGS_OF_7_0 =
      Map.of(
          "BLPOP", Set.of("NOSCRIPT"),
          "BRPOP", Set.of("NOSCRIPT"),
          "BRPOPLPUSH", Set.of("NOSCRIPT"),
          "BLMOVE", Set.of("NOSCRIPT"),
          "BZPOPMIN", Set.of("NOSCRIPT"),
          "BZPOPMAX", Set.of("NOSCRIPT"),
          "WAIT", Set.of("NOSCRIPT", "BLOCKING"));

  /** Redis 8.6 has these refused when there is no memory left. */
  private static final Map<String, Set<String>> FLAGS_BEFORE_REDIS_8_6 =
      Map.of(
          "PSUBSCRIBE", Set.of("DENYOOM"),
          "SSUBSCRIBE", Set.of("DENYOOM"),
          "SUBSCRIBE", Set.of("DENYOOM"));

  /** Later versions take an option more, or a command without arguments. */
  private static final Set<String> ARITY_OF_7_0 =
      Set.of("ZRANK", "ZREVRANK", "COMMAND GETKEYS", "COMMAND GETKEYSANDFLAGS");

  /** Valkey 9 detaches a replica with the one, and names the engine of scripts in the other. */
  private static final Set<String> ARITY_BEFORE_VALKEY_9_1 =
      Set.of("CLUSTER REPLICATE", "SCRIPT DEBUG");

  private static final Set<String> ARITY_OF_VALKEY = Set.of("COMMANDLOG GET");

  @AutoClose private static RedisProcess redis;
  @AutoClose private static Connection connection;
  private static List<ServerCommand> commands;
  private static ServerVersion version;

  @BeforeAll
  static void start() {
    redis = RedisProcess.start();
    connection = ServerCommand.connect(redis.port());
    commands = ServerCommand.all(connection);
    version = ServerVersion.at(redis.port());
  }

  @Test
  void everyCommandOfTheServerIsInTheTable() {
    assertThat(commands).hasSizeGreaterThan(350);
    assertThat(commands).allSatisfy(c -> assertThat(c.command()).isNotEqualTo(Command.UNKNOWN));
  }

  @Test
  void flagsAgree() {
    Map<String, Set<String>> differences =
        commands.stream()
            .collect(Collectors.toMap(ServerCommand::name, this::flagsThatDiffer))
            .entrySet()
            .stream()
            .filter(difference -> !difference.getValue().isEmpty())
            .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    Map<String, Set<String>> known = new HashMap<>();
    if (!version.isRedisSince(8, 6)) {
      known.putAll(FLAGS_BEFORE_REDIS_8_6);
    }
    if (!version.isValkey() && !version.isRedisSince(8, 0)) {
      known.putAll(FLAGS_OF_7_0);
    }
    assertThat(differences).isEqualTo(known);
  }

  @Test
  void arityAgrees() {
    Set<String> known = new TreeSet<>();
    if (!version.isValkeySince(9, 1)) {
      known.addAll(ARITY_BEFORE_VALKEY_9_1);
    }
    if (version.isValkey()) {
      known.addAll(ARITY_OF_VALKEY);
    } else if (!version.isRedisSince(8, 0)) {
      known.addAll(ARITY_OF_7_0);
    }
    assertThat(
            names(
                commands.stream()
                    .filter(c -> !c.isOfModule())
                    .filter(c -> c.arity() != c.command().arity())))
        .isEqualTo(known);
  }

  @Test
  void keySpecificationsAgree() {
    assertThat(commands)
        .allSatisfy(c -> assertThat(c.command().keySpecs()).isEqualTo(c.keySpecs()));
  }

  @Test
  void aCommandIsAReadIfTheServerSaysSoButForThoseListed() {
    Set<String> saysRead = names(commands.stream().filter(c -> c.flags().contains("readonly")));
    Set<String> isRead = names(commands.stream().filter(this::isReadUnlessBlocking));
    Set<String> kept = new TreeSet<>(saysRead);
    kept.removeAll(isRead);
    Set<String> added = new TreeSet<>(isRead);
    added.removeAll(saysRead);
    assertThat(kept).isEqualTo(onServer(Classifier.READS_KEPT_AT_MASTER.keySet()));
    assertThat(added).isEqualTo(onServer(Classifier.READS_WITHOUT_FLAG));
  }

  @Test
  void whatTheServerSaysBlocksOrSubscribesIsNeverShared() {
    assertThat(commands.stream().filter(c -> c.flags().contains("blocking")))
        .allSatisfy(
            c ->
                assertThat(Classifier.classOf(c.command()))
                    .isIn(CommandClass.PINNED, CommandClass.PINNED_IF_BLOCKING));
    assertThat(commands.stream().filter(c -> c.name().endsWith("SUBSCRIBE")))
        .hasSize(6)
        .allSatisfy(
            c -> assertThat(Classifier.classOf(c.command())).isEqualTo(CommandClass.PINNED));
  }

  @Test
  void whatAServerBusyWithAScriptStillTakesDoesNotWaitBehindTheScript() {
    assertThat(commands.stream().filter(c -> c.flags().contains("allow_busy")))
        .filteredOn(c -> !Set.of("DISCARD", "UNWATCH").contains(c.name()))
        .allSatisfy(
            c ->
                assertThat(Classifier.classOf(c.command()))
                    .isIn(CommandClass.PINNED, CommandClass.RELAYED, CommandClass.SESSION));
  }

  @Test
  void keysOfEveryCommandAreThoseTheServerFinds() {
    for (ServerCommand command : commands) {
      // A keyword is not to be made up, nor a subcommand; examples of keywords follow below.
      boolean needsWord = command.keySpecs().stream().limit(1).anyMatch(s -> s.keyword() != null);
      if (needsWord || command.command().isContainer()) {
        continue;
      }
      // Redis 7.0 finds no keys in PFMERGE without sources, though it takes it.
      int least = command.name().equals("PFMERGE") ? 1 : 0;
      int most = command.arity() > 0 ? 0 : 3;
      for (int more = least; more <= most; more++) {
        assertSameKeys(command.request(more));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "EVAL s 0 a",
        "EVAL s 2 a b c",
        "EVALSHA_RO s 1 a b",
        "FCALL f 3 a b c d",
        "ZUNIONSTORE d 2 a b WEIGHTS 1 2",
        "ZINTER 3 a b c WITHSCORES",
        "ZDIFFSTORE d 1 a",
        "SINTERCARD 2 a b LIMIT 1",
        "LMPOP 2 a b LEFT",
        "BZMPOP 0 2 a b MIN",
        "XREAD STREAMS a 0",
        "XREAD COUNT 2 BLOCK 0 STREAMS a b c 0 0 0",
        "xread count 2 streams a b $ $",
        "XREADGROUP GROUP g c COUNT 1 STREAMS a b > >",
        "XREADGROUP GROUP STREAMS STREAMS STREAMS a >",
        "SORT a",
        "SORT a BY w_* LIMIT 0 5 GET v_* GET # ASC ALPHA STORE d",
        "SORT a BY STORE GET STORE STORE d",
        "sort a store d store e",
        "SORT_RO a BY w_* GET v_*",
        "MIGRATE h 1 a 0 5",
        "MIGRATE h 1 a 0 5 COPY REPLACE AUTH p",
        "MIGRATE h 1  0 5 COPY KEYS a b c",
        "MIGRATE h 1  0 5 AUTH2 u p KEYS a",
        "GEORADIUS a 0 0 1 m",
        "GEORADIUS a 0 0 1 m COUNT 1 STORE d",
        "GEORADIUSBYMEMBER a STORE 1 m storedist d",
        "BITOP AND d a b c",
        "MSET a 1 b 2 c 3",
        "BLPOP a b c 0",
        "LCS a b IDX",
        "OBJECT ENCODING a",
        "XGROUP CREATE a g 0",
        "MEMORY USAGE a SAMPLES 0",
        "PFMERGE d a b",
        "COPY a b DB 1 REPLACE",
        "SPUBLISH c m",
        "PUBLISH c m",
      })
  void keysAreThoseTheServerFinds(String line) {
    assertSameKeys(List.of(line.split(" ")));
  }

  private static void assertSameKeys(List<String> request) {
    Command command = CommandTableTest.lookup(request.get(0));
    if (command.isContainer() && request.size() > 1) {
      command = CommandTableTest.lookup(request.get(0) + " " + request.get(1));
    }
    List<byte[]> bytes =
        request.stream().map(word -> word.getBytes(StandardCharsets.UTF_8)).toList();
    List<String> ours =
        IntStream.of(KeyFinder.find(command, bytes)).mapToObj(request::get).sorted().toList();
    assertThat(ours).as(String.join(" ", request)).isEqualTo(keysThatTheServerFinds(request));
  }

  private static List<String> keysThatTheServerFinds(List<String> request) {
    if (request.size() == 1) {
      // Redis 7.0 refuses to look at a name alone.
      return List.of();
    }
    try {
      List<String> getKeys =
          Stream.concat(Stream.of("COMMAND", "GETKEYS"), request.stream()).toList();
      return ((List<?>) ask(connection, getKeys))
          .stream().map(ServerCommand::text).sorted().toList();
    } catch (JedisDataException e) {
      assertThat(e)
          .as(String.join(" ", request))
          .hasMessage("ERR The command has no key arguments");
      return List.of();
    }
  }

  private Set<String> flagsThatDiffer(ServerCommand command) {
    Set<String> differing = new TreeSet<>();
    for (CommandFlag flag : CommandFlag.values()) {
      String told = flag.name().toLowerCase(Locale.ROOT);
      boolean theirs =
          switch (flag) {
            case READ_ONLY, PUB_SUB -> command.flags().contains(told.replace("_", ""));
            case WRITE, DENYOOM, ADMIN, NOSCRIPT, BLOCKING, FAST, MAY_REPLICATE, NO_AUTH ->
                command.flags().contains(told);
          };
      if (command.command().has(flag) != theirs && !NEVER_TOLD.contains(flag)) {
        differing.add(flag.name());
      }
    }
    return differing;
  }

  private boolean isReadUnlessBlocking(ServerCommand command) {
    CommandClass commandClass = Classifier.classOf(command.command());
    if (commandClass == CommandClass.PINNED_IF_BLOCKING) {
      commandClass = Classifier.classIfNotBlocking(command.command());
    }
    return Set.of(
            CommandClass.READ,
            CommandClass.READ_BY_SECTION,
            CommandClass.CURSOR,
            CommandClass.READING_SCRIPT)
        .contains(commandClass);
  }

  private static Set<String> onServer(Collection<Command> ours) {
    return names(commands.stream().filter(c -> ours.contains(c.command())));
  }

  private static Set<String> names(Stream<ServerCommand> some) {
    return some.map(ServerCommand::name).collect(Collectors.toCollection(TreeSet::new));
  }
}
