package io.redisproxy.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** What is counted of one listener's requests whose node failed. */
public final class RecoveryMeters {
  private final Map<RetryReason, LongAdder> retries = new EnumMap<>(RetryReason.class);
  private final LongAdder heldSent;
  private final LongAdder heldFailed;
  private final LongAdder fallbacksServed;
  private final LongAdder fallbacksRefused;
  private final LongAdder hedgesSent;
  private final LongAdder hedgesWon;

  RecoveryMeters(MeterRegistry registry, Tags listener) {
    for (RetryReason reason : RetryReason.values()) {
      retries.put(
          reason,
          Counters.register(
              registry,
              "redis_proxy.retries",
              "Requests that were sent again, by the reason why the first node didn't answer",
              listener.and("reason", reason.label())));
    }
    heldSent = held(registry, listener.and("result", "sent"));
    heldFailed = held(registry, listener.and("result", "failed"));
    fallbacksServed = fallbacks(registry, listener.and("result", "sent"));
    fallbacksRefused = fallbacks(registry, listener.and("result", "refused"));
    hedgesSent = hedges(registry, listener.and("result", "sent"));
    hedgesWon = hedges(registry, listener.and("result", "won"));
  }

  private static LongAdder held(MeterRegistry registry, Tags tags) {
    return Counters.register(
        registry,
        "redis_proxy.holds",
        "How often a client's requests waited for a node, and whether they were sent in time",
        tags);
  }

  private static LongAdder fallbacks(MeterRegistry registry, Tags tags) {
    return Counters.register(
        registry,
        "redis_proxy.fallbacks",
        "Reads for the master since no replica was fit, sent or refused by masterFallback",
        tags);
  }

  private static LongAdder hedges(MeterRegistry registry, Tags tags) {
    return Counters.register(
        registry,
        "redis_proxy.hedges",
        "Runs of reads that a second replica was asked for, too, and those that it answered first",
        tags);
  }

  public void onRetry(RetryReason reason, int requests) {
    retries.get(reason).add(requests);
  }

  /** Something has waited for a node. */
  public void onHeld(boolean sent) {
    (sent ? heldSent : heldFailed).increment();
  }

  /** Reads came to the master for want of a replica. */
  public void onFallback(boolean sent, int reads) {
    (sent ? fallbacksServed : fallbacksRefused).add(reads);
  }

  /** A second replica was asked, or it has begun to answer before the first. */
  public void onHedge(boolean won) {
    (won ? hedgesWon : hedgesSent).increment();
  }
}
