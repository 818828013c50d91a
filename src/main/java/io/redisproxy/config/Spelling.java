package io.redisproxy.config;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Guesses which word was meant. */
final class Spelling {
  private Spelling() {}

  /** The word that is the fewest edits away, unless that is more than half of what was written. */
  static Optional<String> nearest(String written, List<String> words) {
    String lower = written.toLowerCase(Locale.ROOT);
    return words.stream()
        .filter(word -> distance(lower, word) <= written.length() / 2)
        .min(Comparator.comparingInt(word -> distance(lower, word)));
  }

  /** How many characters have to be inserted, deleted or replaced (Levenshtein). */
  private static int distance(String a, String b) {
    // row[j] is the distance of the part of a seen so far to the first j characters of b.
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replace = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replace, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
