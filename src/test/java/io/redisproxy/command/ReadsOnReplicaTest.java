package io.redisproxy.command;

import static io.redisproxy.command.ServerCommand.ask;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.dev.RedisProcess;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Connection;
import redis.clients.jedis.exceptions.JedisDataException;

/** Asks a real replica, which is read-only, what it takes. */
class ReadsOnReplicaTest {
  @AutoClose private static RedisProcess master;
  @AutoClose private static RedisProcess replica;
  @AutoClose private static Connection connection;

  @BeforeAll
  static void start() {
    master = RedisProcess.start("--repl-diskless-sync-delay", "0");
    replica = RedisProcess.start("--replicaof", "127.0.0.1", Integer.toString(master.port()));
    connection = ServerCommand.connect(replica.port());
    await()
        .untilAsserted(
            () ->
                assertThat(ServerCommand.text(ask(connection, List.of("INFO", "replication"))))
                    .contains("master_link_status:up"));
  }

  @Test
  void noReadIsRefused() {
    List<ServerCommand> reads =
        ServerCommand.all(connection).stream()
            .filter(c -> Classifier.READS.contains(c.command()))
            .toList();
    assertThat(reads).hasSizeGreaterThan(70);
    assertThat(reads).allSatisfy(c -> assertThat(isRefused(c.request(0))).isFalse());
  }

  @Test
  void everyWriteIsRefused() {
    assertThat(ServerCommand.all(connection).stream().filter(c -> c.flags().contains("write")))
        .hasSizeGreaterThan(100)
        .allSatisfy(c -> assertThat(isRefused(c.request(0))).isTrue());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SORT a",
        "GEORADIUS a 0 0 1 m",
        "GEORADIUSBYMEMBER a b 1 m",
        "BITFIELD a GET u8 0",
        "GETEX a",
        "GETDEL a",
        "GETSET a b",
        "SPOP a",
        "COPY a b",
        "SINTERSTORE a b",
        "ZRANGESTORE a b 0 1",
        "GEOSEARCHSTORE a b FROMMEMBER m BYRADIUS 1 m",
      })
  void whatOnlyLooksLikeAReadIsRefused(String line) {
    assertThat(isRefused(List.of(line.split(" ")))).isTrue();
  }

  private static boolean isRefused(List<String> request) {
    try {
      ask(connection, request);
      return false;
    } catch (JedisDataException e) {
      return e.getMessage().startsWith("READONLY ");
    }
  }
}
