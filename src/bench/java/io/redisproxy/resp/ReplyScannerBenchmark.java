package io.redisproxy.resp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** How long it takes to scan a buffer of replies; the time is for all of them. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ReplyScannerBenchmark {
  private static final String BULK = "$100\r\n" + "v".repeat(100) + "\r\n";

  private final ReplyScanner scanner = new ReplyScanner();
  private final ByteBuf bulks = Unpooled.directBuffer();
  private final ByteBuf array = Unpooled.directBuffer();

  @Setup
  public void write() {
    bulks.writeCharSequence(BULK.repeat(16), StandardCharsets.US_ASCII);
    array.writeCharSequence("*100\r\n" + BULK.repeat(100), StandardCharsets.US_ASCII);
  }

  @TearDown
  public void release() {
    bulks.release();
    array.release();
  }

  @Benchmark
  public int sixteenBulks() {
    return scanner.scan(bulks, 0, 16);
  }

  @Benchmark
  public int arrayOfAHundred() {
    return scanner.scan(array, 0, 1);
  }
}
