package io.redisproxy.dev;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FreePortsTest {

  @Test
  void eachCanBeBoundAndIsNoneOfThoseThatConnectionsGet() throws IOException {
    Set<Integer> ports = new HashSet<>();
    for (int i = 0; i < 500; i++) {
      int port = FreePorts.next();
      assertThat(port).isBetween(12_000, 32_000);
      assertThat(ports.add(port)).isTrue();
      new ServerSocket(port, 1, InetAddress.getLoopbackAddress()).close();
    }
  }
}
