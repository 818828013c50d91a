package io.redisproxy.checker;

import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.RedisNode;
import io.redisproxy.fixture.Relay;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.IntPredicate;

/** What goes on between the nodes while clients write and read, until the phase ends. */
interface Trouble {
  void go(CountDownLatch end) throws InterruptedException;

  /** Replicas are behind by so much, more or less. */
  static Trouble delay(List<Relay> replication, Duration mean, Random random) {
    return end -> {
      do {
        for (Relay relay : replication) {
          relay.delayReplies(mean.dividedBy(20).multipliedBy(10 + random.nextInt(20)));
        }
      } while (!end.await(10, TimeUnit.MILLISECONDS));
    };
  }

  /** Replicas are silent, cut off, or start anew and sync from the beginning. */
  static Trouble failingReplicas(RedisGroup group, List<Relay> replication, Random random) {
    return end -> {
      do {
        int index = random.nextInt(replication.size());
        RedisNode replica = group.replica(index);
        switch (random.nextInt(3)) {
          case 0 -> {
            replica.pause();
            end.await(random.nextInt(200), TimeUnit.MILLISECONDS);
            replica.resume();
          }
          case 1 -> replication.get(index).cut();
          default -> {
            replica.kill();
            replica.restart();
            group.follow(replica, replication.get(index).port());
          }
        }
      } while (!end.await(random.nextInt(500), TimeUnit.MILLISECONDS));
    };
  }

  /** The master hands over to a replica, when that has all it has, and back. */
  static Trouble failovers(RedisGroup group, Random random) {
    return end -> {
      RedisNode master = group.master();
      RedisNode next = group.replica(0);
      while (!end.await(200 + random.nextInt(500), TimeUnit.MILLISECONDS)) {
        if (handsOver(group, master, next)) {
          while (!isMaster(group, next) && !end.await(10, TimeUnit.MILLISECONDS)) {
            // It is on the way.
          }
          RedisNode former = master;
          master = next;
          next = former;
        }
      }
    };
  }

  /** False while the other is not in sync. */
  private static boolean handsOver(RedisGroup group, RedisNode master, RedisNode next) {
    try {
      group.call(master, "FAILOVER", "TO", "127.0.0.1", Integer.toString(next.port()));
      return true;
    } catch (IllegalStateException e) {
      return false;
    }
  }

  private static boolean isMaster(RedisGroup group, RedisNode node) {
    return ((List<?>) group.call(node, "ROLE")).get(0).equals("master");
  }

  /**
   * A replica is promoted in the place of the master, which dies when that has all it has, and
   * comes back as a replica.
   *
   * @param isKnown whether all know that a node is the master, by its place among master and
   *     replicas at first; before, the dead one that is started again, empty, could be taken for it
   */
  static Trouble promotions(RedisGroup group, IntPredicate isKnown) {
    List<RedisNode> nodes = new ArrayList<>(group.replicas());
    nodes.add(0, group.master());
    return end -> {
      while (!end.await(300, TimeUnit.MILLISECONDS)) {
        RedisNode former = group.master();
        group.call(former, "CLIENT", "PAUSE", "10000", "WRITE");
        group.awaitInSync();
        former.kill();
        group.promote(group.replica(0));
        int promoted = nodes.indexOf(group.master());
        while (!isKnown.test(promoted) && !end.await(5, TimeUnit.MILLISECONDS)) {
          // Not yet.
        }
        former.restart();
        group.follow(former, group.master().port());
        group.awaitInSync();
      }
    };
  }

  /** Replicas answer the proxy late, or their connections to it break. */
  static Trouble lateReplicas(List<Relay> toReplicas, Random random) {
    return end -> {
      while (!end.await(random.nextInt(100), TimeUnit.MILLISECONDS)) {
        Relay relay = toReplicas.get(random.nextInt(toReplicas.size()));
        boolean breaks = random.nextBoolean();
        relay.stall();
        end.await(random.nextInt(breaks ? 20 : 150), TimeUnit.MILLISECONDS);
        if (breaks) {
          relay.cut();
        }
        relay.resume();
      }
    };
  }

  /** The proxy's connections to the master break, with writes in flight. */
  static Trouble cuts(Relay toMaster, Random random) {
    return end -> {
      while (!end.await(20 + random.nextInt(100), TimeUnit.MILLISECONDS)) {
        toMaster.cut();
      }
    };
  }
}
