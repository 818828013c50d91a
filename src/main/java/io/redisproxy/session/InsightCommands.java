package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.redisproxy.metrics.TimeSpent;
import io.redisproxy.resp.Resp;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** PROXY SLOWLOG, HOTKEYS and BIGKEYS: what was noted of the requests of the session's listener. */
final class InsightCommands {
  /** As many as a server's SLOWLOG GET gives when it isn't told. */
  private static final int DEFAULT_COUNT = 10;

  private final Session session;

  InsightCommands(Session session) {
    this.session = session;
  }

  ByteBuf slowLog(RequestArguments arguments) {
    SlowLog log = session.insight().listener().slowLog();
    int count = arguments.count();
    if (count == 3 && arguments.is(2, "LEN")) {
      return Resp.integer(log.length());
    }
    if (count == 3 && arguments.is(2, "RESET")) {
      log.reset();
      return Resp.simple("OK");
    }
    if (count <= 4 && arguments.is(2, "GET")) {
      boolean all = count == 4 && arguments.text(3).equals("-1");
      long most = all ? Long.MAX_VALUE : count == 4 ? arguments.id(3) : DEFAULT_COUNT;
      return most < 0
          ? Resp.error("ERR count should be greater than or equal to -1")
          : Resp.array(log.latest(most).stream().map(this::entry).toList());
    }
    return Resp.error(
        "ERR unknown subcommand or wrong number of arguments for 'SLOWLOG'. Try PROXY HELP.");
  }

  /** The six fields of a server's entry, then one with what only the proxy knows. */
  private ByteBuf entry(SlowLog.Entry entry) {
    List<ByteBuf> words = new ArrayList<>();
    words.add(Resp.bulk(entry.command()));
    if (entry.key() != null) {
      words.add(Resp.bulk(entry.key()));
    }
    Map<String, ByteBuf> times = new LinkedHashMap<>();
    times.put("node", Resp.bulk(entry.node()));
    times.put("requests", Resp.integer(entry.requests()));
    TimeSpent micros = entry.micros();
    times.put("for-client", Resp.integer(micros.client()));
    times.put("in-queue", Resp.integer(micros.queue()));
    times.put("at-node", Resp.integer(micros.node()));
    times.put("behind-earlier", Resp.integer(micros.behind()));
    return Resp.array(
        List.of(
            Resp.integer(entry.id()),
            Resp.integer(entry.time()),
            Resp.integer(micros.total()),
            Resp.array(words),
            Resp.bulk(entry.client()),
            Resp.bulk(entry.name() == null ? new byte[0] : entry.name(), 2),
            Resp.map(times, session.lane().identity().protocol())));
  }

  ByteBuf hotKeys(RequestArguments arguments) {
    long count = count(arguments);
    return count < 0 ? wrongCount() : keys(session.insight().listener().hotKeys(count));
  }

  ByteBuf bigKeys(RequestArguments arguments) {
    long count = count(arguments);
    return count < 0 ? wrongCount() : keys(session.insight().listener().bigKeys(count));
  }

  private static long count(RequestArguments arguments) {
    return switch (arguments.count()) {
      case 2 -> DEFAULT_COUNT;
      case 3 -> arguments.id(2);
      default -> -1;
    };
  }

  private static ByteBuf wrongCount() {
    return Resp.error("ERR value is not an integer or out of range");
  }

  private static ByteBuf keys(List<Map.Entry<String, Long>> keys) {
    return Resp.array(
        keys.stream()
            .map(key -> Resp.array(List.of(Resp.bulk(key.getKey()), Resp.integer(key.getValue()))))
            .toList());
  }
}
