package io.redisproxy.session;

import java.util.Set;

/** What CLIENT LIST tells of a client with a letter each, in the order that a server has them. */
enum ClientFlag {
  MONITOR('O'),
  PUBSUB('P'),
  MULTI('x'),
  BLOCKED('b'),
  TRACKING('t'),
  BROKEN_REDIRECT('R'),
  BROADCAST('B'),
  /** A watched key has changed: EXEC will fail. */
  DIRTY('d'),
  CLOSING('c'),
  READONLY('r'),
  NO_EVICT('e'),
  NO_TOUCH('T');

  private static final ClientFlag[] ALL = values();
  private static final char NONE = 'N';

  /** All that a server has; some no client of a proxy ever has. */
  private static final String LETTERS = "OSMPxbtRBdcuAUreTIiEN";

  private final char letter;

  ClientFlag(char letter) {
    this.letter = letter;
  }

  /** Appends the flags' letters; there is always at least one. */
  static void append(StringBuilder to, Set<ClientFlag> flags) {
    int before = to.length();
    for (ClientFlag flag : ALL) {
      if (flags.contains(flag)) {
        to.append(flag.letter);
      }
    }
    if (to.length() == before) {
      to.append(NONE);
    }
  }

  /** Whether all of them are letters of a server's flags. */
  static boolean areKnown(String letters) {
    return letters.chars().allMatch(letter -> LETTERS.indexOf(letter) >= 0);
  }

  /** Whether a client with these flags is shown with each of the letters. */
  static boolean hasAll(Set<ClientFlag> flags, String letters) {
    StringBuilder shown = new StringBuilder();
    append(shown, flags);
    return letters.chars().allMatch(letter -> shown.indexOf(Character.toString(letter)) >= 0);
  }
}
