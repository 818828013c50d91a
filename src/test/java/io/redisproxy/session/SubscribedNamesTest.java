package io.redisproxy.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisproxy.resp.Resp;
import io.redisproxy.upstream.Subscriptions.Kind;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SubscribedNamesTest {
  private final SubscribedNames names = new SubscribedNames();

  @Test
  void whatIsSubscribedIsSubscribedAgainByKind() {
    names.remove(Kind.CHANNEL, names("never"));
    names.remove(Kind.PATTERN, List.of());
    names.add(Kind.CHANNEL, names("a", "b", "a"));
    names.add(Kind.PATTERN, names("a*"));
    names.add(Kind.SHARD, names("s"));
    names.remove(Kind.CHANNEL, names("b", "never"));
    names.remove(Kind.SHARD, List.of());
    assertThat(requests()).containsExactly("SUBSCRIBE a", "PSUBSCRIBE a*");
    names.add(Kind.CHANNEL, names("c"));
    names.remove(Kind.PATTERN, List.of());
    assertThat(requests()).containsExactly("SUBSCRIBE a c");
  }

  @Test
  void noMoreIsKeptThanACertainSize() {
    for (int i = 0; i < 100; i++) {
      names.add(Kind.CHANNEL, names("a".repeat(10_000)));
      names.remove(Kind.CHANNEL, names("a".repeat(10_000)));
    }
    names.add(Kind.CHANNEL, names("a".repeat(60_000)));
    assertThat(names.isComplete()).isTrue();
    names.add(Kind.PATTERN, names("b".repeat(6_000)));
    assertThat(names.isComplete()).isFalse();
    names.add(Kind.PATTERN, names("c"));
    assertThat(requests()).isEmpty();
  }

  private List<String> requests() {
    return names.requests().values().stream()
        .map(words -> String.join(" ", words.stream().map(Resp::text).toList()))
        .toList();
  }

  private static List<byte[]> names(String... all) {
    return Stream.of(all).map(Resp::bytes).toList();
  }
}
