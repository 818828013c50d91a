package io.redisproxy.consistency;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ReplicationSampleTest {
  private static final String MASTER =
      "$9\r\n# Replication\r\nrole:master\r\nslave0:ip=::1,offset=7,lag=0\r\nmaster_replid:abc\r\n"
          + "master_replid2:xyz\r\nmaster_repl_offset:42\r\nsecond_repl_offset:-1\r\n\r\n";
  private static final String REPLICA =
      "$9\r\n# Replication\r\nrole:slave\r\nmaster_link_status:up\r\nslave_read_repl_offset:50\r\n"
          + "slave_repl_offset:41\r\nmaster_replid:abc\r\nmaster_repl_offset:50\r\n\r\n";

  @Test
  void aMasterTellsWhatItHasWritten() {
    ReplicationSample sample = read(MASTER);

    assertThat(sample).isEqualTo(new ReplicationSample(true, "abc", 42, false));
    assertThat(sample.isUsableMaster()).isTrue();
    assertThat(sample.follows("abc")).isFalse();
  }

  @Test
  void aReplicaTellsWhatItHasAppliedNotWhatItHasGot() {
    ReplicationSample sample = read(REPLICA);

    assertThat(sample).isEqualTo(new ReplicationSample(false, "abc", 41, true));
    assertThat(sample.follows("abc")).isTrue();
    assertThat(sample.isUsableMaster()).isFalse();
  }

  @Test
  void aReplicaOfAnotherHistoryOrWithoutItsMasterFollowsNothing() {
    assertThat(read(REPLICA).follows("abd")).isFalse();
    assertThat(read(REPLICA).follows(null)).isFalse();
    assertThat(read(REPLICA.replace("status:up", "status:down")).follows("abc")).isFalse();
    assertThat(read(REPLICA.replace("offset:41", "offset:-1")).follows("abc")).isFalse();
    assertThat(read(REPLICA.replace("master_replid", "nothing")).follows("abc")).isFalse();
  }

  @Test
  void anErrorShowsNothing() {
    for (String reply :
        new String[] {"-NOAUTH Authentication required.\r\n", "-LOADING\r\n", "$-1\r\n", ""}) {
      assertThat(read(reply).isUsableMaster()).as(reply).isFalse();
      assertThat(read(reply).follows("abc")).as(reply).isFalse();
    }
  }

  private static ReplicationSample read(String reply) {
    ByteBuf in = Unpooled.copiedBuffer(reply, StandardCharsets.US_ASCII);
    return ReplicationSample.read(in, 0, in.writerIndex());
  }
}
