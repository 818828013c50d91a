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
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** How long it takes to find a request in a buffer that holds 16 of them; the time is for one. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class RequestDecoderBenchmark {
  private static final int REQUESTS = 16;

  private final RequestDecoder decoder = new RequestDecoder(64 * 1024);
  private final ByteBuf gets = Unpooled.directBuffer();
  private final ByteBuf sets = Unpooled.directBuffer();

  @Setup
  public void write() {
    for (int i = 0; i < REQUESTS; i++) {
      append(gets, "*2\r\n$3\r\nGET\r\n$12\r\nkey:00000001\r\n");
      append(sets, "*3\r\n$3\r\nSET\r\n$12\r\nkey:00000001\r\n$100\r\n" + "v".repeat(100) + "\r\n");
    }
  }

  @TearDown
  public void release() {
    gets.release();
    sets.release();
  }

  @Benchmark
  @OperationsPerInvocation(REQUESTS)
  public long get() {
    return decode(gets);
  }

  @Benchmark
  @OperationsPerInvocation(REQUESTS)
  public long set() {
    return decode(sets);
  }

  @Benchmark
  @OperationsPerInvocation(REQUESTS)
  public long getsAlike() {
    return decodeAlike(gets);
  }

  @Benchmark
  @OperationsPerInvocation(REQUESTS)
  public long setsAlike() {
    return decodeAlike(sets);
  }

  private long decodeAlike(ByteBuf in) {
    decoder.next(in, in.readerIndex());
    while (decoder.nextIsAlike(in, decoder.end())) {
      // The next one.
    }
    return decoder.end();
  }

  private long decode(ByteBuf in) {
    long names = 0;
    int position = in.readerIndex();
    while (position < in.writerIndex()) {
      decoder.next(in, position);
      position = decoder.end();
      names += decoder.word0();
    }
    return names;
  }

  private static void append(ByteBuf out, String request) {
    out.writeCharSequence(request, StandardCharsets.US_ASCII);
  }
}
