package io.redisproxy.command;

import static io.redisproxy.command.CommandClass.ANY_NODE;
import static io.redisproxy.command.CommandClass.CLOSE;
import static io.redisproxy.command.CommandClass.CURSOR;
import static io.redisproxy.command.CommandClass.EVERY_NODE;
import static io.redisproxy.command.CommandClass.MASTER;
import static io.redisproxy.command.CommandClass.PINNED;
import static io.redisproxy.command.CommandClass.PINNED_IF_BLOCKING;
import static io.redisproxy.command.CommandClass.READ;
import static io.redisproxy.command.CommandClass.READING_SCRIPT;
import static io.redisproxy.command.CommandClass.READ_AT_MASTER;
import static io.redisproxy.command.CommandClass.READ_BY_SECTION;
import static io.redisproxy.command.CommandClass.RELAYED;
import static io.redisproxy.command.CommandClass.SESSION;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ClassifierTest {

  @Test
  void theUsersOwnListOfReadsIsRead() {
    assertClass(READ, "GET", "MGET", "KEYS", "EXISTS", "SCARD", "LENGTH");
    assertClass(READ_BY_SECTION, "INFO");
  }

  @Test
  void whatOnlyLooksLikeAReadGoesToTheMaster() {
    assertClass(MASTER, "SORT", "GEORADIUS", "GEORADIUSBYMEMBER", "BITFIELD", "GETEX", "GETDEL");
    assertClass(MASTER, "GETSET", "SPOP", "ZRANGESTORE", "GEOSEARCHSTORE", "SINTERSTORE", "COPY");
    assertClass(READ, "SORT_RO", "GEORADIUS_RO", "GEORADIUSBYMEMBER_RO", "BITFIELD_RO");
  }

  @Test
  void aReadThatIsWrongOnAReplicaStaysAtTheMaster() {
    assertClass(MASTER, "TOUCH", "OBJECT FREQ");
    assertClass(MASTER, "OBJECT IDLETIME", "FT.AGGREGATE", "FT.CURSOR READ", "BF.SCANDUMP");
    assertClass(MASTER, "CLUSTERSCAN");
    assertThat(Classifier.READS_KEPT_AT_MASTER.keySet())
        .allMatch(c -> c.has(CommandFlag.READ_ONLY))
        .allMatch(c -> Classifier.classOf(c) == MASTER);
  }

  @Test
  void scriptsThatOnlyReadMayRunOnAReplica() {
    assertClass(MASTER, "EVAL", "EVALSHA", "FCALL", "FUNCTION LOAD");
    assertClass(READING_SCRIPT, "EVAL_RO", "FCALL_RO", "EVALSHA_RO");
    assertClass(EVERY_NODE, "SCRIPT LOAD", "SCRIPT FLUSH");
  }

  @Test
  void anIterationStaysWhereItBegan() {
    assertClass(CURSOR, "SCAN", "HSCAN", "SSCAN", "ZSCAN");
  }

  @Test
  void aContainerIsClassedByItsSubcommand() {
    assertClass(MASTER, "OBJECT", "XINFO", "CLIENT", "CONFIG", "CONFIG GET", "CLIENT HELP");
    assertClass(READ, "OBJECT ENCODING", "MEMORY USAGE");
    assertClass(SESSION, "CLIENT SETNAME", "CLIENT SETINFO", "CLIENT ID", "CLIENT GETNAME");
    assertClass(SESSION, "CLIENT LIST", "CLIENT INFO", "CLIENT KILL", "CLIENT NO-EVICT");
    assertClass(SESSION, "CLIENT REPLY", "CLIENT UNBLOCK", "CLIENT NO-TOUCH");
    assertClass(SESSION, "HELLO", "SELECT", "AUTH", "QUIT", "RESET");
    assertClass(SESSION, "PROXY", "PROXY EXPLAIN");
  }

  @Test
  void whatNeedsAConnectionOfItsOwnIsPinned() {
    assertClass(PINNED, "MULTI", "WATCH", "WAIT", "WAITAOF");
    assertClass(RELAYED, "MONITOR", "SYNC", "PSYNC", "REPLCONF", "SCRIPT DEBUG");
    assertClass(PINNED, "BLPOP", "BRPOP", "BLMOVE", "BLMPOP", "BRPOPLPUSH", "BZPOPMIN", "BZMPOP");
    assertClass(PINNED, "SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE");
    assertClass(PINNED, "CLIENT TRACKING", "ASKING", "READONLY", "READWRITE", "SHUTDOWN");
  }

  @Test
  void whatEndsAHoldUpDoesNotQueueBehindIt() {
    assertClass(PINNED, "CLIENT UNPAUSE", "SCRIPT KILL", "FUNCTION KILL", "FAILOVER");
    assertClass(PINNED, "CLIENT CACHING", "CLIENT GETREDIR");
  }

  @Test
  void everyCommandThatBlocksIsPinned() {
    for (Command command : Command.values()) {
      if (command.has(CommandFlag.BLOCKING)) {
        assertThat(Classifier.classOf(command)).isIn(PINNED, PINNED_IF_BLOCKING);
      }
    }
  }

  @Test
  void readingAStreamIsPinnedOnlyIfItBlocks() {
    assertRequestClass(READ, "INFO");
    assertRequestClass(READ, "INFO all");
    assertRequestClass(READ, "info server Clients");
    assertRequestClass(READ_AT_MASTER, "INFO replication");
    assertRequestClass(READ_AT_MASTER, "info server Replication");
    assertRequestClass(READ, "XREAD COUNT 2 STREAMS s 0");
    assertRequestClass(PINNED, "XREAD count 2 block 0 STREAMS s 0");
    assertRequestClass(READ, "XREAD STREAMS block 0");
    assertRequestClass(MASTER, "XREADGROUP GROUP block block STREAMS s >");
    assertRequestClass(PINNED, "XREADGROUP GROUP g c BLOCK 5 STREAMS s >");
    assertRequestClass(MASTER, "XREADGROUP GROUP g c COUNT 1 CLAIM 100 STREAMS block >");
    assertRequestClass(PINNED, "XREADGROUP GROUP g c CLAIM 100 BLOCK 5 STREAMS s >");
    assertRequestClass(READ, "TS.READ block 0");
    assertRequestClass(PINNED, "TS.READ k 0 BLOCK 0 1");
    assertRequestClass(READ, "GET block");
  }

  @Test
  void whatAnyNodeAnswersAlikeGoesToAny() {
    assertClass(ANY_NODE, "PING", "ECHO");
  }

  @Test
  void aLostBrowserIsTurnedAway() {
    assertClass(CLOSE, "POST", "HOST:");
  }

  @Test
  void whatIsUnknownGoesToTheMaster() {
    assertThat(Classifier.classOf(Command.UNKNOWN)).isEqualTo(MASTER);
  }

  @Test
  void nothingThatWritesIsARead() {
    assertThat(Classifier.READS).noneMatch(c -> c.has(CommandFlag.WRITE));
  }

  private static void assertClass(CommandClass expected, String... names) {
    for (String name : names) {
      Command command = CommandTable.find(name);
      assertThat(command).as(name).isNotEqualTo(Command.UNKNOWN);
      assertThat(Classifier.classOf(command)).as(name).isEqualTo(expected);
    }
  }

  private static void assertRequestClass(CommandClass expected, String line) {
    Command command = CommandTable.find(line.split(" ")[0]);
    assertThat(Classifier.classOf(command, KeyFinderTest.request(line)))
        .as(line)
        .isEqualTo(expected);
  }
}
