package io.redisproxy.soak;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.Consumer;

/**
 * A request, and what its reply may be if it comes.
 *
 * @param request as it is sent: an array of bulk strings, or a line when there is one word only
 * @param check fails on a reply that can't be this request's
 * @param onLost told when there may never be a reply, with whether the command may have run
 */
record Expected(String[] request, Consumer<Object> check, Consumer<Boolean> onLost) {
  private static final int MOST_SHOWN = 100;

  static Expected of(Consumer<Object> check, String... request) {
    return new Expected(request, check, mayHaveRun -> {});
  }

  static Expected equalTo(Object reply, String... request) {
    return of(actual -> assertThat(actual).isEqualTo(reply), request);
  }

  @Override
  public String toString() {
    String words = String.join(" ", request);
    return words.length() > MOST_SHOWN ? words.substring(0, MOST_SHOWN) + "..." : words;
  }
}
