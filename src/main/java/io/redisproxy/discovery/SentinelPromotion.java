package io.redisproxy.discovery;

import io.redisproxy.config.NodeAddress;
import java.time.Duration;
import java.util.Optional;

/**
 * That a Sentinel has told a server to become the master, which it publishes. It says so as an
 * answer only when it has looked at the server again, a second later.
 *
 * @param epoch at least that of the failover
 * @param since when it was heard
 */
record SentinelPromotion(NodeAddress promoted, long epoch, long since) {
  static final String CHANNEL = "+failover-state-wait-promotion";

  /** It doesn't take longer, or has failed. */
  private static final Duration LONGEST = Duration.ofSeconds(10);

  /** Reads {@code slave <name> <host> <port> @ <service> <host> <port>}. */
  static Optional<SentinelPromotion> read(String message, long epoch) {
    String[] words = message.split(" ");
    if (words.length < 4 || !words[0].equals("slave") || !words[3].matches("\\d{1,5}")) {
      return Optional.empty();
    }
    return Optional.of(
        new SentinelPromotion(
            new NodeAddress(words[2], Integer.parseInt(words[3])), epoch, System.nanoTime()));
  }

  /** What the Sentinel would answer if it said all that it knows. */
  SentinelView in(SentinelView view) {
    boolean isOver = view.epoch() >= epoch || System.nanoTime() - since > LONGEST.toNanos();
    return isOver ? view : view.promoting(promoted, epoch);
  }
}
