package io.redisproxy.checker;

import io.redisproxy.TestProxy;
import io.redisproxy.metrics.ReadReason;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Where a proxy has sent reads, and why. */
final class Shares {
  private Shares() {}

  /** Such as {@code 93.10% replica, 6.90% recent_write}. */
  static String of(TestProxy proxy) {
    return Stream.of(ReadReason.values())
        .filter(reason -> reads(proxy, reason) > 0)
        .map(
            reason ->
                String.format(Locale.ROOT, "%.2f%% %s", 100 * share(proxy, reason), label(reason)))
        .collect(Collectors.joining(", "));
  }

  /** The part of all reads, of one. */
  static double share(TestProxy proxy, ReadReason reason) {
    return reads(proxy, reason) / proxy.counted("redis_proxy.reads");
  }

  private static double reads(TestProxy proxy, ReadReason reason) {
    return proxy.counted("redis_proxy.reads", "reason", label(reason));
  }

  private static String label(ReadReason reason) {
    return reason.name().toLowerCase(Locale.ROOT);
  }
}
