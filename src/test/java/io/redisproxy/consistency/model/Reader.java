package io.redisproxy.consistency.model;

import java.util.List;

/** Reads of the key, one after the other, on any event loop: each is as good as another client. */
final class Reader {
  /** Looking at the parts of the table, two steps each. */
  private static final int LOOPS = 1;

  private static final int IN_FLIGHT = 100;

  private final Mutation mutation;
  private final Bounds bounds;
  private final List<Writer> writers;
  private final int shortcut;
  private final int slots;
  private final int choice;
  private final int reading;

  Reader(Mutation mutation, Bounds bounds, List<Writer> writers) {
    this.mutation = mutation;
    this.bounds = bounds;
    this.writers = writers;
    shortcut = LOOPS + 2 * bounds.writers();
    slots = shortcut + 1;
    choice = slots + bounds.writers();
    reading = choice + 1;
  }

  void next(Moment now, Steps to) {
    int step = now.get(Moment.READER);
    if (step == 0) {
      if (now.get(Moment.READS) < bounds.reads()) {
        begin(now, to);
      }
    } else if (step < shortcut) {
      to.to(lookAtLoop(now, step - LOOPS), "the read looks at a loop");
    } else if (step == shortcut) {
      lookAtAll(now, to);
    } else if (step < choice) {
      to.to(lookAtSlot(now, Moment.writer(step - slots)), "the read looks at a slot");
    } else if (step == choice) {
      choose(now, to);
    } else {
      int node = now.get(Moment.TARGET);
      to.to(
          now.copy()
              .set(Moment.READER, 0)
              .set(Moment.NEEDED, 0)
              .set(Moment.TARGET, 0)
              .set(Moment.FLOOR, 0)
              .set(Moment.SEEN, now.value(node))
              .add(Moment.READS, 1),
          "the read finds " + now.value(node));
    }
  }

  /** What is wrong with the read that has just ended; null if nothing is. */
  String wrong(Moment before, Moment after) {
    if (after.get(Moment.READS) == before.get(Moment.READS)) {
      return null;
    }
    int found = after.get(Moment.SEEN);
    if (found < before.get(Moment.FLOOR)) {
      return "stale: " + found + ", but " + before.get(Moment.FLOOR) + " was told before";
    }
    int seen = before.get(Moment.SEEN);
    boolean comparable = found / Moment.OF_HISTORY == seen / Moment.OF_HISTORY;
    return !bounds.waits() && comparable && found < seen
        ? "back in time: " + found + " after " + seen
        : null;
  }

  /** Whether a read is about to be done at a replica that had to have something. */
  boolean isAtReplica(Moment now) {
    return now.get(Moment.READER) == reading
        && now.get(Moment.TARGET) != Moment.MASTER
        && now.get(Moment.NEEDED) > 0;
  }

  private void begin(Moment now, Steps to) {
    int floor = writers.stream().mapToInt(writer -> writer.told(now)).max().orElseThrow();
    to.to(
        now.copy().set(Moment.READER, LOOPS).set(Moment.FLOOR, floor),
        "a read begins, and must find " + floor);
  }

  private static Moment lookAtLoop(Moment now, int look) {
    int writer = Moment.writer(look / 2);
    Moment next = now.copy().add(Moment.READER, 1);
    if (look % 2 == 1) {
      return next.raise(Moment.NEEDED, now.get(writer + Moment.LOOP_ROUND));
    }
    return now.get(writer + Moment.LOOP_COUNT) > 0 ? next.set(Moment.NEEDED, IN_FLIGHT) : next;
  }

  private void lookAtAll(Moment now, Steps to) {
    int least = IN_FLIGHT;
    for (int i = 1; i <= bounds.replicas(); i++) {
      int reached = now.get(Moment.node(i) + Moment.REACHED) - 1;
      least = reached < 0 ? least : Math.min(least, reached);
    }
    boolean all = least < IN_FLIGHT && now.get(Moment.NEEDED) <= least;
    if (!all) {
      to.to(now.copy().set(Moment.READER, slots).set(Moment.NEEDED, 0), "not all have all");
    } else if (mutation != Mutation.NOT_LOOKED_AT_AGAIN) {
      to.to(now.copy().set(Moment.READER, choice), "all have all");
    } else {
      for (int i = 1; i <= bounds.replicas(); i++) {
        to.to(goTo(now, Moment.node(i)), "all have all: to replica " + i);
      }
    }
  }

  private static Moment lookAtSlot(Moment now, int writer) {
    Moment next = now.copy().add(Moment.READER, 1);
    return now.get(writer + Moment.SLOT_COUNT) > 0
        ? next.set(Moment.NEEDED, IN_FLIGHT)
        : next.raise(Moment.NEEDED, now.get(writer + Moment.SLOT_ROUND));
  }

  /** The master is always a choice, for whatever reason. */
  private void choose(Moment now, Steps to) {
    to.to(goTo(now, Moment.MASTER), "the read goes to the master");
    for (int i = 1; i <= bounds.replicas(); i++) {
      int node = Moment.node(i);
      int reached = now.get(node + Moment.REACHED) - 1;
      if (now.get(Moment.NEEDED) != IN_FLIGHT && reached >= now.get(Moment.NEEDED)) {
        to.to(goTo(now, node), "the read goes to replica " + i);
      }
    }
  }

  private Moment goTo(Moment now, int node) {
    return now.copy().set(Moment.READER, reading).set(Moment.TARGET, node);
  }
}
