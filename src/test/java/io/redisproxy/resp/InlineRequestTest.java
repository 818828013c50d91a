package io.redisproxy.resp;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InlineRequestTest {

  @Test
  void wordsStandBetweenBlanksOfAnyKind() {
    assertThat(split("SET a b")).containsExactly("SET", "a", "b");
    assertThat(split(" \tSET\t\u000b a\r\fb \r\n")).containsExactly("SET", "a", "b");
    assertThat(split("a\u00a0b")).containsExactly("a\u00a0b");
  }

  @Test
  void verticalTabsAndFormFeedsDoNotEndAWordButMayFollowAQuotedOne() {
    assertThat(split("a\u000bb\fc \u000bd")).containsExactly("a\u000bb\fc", "d");
    assertThat(split("'a'\u000b\"b\"\fc")).containsExactly("a", "b", "c");
  }

  @Test
  void aBlankLineHasNoWords() {
    assertThat(split("")).isEmpty();
    assertThat(split("\r\n")).isEmpty();
    assertThat(split("  \t \n")).isEmpty();
  }

  @Test
  void doubleQuotesHoldBlanksAndEscapedBytes() {
    assertThat(split("\"a b\" \"\"")).containsExactly("a b", "");
    assertThat(split("\"\\n\\r\\t\\b\\a\\\"\\\\\\q\"")).containsExactly("\n\r\t\b\u0007\"\\q");
    assertThat(split("\"\\x41\\xfF\\x00\"")).containsExactly("A\u00ff\0");
    assertThat(split("\"\\x4\" \"\\xg1\" \"\\x\"")).containsExactly("x4", "xg1", "x");
    assertThat(split("\"it's\"")).containsExactly("it's");
  }

  @Test
  void singleQuotesHoldBlanksAndOnlyTheirOwnEscape() {
    assertThat(split("'a b' ''")).containsExactly("a b", "");
    assertThat(split("'\\n\\x41\\'\"'")).containsExactly("\\n\\x41'\"");
  }

  @Test
  void aQuoteWithinAWordOpensAQuotedEnd() {
    assertThat(split("a\"b c\" d")).containsExactly("ab c", "d");
    assertThat(split("a'b c'")).containsExactly("ab c");
  }

  @Test
  void outsideOfQuotesABackslashIsAByteLikeOthers() {
    assertThat(split("a\\n \\x41")).containsExactly("a\\n", "\\x41");
  }

  @Test
  void theLineEndsAtAZeroByte() {
    assertThat(split("a b\0c d")).containsExactly("a", "b");
    assertThat(split("a \0")).containsExactly("a");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"",
        "'",
        "a \"b",
        "a 'b",
        "\"a\"b",
        "'a'b",
        "\"a\"\"b\"",
        "\"a\\",
        "\"a\\\"",
        "'a\\'",
        "\"a\0\"",
        "'a\0'",
        "\"a\\\0\""
      })
  void quotesThatDoNotMatchAreRefused(String line) {
    assertThat(split(line)).isNull();
  }

  private static List<String> split(String line) {
    List<byte[]> words = InlineRequest.split(Decoding.bytes(line));
    return words == null
        ? null
        : words.stream().map(word -> new String(word, StandardCharsets.ISO_8859_1)).toList();
  }
}
