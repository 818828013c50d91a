package io.redisproxy.trace;

import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import io.redisproxy.metrics.SpanMeters;
import java.util.Collection;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Bounds how many spans wait to be sent, and counts what becomes of them. The SDK's own queue would
 * drop what is too much without a word.
 */
final class SpanQueue {
  /** As many as the SDK's queue holds, which thus never drops any. */
  static final int CAPACITY = 2048;

  private final AtomicInteger waiting = new AtomicInteger();
  private final SpanMeters meters;

  SpanQueue(SpanMeters meters) {
    this.meters = meters;
  }

  /** Whether there is room for one more span, which takes it. */
  boolean enter() {
    if (waiting.incrementAndGet() <= CAPACITY) {
      return true;
    }
    leave();
    meters.onDropped();
    return false;
  }

  void leave() {
    waiting.decrementAndGet();
  }

  /** Sends by another exporter, whose spans wait here until then. */
  SpanExporter before(SpanExporter exporter) {
    return new SpanExporter() {
      @Override
      public CompletableResultCode export(Collection<SpanData> spans) {
        CompletableResultCode result = exporter.export(spans);
        int count = spans.size();
        result.whenComplete(() -> onExported(count, result.isSuccess()));
        return result;
      }

      @Override
      public CompletableResultCode flush() {
        return exporter.flush();
      }

      @Override
      public CompletableResultCode shutdown() {
        return exporter.shutdown();
      }
    };
  }

  private void onExported(int count, boolean sent) {
    waiting.addAndGet(-count);
    if (sent) {
      meters.onSent(count);
    } else {
      meters.onFailed(count);
    }
  }
}
