package io.redisproxy.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BigRepliesTest {
  private final BigReplies replies = new BigReplies();

  private void onReply(String key, long bytes) {
    if (replies.wants(bytes)) {
      replies.add(key, bytes);
    }
  }

  @Test
  void theLargestAreKeptInWhateverOrderTheyCome() {
    Map<String, Long> expected = new HashMap<>();
    for (int i = 0; i < 1000; i++) {
      // 389 and 1000 have no common divisor: every number below 1000 comes once.
      int place = i * 389 % 1000;
      onReply("key:" + place, BigReplies.BIG + place);
      if (place >= 936) {
        expected.put("key:" + place, BigReplies.BIG + place);
      }
    }
    replies.publish();
    assertThat(replies.bytes()).isEqualTo(expected).hasSize(64);
  }

  @Test
  void aKeyShowsItsLargestReply() {
    onReply("key", BigReplies.BIG);
    onReply("key", BigReplies.BIG + 2);
    onReply("key", BigReplies.BIG + 1);
    onReply("small", BigReplies.BIG - 1);
    replies.publish();
    assertThat(replies.bytes()).containsExactly(Map.entry("key", BigReplies.BIG + 2));
  }

  @Test
  void nothingIsNotedOfRepliesThatAreNotAmongTheLargest() {
    for (int i = 0; i < 64; i++) {
      onReply("key:" + i, BigReplies.BIG);
    }
    assertThat(replies.wants(BigReplies.BIG)).isFalse();
    assertThat(replies.wants(BigReplies.BIG + 1)).isTrue();
    onReply("largest", BigReplies.BIG + 1);
    replies.publish();
    assertThat(replies.bytes()).hasSize(64).containsEntry("largest", BigReplies.BIG + 1);
  }
}
