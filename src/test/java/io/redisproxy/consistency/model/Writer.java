package io.redisproxy.consistency.model;

import java.util.List;

/** A client that writes once, and the part of the table of its event loop. */
final class Writer {
  private enum Step {
    COUNT_SLOT,
    COUNT_LOOP,
    /** Sent, and done at the master, or lost before or after that. */
    APPLY,
    SEE_ROUND,
    DEMAND_SLOT,
    DEMAND_LOOP,
    UNCOUNT_LOOP,
    TELL
  }

  private final Mutation mutation;
  private final boolean counts;
  private final boolean loses;
  private final int at;
  private final String name;
  private final List<Step> steps;

  Writer(int index, Mutation mutation, Bounds bounds) {
    this.mutation = mutation;
    counts = mutation != Mutation.NOT_COUNTED && !bounds.waits();
    loses = bounds.loses();
    at = Moment.writer(index);
    name = "writer " + index + ": ";
    steps = steps(mutation);
  }

  private static List<Step> steps(Mutation mutation) {
    return switch (mutation) {
      case REPLY_BEFORE_DEMAND ->
          List.of(
              Step.COUNT_SLOT,
              Step.COUNT_LOOP,
              Step.APPLY,
              Step.TELL,
              Step.SEE_ROUND,
              Step.DEMAND_SLOT,
              Step.DEMAND_LOOP,
              Step.UNCOUNT_LOOP);
      case SENT_BEFORE_COUNTED ->
          List.of(
              Step.APPLY,
              Step.COUNT_SLOT,
              Step.COUNT_LOOP,
              Step.SEE_ROUND,
              Step.DEMAND_SLOT,
              Step.DEMAND_LOOP,
              Step.UNCOUNT_LOOP,
              Step.TELL);
      case UNCOUNTED_BEFORE_DEMAND ->
          List.of(
              Step.COUNT_SLOT,
              Step.COUNT_LOOP,
              Step.APPLY,
              Step.SEE_ROUND,
              Step.DEMAND_SLOT,
              Step.UNCOUNT_LOOP,
              Step.TELL,
              Step.DEMAND_LOOP);
      default -> List.of(Step.values());
    };
  }

  /** The value that was told to the client; 0 if none was. */
  int told(Moment now) {
    boolean told = now.get(at + Moment.STEP) > steps.indexOf(Step.TELL);
    return told && now.get(at + Moment.LOST) == 0 ? now.get(at + Moment.VALUE) : 0;
  }

  void next(Moment now, Steps to) {
    settle(now, to);
    int step = now.get(at + Moment.STEP);
    if (step == steps.size()) {
      return;
    }
    switch (steps.get(step)) {
      case COUNT_SLOT -> to.to(count(now, Moment.SLOT_COUNT, 1), name + "counts in the slot");
      case COUNT_LOOP -> to.to(count(now, Moment.LOOP_COUNT, 1), name + "counts in the loop");
      case APPLY -> {
        to.to(apply(done(now)), name + "is done at the master, and answered");
        if (loses) {
          to.to(apply(done(now)).set(at + Moment.LOST, 1), name + "is done, and lost");
          to.to(
              done(now).set(at + Moment.LOST, 1).set(at + Moment.PENDING, 1),
              name + "is sent, and lost");
        }
      }
      case SEE_ROUND ->
          to.to(
              done(now).set(at + Moment.SEEN_ROUND, now.get(Moment.STARTED)),
              name + "sees round " + now.get(Moment.STARTED));
      case DEMAND_SLOT ->
          to.to(
              count(now, Moment.SLOT_COUNT, -1).raise(at + Moment.SLOT_ROUND, round(now)),
              name + "demands " + round(now) + " in the slot");
      case DEMAND_LOOP ->
          to.to(
              done(now).raise(at + Moment.LOOP_ROUND, round(now)),
              name + "demands " + round(now) + " in the loop");
      case UNCOUNT_LOOP -> to.to(count(now, Moment.LOOP_COUNT, -1), name + "leaves the loop");
      case TELL -> to.to(done(now), name + "tells the client");
    }
  }

  /** What is lost, and lies at the master, is done at some time, or never. */
  private void settle(Moment now, Steps to) {
    if (now.get(at + Moment.PENDING) > 0) {
      to.to(apply(now.copy()).set(at + Moment.PENDING, 0), name + "is done late");
      to.to(now.copy().set(at + Moment.PENDING, 0), name + "is never done");
    }
  }

  private Moment done(Moment now) {
    return now.copy().add(at + Moment.STEP, 1);
  }

  private Moment count(Moment now, int cell, int more) {
    return counts ? done(now).add(at + cell, more) : done(now);
  }

  private Moment apply(Moment next) {
    next.add(Moment.MASTER + Moment.OFFSET, 1);
    return next.set(at + Moment.VALUE, next.value(Moment.MASTER));
  }

  private int round(Moment now) {
    int more = mutation == Mutation.ROUND_BEFORE_REPLY ? 0 : 1;
    if (now.get(at + Moment.LOST) == 1 && mutation != Mutation.LOST_AS_ANSWERED) {
      more = 2;
    }
    return now.get(at + Moment.SEEN_ROUND) + more;
  }

  /**
   * Whether the master can answer the question of a round. What lies there when a connection is
   * lost may be read just after the question of the next round, but not after that of a later one,
   * which is asked when the former is answered.
   */
  boolean mayAnswer(Moment now) {
    return now.get(at + Moment.PENDING) < 2;
  }

  void onAnswer(Moment next) {
    boolean later =
        next.get(at + Moment.STEP) > steps.indexOf(Step.SEE_ROUND)
            && next.get(Moment.STARTED) > next.get(at + Moment.SEEN_ROUND);
    if (next.get(at + Moment.PENDING) == 1 && later) {
      next.set(at + Moment.PENDING, 2);
    }
  }
}
