package io.redisproxy.command;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;
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
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/**
 * How long it takes to find the command for a name: {@code ./mvnw -Pbench test-compile exec:exec}.
 *
 * <p>JMH's own options go into {@code -Djmh="CommandTable -p names=common -prof gc"}.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class CommandTableBenchmark {
  // More than a branch predictor learns by heart.
  private static final int NAMES = 8192;

  @Param({"common", "all", "unknown"})
  private String names;

  private final int[] lengths = new int[NAMES];
  private final long[] words = new long[3 * NAMES];

  @Setup
  public void pickNames() {
    List<String> pool = pool();
    Random random = new Random(7);
    for (int i = 0; i < NAMES; i++) {
      String name = pool.get(random.nextInt(pool.size()));
      lengths[i] = name.length();
      for (int word = 0; word < 3; word++) {
        words[3 * i + word] = CommandTable.word(name, word);
      }
    }
  }

  @Benchmark
  @OperationsPerInvocation(NAMES)
  public void lookup(Blackhole blackhole) {
    for (int i = 0; i < NAMES; i++) {
      blackhole.consume(
          CommandTable.lookup(lengths[i], words[3 * i], words[3 * i + 1], words[3 * i + 2]));
    }
  }

  private List<String> pool() {
    if (names.equals("common")) {
      return List.of("GET", "GET", "GET", "SET", "MGET", "HGETALL", "EXPIRE", "ZREVRANGEBYSCORE");
    }
    List<String> known =
        Stream.of(Command.values())
            .map(Command::wireName)
            .filter(Predicate.not(String::isEmpty))
            .filter(name -> !name.contains(" "))
            .toList();
    List<String> pool = new ArrayList<>(known);
    if (names.equals("unknown")) {
      // Near misses: the same lengths, another last letter.
      pool.replaceAll(name -> name.substring(0, name.length() - 1) + "_");
      pool.removeAll(known);
    }
    return pool;
  }
}
