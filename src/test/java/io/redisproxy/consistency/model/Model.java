package io.redisproxy.consistency.model;

import io.netty.util.collection.LongObjectHashMap;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Goes through all that can happen by the rules of {@code WriteTable}, {@code LoopWrites} and
 * {@code Rounds}, in every order. A step is what one thread does to one number that others see, or
 * what a node does. A moment that was there before is not gone on from again.
 */
final class Model {
  /** How a moment came about. */
  private record Found(Moment moment, Found before, String what) {}

  /** What was written before the proxy began. */
  private static final int BEFORE = 2;

  private final Mutation mutation;
  private final Bounds bounds;
  private final List<Writer> writers;
  private final Sampler sampler;
  private final Reader reader;
  private final LongObjectHashMap<Boolean> known = new LongObjectHashMap<>(1 << 20);
  private final Deque<Found> open = new ArrayDeque<>();
  private int readsAtReplicas;
  private List<String> wrong;

  Model(Mutation mutation, Bounds bounds) {
    this.mutation = mutation;
    this.bounds = bounds;
    writers =
        IntStream.range(0, bounds.writers())
            .mapToObj(i -> new Writer(i, mutation, bounds))
            .toList();
    sampler = new Sampler(mutation, bounds, writers);
    reader = new Reader(mutation, bounds, writers);
  }

  /** The steps to the first wrong read; empty if there is none. */
  List<String> run() {
    Moment first = new Moment();
    for (int node = 0; node <= bounds.replicas(); node++) {
      first.set(Moment.node(node) + Moment.OFFSET, BEFORE);
    }
    meet(new Found(first, null, "begin"));
    while (wrong == null && !open.isEmpty()) {
      // The shortest way to what is wrong; with nothing to find, the one that needs less memory.
      Found now = mutation == Mutation.NONE ? open.pollLast() : open.poll();
      Steps to = (next, what) -> onNext(now, next, what);
      writers.forEach(writer -> writer.next(now.moment, to));
      sampler.next(now.moment, to);
      reader.next(now.moment, to);
    }
    return wrong == null ? List.of() : wrong;
  }

  int moments() {
    return known.size();
  }

  /** How many moments have a read at a replica that had to have a write. */
  int readsAtReplicas() {
    return readsAtReplicas;
  }

  private void onNext(Found before, Moment next, String what) {
    String error = reader.wrong(before.moment, next);
    Found found = new Found(next, before, what);
    if (error != null && wrong == null) {
      wrong = trace(found, error);
    }
    meet(found);
  }

  private void meet(Found found) {
    if (known.put(found.moment.fingerprint(), Boolean.TRUE) == null) {
      open.add(found);
      readsAtReplicas += reader.isAtReplica(found.moment) ? 1 : 0;
    }
  }

  private static List<String> trace(Found last, String error) {
    List<String> trace = new ArrayList<>();
    trace.add(error);
    for (Found found = last; found != null; found = found.before) {
      trace.add(found.what);
    }
    Collections.reverse(trace);
    return trace;
  }
}
