package io.redisproxy.session;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BinaryOperator;
import java.util.function.Function;

/** What the event loops have noted of a listener's requests, together. Any thread may ask. */
final class ListenerInsight {
  private final SlowLog slowLog;
  private final Map<Integer, LoopInsight> loops = new ConcurrentHashMap<>();

  ListenerInsight(int slowLogLength) {
    slowLog = new SlowLog(slowLogLength);
  }

  void put(int eventLoop, LoopInsight insight) {
    loops.put(eventLoop, insight);
  }

  SlowLog slowLog() {
    return slowLog;
  }

  /** The keys that most requests of the last minute named, with about how many. */
  List<Map.Entry<String, Long>> hotKeys(long count) {
    return largest(loop -> loop.hotKeys().counts(), Long::sum, count);
  }

  /** The keys with the largest replies, with the bytes. */
  List<Map.Entry<String, Long>> bigKeys(long count) {
    return largest(loop -> loop.bigReplies().bytes(), Long::max, count);
  }

  private List<Map.Entry<String, Long>> largest(
      Function<LoopInsight, Map<String, Long>> of, BinaryOperator<Long> merged, long count) {
    Map<String, Long> all = new HashMap<>();
    for (LoopInsight loop : loops.values()) {
      of.apply(loop).forEach((key, value) -> all.merge(key, value, merged));
    }
    return all.entrySet().stream()
        .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
        .limit(count)
        .toList();
  }
}
