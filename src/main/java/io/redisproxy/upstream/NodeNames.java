package io.redisproxy.upstream;

import io.netty.util.NetUtil;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Where the names of nodes lead, for those who connect on one event loop. DNS may change that at
 * any time; while it has no answer, the node is still where it was. One with several addresses is
 * looked for at each, and remains where it was found for as long as that is one of them.
 */
final class NodeNames {
  /** So long an answer counts, even if it holds for no time at all. */
  private static final Duration SHORTEST = Duration.ofSeconds(1);

  /** An answer may turn out to be wrong before its time is over. */
  private static final Duration LONGEST = Duration.ofSeconds(30);

  /** So long an answer is waited for where another one is known; well within a probe's timeout. */
  private static final Duration PATIENCE = Duration.ofMillis(500);

  private final Function<String, Future<FoundAddresses>> lookup;
  private final Map<String, Name> names = new HashMap<>();

  NodeNames(Function<String, Future<FoundAddresses>> lookup) {
    this.lookup = lookup;
  }

  /** The address of a host, which may be one itself. */
  Future<String> address(String host) {
    if (NetUtil.isValidIpV4Address(host) || NetUtil.isValidIpV6Address(host)) {
      return Future.succeededFuture(host);
    }
    return names.computeIfAbsent(host, Name::new).address();
  }

  /** Nobody is there where the host's name led: it may lead elsewhere by now. */
  void onUnreachable(String host, String address) {
    Name name = names.get(host);
    if (name != null) {
      name.onUnreachable(address);
    }
  }

  private final class Name {
    private final String text;
    private List<String> all = List.of();
    private String address;
    private long foundAt;
    private Duration good = Duration.ZERO;

    /** The question under way, if there is one. */
    private Future<String> asked;

    private long askedAt;

    Name(String text) {
      this.text = text;
    }

    Future<String> address() {
      long now = System.nanoTime();
      if (now - foundAt < good.toNanos()) {
        return Future.succeededFuture(address);
      }
      Future<String> answer = asked == null ? ask(now) : asked;
      if (address == null) {
        return answer;
      }
      long left = PATIENCE.toNanos() - (now - askedAt);
      return answer.timeout(Math.max(0, left), TimeUnit.NANOSECONDS).otherwise(failure -> address);
    }

    private Future<String> ask(long now) {
      askedAt = now;
      Future<String> answer = lookup.apply(text).map(this::onFound);
      asked = answer;
      answer.onComplete(any -> asked = null);
      return answer;
    }

    void onUnreachable(String tried) {
      limit(SHORTEST);
      // Several may have tried the same at the same time.
      if (tried.equals(address)) {
        address = all.get((all.indexOf(address) + 1) % all.size());
      }
    }

    private void limit(Duration most) {
      good = good.compareTo(most) < 0 ? good : most;
    }

    private String onFound(FoundAddresses found) {
      all = found.addresses();
      address = all.contains(address) ? address : all.get(0);
      foundAt = System.nanoTime();
      good = found.timeToLive().filter(time -> time.compareTo(SHORTEST) > 0).orElse(SHORTEST);
      limit(LONGEST);
      return address;
    }
  }
}
