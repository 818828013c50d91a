package io.redisproxy.faults;

import io.redisproxy.fixture.RawClient.RedisError;
import java.util.ArrayList;
import java.util.List;

/**
 * A list that one client appends numbers to, one after the other, and what the client was told. A
 * number that is there twice was written twice; one whose write was refused must not be there.
 */
final class NumberedList {

  /** What a client was told of a write. */
  enum Outcome {
    ACKNOWLEDGED,
    REFUSED,
    /** It may have been executed. */
    OPEN;

    static Outcome of(Object reply) {
      if (reply instanceof RedisError error) {
        return error.message().contains("may have been executed") ? OPEN : REFUSED;
      }
      return ACKNOWLEDGED;
    }
  }

  record Write(int number, long sentAt, long answeredAt, Outcome outcome) {}

  private final String key;
  private final List<Write> writes = new ArrayList<>();

  NumberedList(String key) {
    this.key = key;
  }

  String key() {
    return key;
  }

  void add(Write write) {
    writes.add(write);
  }

  List<Write> writes() {
    return writes;
  }

  /** The numbers whose writes ended so. */
  List<Integer> numbers(Outcome outcome) {
    return writes.stream().filter(write -> write.outcome() == outcome).map(Write::number).toList();
  }

  /** The numbers that were acknowledged, if they were sent later than a time. */
  List<Integer> acknowledgedSince(long time) {
    return writes.stream()
        .filter(write -> write.outcome() == Outcome.ACKNOWLEDGED && write.sentAt() - time > 0)
        .map(Write::number)
        .toList();
  }
}
