package io.redisproxy.consistency;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What the table costs a read, and a write with its reply, of one key. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class WriteTableBenchmark {
  private static final int KEYS = 1_000;

  @Param({"10", "40"})
  int length;

  private final WriteTable table = new WriteTable();
  private final LoopWrites writes = table.newPart();
  private final int[] slots = new int[KEYS];
  private final ByteBuf keys = Unpooled.directBuffer();

  @Setup
  public void write() {
    for (int i = 0; i < KEYS; i++) {
      keys.writeCharSequence(("%0" + length + "d").formatted(i), StandardCharsets.US_ASCII);
    }
  }

  @TearDown
  public void release() {
    keys.release();
  }

  @Benchmark
  @OperationsPerInvocation(KEYS)
  public int read() {
    int allowed = 0;
    for (int i = 0; i < KEYS; i++) {
      if (table.needed(table.slot(0, keys, i * length, length)) <= 1) {
        allowed++;
      }
    }
    return allowed;
  }

  @Benchmark
  @OperationsPerInvocation(KEYS)
  public void writeAndReply() {
    for (int i = 0; i < KEYS; i++) {
      slots[i] = table.slot(0, keys, i * length, length);
    }
    writes.begin(slots, KEYS);
    writes.end(slots, KEYS);
  }
}
