package io.redisproxy.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;

class SessionClientTest {

  @Test
  void addressesAreWrittenAsAServerWritesThem() {
    assertThat(SessionClient.text(new InetSocketAddress("127.0.0.1", 7))).isEqualTo("127.0.0.1:7");
    assertThat(SessionClient.text(new InetSocketAddress("::1", 7))).isEqualTo("[::1]:7");
    assertThat(SessionClient.text(new InetSocketAddress("2001:db8:0:0:1:0:0:2", 7)))
        .isEqualTo("[2001:db8::1:0:0:2]:7");
    assertThat(SessionClient.text(null)).isEqualTo("?:0");
  }
}
