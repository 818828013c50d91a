package io.redisproxy.dev;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Ports for servers on 127.0.0.1 that nobody else takes between two starts of a server: none of
 * those that the system gives to connections, and none that another JVM gives to its servers.
 */
public final class FreePorts {
  /** Below the ports of connections: from 32,768 on with Linux, 49,152 with the others. */
  private static final int END = 32_000;

  private static final int FIRST = 12_000;

  /** The first port of a block is bound while the others are given out. */
  private static final int BLOCK = 200;

  private static ServerSocket claim;
  private static int next;
  private static int end;

  private FreePorts() {}

  /** A port that is free, and none of the last ones given out. */
  public static synchronized int next() {
    while (true) {
      if (next == end) {
        claimBlock();
      }
      int port = next++;
      try (ServerSocket free = bind(port)) {
        return free.getLocalPort();
      } catch (IOException e) {
        // In use: the next one.
      }
    }
  }

  private static void claimBlock() {
    int blocks = (END - FIRST) / BLOCK;
    int start = ThreadLocalRandom.current().nextInt(blocks);
    for (int i = 0; i < blocks; i++) {
      int first = FIRST + (start + i) % blocks * BLOCK;
      try {
        ServerSocket claimed = bind(first);
        if (claim != null) {
          claim.close();
        }
        claim = claimed;
        next = first + 1;
        end = first + BLOCK;
        return;
      } catch (IOException e) {
        // Another JVM's.
      }
    }
    throw new IllegalStateException(
        "no block of ports is free between %d and %d".formatted(FIRST, END));
  }

  private static ServerSocket bind(int port) throws IOException {
    return new ServerSocket(port, 1, InetAddress.getLoopbackAddress());
  }
}
