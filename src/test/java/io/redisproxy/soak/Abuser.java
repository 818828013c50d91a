package io.redisproxy.soak;

import io.redisproxy.fixture.RawClient;
import java.io.IOException;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;

/** A client that goes at the worst moments; all that it must not do is harm to others. */
final class Abuser implements Callable<Void> {
  private final int port;
  private final Random random;
  private final BooleanSupplier goesOn;
  private final Tally tally;

  Abuser(int port, long seed, BooleanSupplier goesOn, Tally tally) {
    this.port = port;
    this.random = new Random(seed);
    this.goesOn = goesOn;
    this.tally = tally;
  }

  @Override
  public Void call() throws IOException {
    while (goesOn.getAsBoolean()) {
      try (RawClient client = new RawClient(port)) {
        abuse(client);
      } catch (IOException closed) {
        // As it deserves.
      }
      tally.abuses.increment();
    }
    return null;
  }

  private void abuse(RawClient client) throws IOException {
    String large =
        "*3\r\n$3\r\nSET\r\n$5\r\nabuse\r\n$300000\r\n" + "x".repeat(random.nextInt(200_000));
    switch (random.nextInt(14)) {
      case 0 -> client.send("*2\r\n$3\r\nGET\r\n$100\r\nhalf a key");
      case 1 -> client.send("*1\r\n$4\r\nPING\r\n".repeat(1 + random.nextInt(2000)));
      case 2 -> client.send(large);
      case 3 -> client.send("GET abuse\r\n".repeat(50) + large);
      case 4 -> client.send("*1\r\n$5\r\nMULTI\r\n*1\r\n$4\r\nPING\r\n");
      case 5 -> client.send("SET abuse 1\r\n".repeat(100) + "BLPOP nobody 0\r\n");
      case 6 -> client.send("CLIENT SETNAME abuser\r\nSUBSCRIBE abuse\r\nPING\r\n");
      case 7 -> client.send("GET abuse\r\nINCR abused\r\n".repeat(100) + "QUIT\r\nINCR abused\r\n");
      case 8 -> client.send("GET abuse\r\n".repeat(20) + "*1\r\nnonsense\r\n");
      case 9 -> {
        client.send("EVAL_RO \"return string.rep('y', 400000)\" 0\r\n".repeat(10));
        client.readLine();
      }
      case 10 -> {
        client.send("GET abuse\r\n".repeat(100));
        client.shutdownOutput();
        client.bytesUntilClosed();
      }
      case 11 -> {
        client.send(large);
        client.shutdownOutput();
        client.bytesUntilClosed();
      }
      case 12 -> client.send("GET / HTTP/1.1\r\nHost: redis\r\n\r\n");
      default -> client.send("HELLO 3\r\nCLIENT REPLY OFF\r\n" + "GET abuse\r\n".repeat(100));
    }
  }
}
