package io.redisproxy.soak;

import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.RedisNode;
import io.redisproxy.fixture.Relay;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Does harm to one node after the other, and makes it good again. */
final class Chaos implements Callable<Void> {
  private final RedisGroup group;
  private final List<RedisNode> victims;
  private final List<Relay> relays;
  private final Random random;
  private final CountDownLatch end;
  private final Tally tally;

  /** {@code relays}: those to the victims, in their order. */
  Chaos(
      RedisGroup group,
      List<RedisNode> victims,
      List<Relay> relays,
      long seed,
      CountDownLatch end,
      Tally tally) {
    this.group = group;
    this.victims = victims;
    this.relays = relays;
    this.random = new Random(seed);
    this.end = end;
    this.tally = tally;
  }

  @Override
  public Void call() throws InterruptedException {
    while (!passes(random.nextInt(300))) {
      int victim = random.nextInt(victims.size());
      harm(victims.get(victim), relays.get(victim));
      tally.faults.increment();
    }
    return null;
  }

  private void harm(RedisNode node, Relay relay) throws InterruptedException {
    switch (random.nextInt(7)) {
      case 0 -> {
        node.kill();
        passes(random.nextInt(700));
        node.restart();
      }
      case 1 -> {
        node.pause();
        passes(random.nextInt(1500));
        node.resume();
      }
      case 2 -> relay.cut();
      case 3 -> {
        relay.stall();
        passes(random.nextInt(1500));
        relay.resume();
      }
      case 4 -> {
        relay.stall();
        passes(random.nextInt(500));
        relay.cut();
        relay.resume();
      }
      case 5 -> {
        relay.refuse();
        relay.cut();
        passes(random.nextInt(700));
        relay.accept();
      }
      default -> {
        relay.delayReplies(Duration.ofMillis(random.nextInt(30)));
        group.call(node, "CLIENT", "KILL", "TYPE", "normal");
        passes(random.nextInt(300));
        relay.delayReplies(Duration.ZERO);
      }
    }
  }

  /** Lets time pass; whether the end came within it. */
  private boolean passes(int millis) throws InterruptedException {
    return end.await(millis, TimeUnit.MILLISECONDS);
  }
}
