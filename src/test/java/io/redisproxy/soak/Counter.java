package io.redisproxy.soak;

import static org.assertj.core.api.Assertions.assertThat;

/** What one client knows of a counter that it alone increments. */
final class Counter {
  private final String key;
  private long last;
  private long maybeRun;

  Counter(String key) {
    this.key = key;
  }

  Expected increment() {
    return new Expected(new String[] {"INCR", key}, this::onReply, this::onLost);
  }

  void onReply(Object reply) {
    assertThat(reply).as(key).isInstanceOf(Long.class);
    long value = (Long) reply;
    assertThat(value).as(key).isGreaterThan(last).isLessThanOrEqualTo(last + maybeRun + 1);
    maybeRun -= value - last - 1;
    last = value;
  }

  void onLost(boolean mayHaveRun) {
    maybeRun += mayHaveRun ? 1 : 0;
  }
}
