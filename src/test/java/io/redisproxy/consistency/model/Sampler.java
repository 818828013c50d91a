package io.redisproxy.consistency.model;

import java.util.List;

/** The master, its replicas, and the rounds that measure them. */
final class Sampler {
  private final Mutation mutation;
  private final Bounds bounds;
  private final List<Writer> writers;

  Sampler(Mutation mutation, Bounds bounds, List<Writer> writers) {
    this.mutation = mutation;
    this.bounds = bounds;
    this.writers = writers;
  }

  void next(Moment now, Steps to) {
    round(now, to);
    for (int i = 1; i <= bounds.replicas(); i++) {
      replicate(now, i, to);
      sample(now, i, to);
    }
    if (bounds.restarts() && now.get(Moment.HISTORY) == 0) {
      to.to(
          now.copy().set(Moment.HISTORY, 1).set(Moment.OFFSET, 0), "the master begins anew, empty");
    }
  }

  private void round(Moment now, Steps to) {
    boolean numbersFirst = mutation != Mutation.QUESTION_BEFORE_NUMBER;
    int step = now.get(Moment.SAMPLER);
    if (step == 2) {
      to.to(takeMasters(now.copy()).set(Moment.SAMPLER, 0), "the round has its offset");
    } else if ((step == 0) == numbersFirst) {
      if (now.get(Moment.STARTED) < bounds.rounds()) {
        to.to(now.copy().add(Moment.STARTED, 1).add(Moment.SAMPLER, 1), "a round has a number");
      }
    } else if (writers.stream().allMatch(writer -> writer.mayAnswer(now))) {
      Moment next = answer(now.copy(), Moment.MASTER).add(Moment.SAMPLER, 1);
      writers.forEach(writer -> writer.onAnswer(next));
      to.to(next, "the master answers");
    }
  }

  private Moment takeMasters(Moment next) {
    int history = next.get(Moment.SAID_HISTORY) + 1;
    int offset = next.get(Moment.SAID_OFFSET);
    if (history != next.get(Moment.KNOWN)) {
      for (int round = 1; round <= bounds.rounds(); round++) {
        next.set(Moment.MEASURED + round, 0);
      }
      for (int i = 1; i <= bounds.replicas(); i++) {
        next.set(Moment.node(i) + Moment.REACHED, 0);
      }
    }
    next.set(Moment.SAID_HISTORY, 0).set(Moment.SAID_OFFSET, 0);
    return next.set(Moment.KNOWN, history)
        .set(Moment.MEASURED + next.get(Moment.STARTED), offset + 1);
  }

  private static Moment answer(Moment next, int node) {
    return next.set(node + Moment.SAID_HISTORY, next.get(node + Moment.HISTORY))
        .set(node + Moment.SAID_OFFSET, next.get(node + Moment.OFFSET));
  }

  private void replicate(Moment now, int index, Steps to) {
    int node = Moment.node(index);
    if (now.get(node + Moment.HISTORY) != now.get(Moment.HISTORY)) {
      to.to(
          now.copy()
              .set(node + Moment.HISTORY, now.get(Moment.HISTORY))
              .set(node + Moment.OFFSET, now.get(Moment.OFFSET)),
          "replica " + index + " takes over all that the master has");
    } else if (now.get(node + Moment.OFFSET) < now.get(Moment.OFFSET)) {
      to.to(now.copy().add(node + Moment.OFFSET, 1), "replica " + index + " does a write");
    }
  }

  private void sample(Moment now, int index, Steps to) {
    int node = Moment.node(index);
    if (now.get(node + Moment.ANSWERED) == 1) {
      to.to(takeReplicas(now.copy(), node), "what replica " + index + " answered is known");
    } else if (now.get(Moment.KNOWN) > 0) {
      Moment answered = answer(now.copy(), node).set(node + Moment.ANSWERED, 1);
      // In one history an answer that comes late only tells less.
      to.to(
          bounds.restarts() ? answered : takeReplicas(answered, node),
          "replica " + index + " answers");
    }
  }

  private Moment takeReplicas(Moment next, int node) {
    int offset = next.get(node + Moment.SAID_OFFSET);
    boolean same = next.get(node + Moment.SAID_HISTORY) + 1 == next.get(Moment.KNOWN);
    if (same || mutation == Mutation.ANY_HISTORY) {
      int reached = 0;
      for (int round = 1; round <= bounds.rounds(); round++) {
        int measured = next.get(Moment.MEASURED + round) - 1;
        reached = measured >= 0 && measured <= offset ? round : reached;
      }
      if (offset >= next.get(node + Moment.APPLIED)) {
        reached = Math.max(reached, next.get(node + Moment.REACHED) - 1);
      }
      next.set(node + Moment.REACHED, reached + 1).set(node + Moment.APPLIED, offset);
    } else {
      next.set(node + Moment.REACHED, 0);
    }
    return next.set(node + Moment.ANSWERED, 0)
        .set(node + Moment.SAID_HISTORY, 0)
        .set(node + Moment.SAID_OFFSET, 0);
  }
}
