package io.redisproxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.Test;

class ConnectionLimitTest {
  @Test
  void someDescriptorsAreKeptBack() {
    assertThat(ConnectionLimit.of(1024, 40).most()).isEqualTo(1024 - 40 - 128);
    assertThat(ConnectionLimit.of(1_048_576, 40).most()).isEqualTo(1_048_576 - 40 - 1024);
    assertThat(ConnectionLimit.of(Long.MAX_VALUE, 40).most()).isEqualTo(Integer.MAX_VALUE);
    assertThat(ConnectionLimit.of(32, 40).most()).isZero();
  }

  @Test
  void aConnectionCountsUntilItIsClosedOrHasFailed() {
    ConnectionLimit limit = new ConnectionLimit(2);
    EmbeddedChannel client = new EmbeddedChannel();
    limit.onOpened(client);
    assertThat(limit.isReached()).isFalse();
    limit.onOpening();
    assertThat(limit.isReached()).isTrue();
    limit.onFailed();
    assertThat(limit.isReached()).isFalse();

    limit.onOpening();
    assertThat(limit.isReached()).isTrue();
    client.close();
    assertThat(limit.isReached()).isFalse();
  }
}
