package io.redisproxy.metrics;

import io.prometheus.client.Collector;
import io.prometheus.client.Collector.MetricFamilySamples.Sample;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * How long things took, as one event loop has counted it, in an array of its own: to count is two
 * additions. Other threads read what was counted a moment ago.
 */
final class Histogram {
  private final long[] boundsNanos;

  /** A count for each bucket, the last of which has no bound, then the sum of nanoseconds. */
  private final long[] counts;

  /** {@code boundsNanos}: the upper bounds of all buckets but the last, ascending; not copied. */
  Histogram(long[] boundsNanos) {
    this.boundsNanos = boundsNanos;
    counts = newSums(boundsNanos);
  }

  void record(long nanos) {
    int bucket = 0;
    while (bucket < boundsNanos.length && nanos > boundsNanos[bucket]) {
      bucket++;
    }
    counts[bucket]++;
    counts[boundsNanos.length + 1] += nanos;
  }

  /** Adds the buckets, then the sum of nanoseconds, to what is in the array. */
  void addTo(long[] sums) {
    for (int i = 0; i < counts.length; i++) {
      sums[i] += counts[i];
    }
  }

  /** For the sums of several: a place for each bucket, then one for the nanoseconds. */
  static long[] newSums(long[] boundsNanos) {
    return new long[boundsNanos.length + 2];
  }

  /** How many things were counted. */
  static long count(long[] sums) {
    return Arrays.stream(sums, 0, sums.length - 1).sum();
  }

  static double seconds(long[] sums) {
    return seconds(sums[sums.length - 1]);
  }

  static double seconds(long nanos) {
    return nanos / (double) TimeUnit.SECONDS.toNanos(1);
  }

  /** Adds what Prometheus reads of one histogram. */
  static void addSamples(
      List<Sample> samples,
      String name,
      List<String> labels,
      List<String> values,
      long[] boundsNanos,
      long[] sums) {
    List<String> bucketLabels = new ArrayList<>(labels);
    bucketLabels.add("le");
    long below = 0;
    for (int bucket = 0; bucket <= boundsNanos.length; bucket++) {
      below += sums[bucket];
      List<String> bucketValues = new ArrayList<>(values);
      bucketValues.add(
          Collector.doubleToGoString(
              bucket < boundsNanos.length
                  ? seconds(boundsNanos[bucket])
                  : Double.POSITIVE_INFINITY));
      samples.add(new Sample(name + "_bucket", bucketLabels, bucketValues, below));
    }
    samples.add(new Sample(name + "_count", labels, values, below));
    samples.add(new Sample(name + "_sum", labels, values, seconds(sums)));
  }
}
