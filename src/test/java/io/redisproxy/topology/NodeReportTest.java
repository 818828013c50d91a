package io.redisproxy.topology;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.RedisNode;
import io.redisproxy.topology.NodeReport.Role;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class NodeReportTest {
  private static final String HISTORY = "a".repeat(40);
  private static final String FORMER = "b".repeat(40);

  @Test
  void aReplicaTellsWhatItHasAndWhenItHeardFromItsMaster() {
    NodeReport report =
        of(
            "+PONG\r\n",
            """
            # Replication\r
            role:slave\r
            master_host:::1\r
            master_link_status:up\r
            master_last_io_seconds_ago:3\r
            master_sync_in_progress:0\r
            slave_repl_offset:120\r
            master_replid:%s\r
            master_replid2:%s\r
            master_repl_offset:130\r
            """
                .formatted(HISTORY, FORMER),
            "run_id:abc\r\n",
            "loading:0\r\n");

    assertThat(report)
        .isEqualTo(
            new NodeReport(null, Role.REPLICA, "abc", HISTORY, FORMER, 120, true, 3, false, false));
    assertThat(report.follows(HISTORY)).isTrue();
    assertThat(report.follows(FORMER)).isFalse();
    assertThat(report.claimsToBeMaster()).isFalse();
  }

  @Test
  void aReplicaWithoutALinkTellsSinceWhenOrThatItNeverHadOne() {
    String down = "role:slave\r\nmaster_link_status:down\r\nmaster_link_down_since_seconds:";
    assertThat(of(down + "7\r\n").linkSeconds()).isEqualTo(7);
    assertThat(of(down + "-1\r\n").linkSeconds()).isEqualTo(-1);
    assertThat(of("role:slave\r\nmaster_link_status:down\r\n").linkSeconds()).isEqualTo(-1);
    assertThat(of("role:slave\r\n").linked()).isFalse();
    assertThat(of(down + "7\r\nmaster_sync_in_progress:1\r\n").syncing()).isTrue();
  }

  @Test
  void aMasterIsOneOnlyWhenItIsReady() {
    String master = "role:master\r\nmaster_repl_offset:5\r\nmaster_replid2:" + "0".repeat(40);
    assertThat(of(master).claimsToBeMaster()).isTrue();
    assertThat(of(master).offset()).isEqualTo(5);
    assertThat(of(master).formerHistory()).isNull();
    assertThat(of(master, "loading:1\r\n").claimsToBeMaster()).isFalse();
    NodeReport loading = of("-LOADING Redis is loading the dataset in memory\r\n", master);
    assertThat(loading.claimsToBeMaster()).isFalse();
    assertThat(loading.error()).startsWith("LOADING");
  }

  @Test
  void aNodeThatDoesNotSayWhatItIsIsNeither() {
    assertThat(of("").role()).isEqualTo(Role.OTHER);
    assertThat(of("redis_version:7.0.15\r\n").role()).isEqualTo(Role.OTHER);
    assertThat(of("role:sentinel\r\n").role()).isEqualTo(Role.OTHER);
    assertThat(of("").epoch()).isZero();
  }

  @Test
  void serversAnswerWhatIsAsked() throws IOException {
    try (RedisGroup group = RedisGroup.start(1)) {
      NodeReport master = ask(group.master());
      NodeReport replica = ask(group.replica(0));
      assertThat(master.claimsToBeMaster()).isTrue();
      assertThat(replica.follows(master.history())).isTrue();
      assertThat(replica.offset()).isNotNegative();
      assertThat(replica.runId()).isNotNull().isNotEqualTo(master.runId());
      group.promote(group.replica(0));
      NodeReport promoted = ask(group.master());
      assertThat(promoted.claimsToBeMaster()).isTrue();
      assertThat(promoted.formerHistory()).isEqualTo(master.history());
    }
  }

  private static NodeReport ask(RedisNode node) throws IOException {
    List<String> answers = new ArrayList<>();
    try (RawClient client = new RawClient(node.port())) {
      for (String question : NodeReport.QUESTIONS) {
        answers.add((String) client.call(question.split(" ")));
      }
    }
    return NodeReport.of(answers);
  }

  private static NodeReport of(String... answers) {
    return NodeReport.of(List.of(answers));
  }
}
