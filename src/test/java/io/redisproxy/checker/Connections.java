package io.redisproxy.checker;

import io.redisproxy.TestProxy;
import io.redisproxy.fixture.RawClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A client's connections to one database: two over one listener and two over the other, one of
 * which speaks RESP3. The event loops take connections in turn, so that they are on both.
 */
final class Connections implements AutoCloseable {
  private final TestProxy proxy;
  private final String database;
  private final Random random;
  private final List<RawClient> open = new ArrayList<>();

  Connections(TestProxy proxy, int database, Random random) {
    this.proxy = proxy;
    this.database = Integer.toString(database);
    this.random = random;
  }

  String database() {
    return database;
  }

  /** The other database of those that clients use. */
  String otherDatabase() {
    return database.equals("0") ? "3" : "0";
  }

  /** Any of them. */
  RawClient any() throws IOException {
    if (open.isEmpty()) {
      for (int i = 0; i < 2; i++) {
        open.add(select(new RawClient(proxy.port())));
        open.add(select(new RawClient(proxy.otherPort())));
      }
      open.get(1).call("HELLO", "3");
    }
    return open.get(random.nextInt(open.size()));
  }

  /** Another than this one. */
  RawClient otherThan(RawClient one) throws IOException {
    RawClient other = any();
    while (other == one) {
      other = any();
    }
    return other;
  }

  /** One more, for what can't be undone on it. */
  RawClient oneMore() throws IOException {
    return select(new RawClient(proxy.port()));
  }

  private RawClient select(RawClient client) throws IOException {
    client.call("SELECT", database);
    return client;
  }

  /** They may be of no use any more; the next question opens others. */
  @Override
  public void close() throws IOException {
    RawClient.closeAll(open);
    open.clear();
  }
}
