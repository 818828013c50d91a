package io.redisproxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import org.junit.jupiter.api.Test;

class NodeFailureTest {

  @Test
  void everyReasonIsTold() {
    assertThat(NodeFailure.reasonOf(new IOException("Connection refused")))
        .isEqualTo("Connection refused");
    assertThat(NodeFailure.reasonOf(new UnknownHostException("host01"))).isEqualTo("unknown host");
    assertThat(NodeFailure.reasonOf(new ClosedChannelException()))
        .isEqualTo("ClosedChannelException");
  }
}
