package io.redisproxy.command;

import java.util.List;

/**
 * Where a command's keys are, as the key specifications of {@code COMMAND INFO} say it: first a
 * place to begin at, an index or the place after a keyword, then a way to go on from there.
 *
 * @param keyword the word before the first key, or null where {@code from} is the first key's index
 * @param from the first key's index, or where to begin the search for the keyword; negative counts
 *     from the end, and searches backwards
 * @param last the last key, counted from the first, or from the last argument if negative
 * @param limit if not 0, only this part of the arguments left are keys: 2 is the first half
 */
record KeySpec(String keyword, int from, Find find, int last, int step, int limit) {
  enum Find {
    RANGE,
    /** The argument at the beginning is the number of keys that follow. */
    KEY_NUM,
    /** The place of a channel's name, which clusters route by like a key. */
    CHANNELS,
    /** Not to be told from the request by rule, such as SORT's keys. */
    UNKNOWN
  }

  static KeySpec key(int index) {
    return keys(index, 0, 1);
  }

  static KeySpec keys(int first, int last, int step) {
    return new KeySpec(null, first, Find.RANGE, last, step, 0);
  }

  static KeySpec keyNum(int index) {
    return keyNum(index, 1);
  }

  static KeySpec keyNum(int index, int step) {
    return new KeySpec(null, index, Find.KEY_NUM, 0, step, 0);
  }

  static KeySpec keyAfter(String keyword, int from) {
    return new KeySpec(keyword, from, Find.RANGE, 0, 1, 0);
  }

  static KeySpec keysAfter(String keyword, int from) {
    return new KeySpec(keyword, from, Find.RANGE, -1, 1, 0);
  }

  static KeySpec halfAfter(String keyword, int from) {
    return new KeySpec(keyword, from, Find.RANGE, -1, 1, 2);
  }

  static KeySpec channel(int index) {
    return new KeySpec(null, index, Find.CHANNELS, 0, 1, 0);
  }

  static KeySpec channels(int first) {
    return new KeySpec(null, first, Find.CHANNELS, -1, 1, 0);
  }

  static KeySpec unknown() {
    return new KeySpec(null, 0, Find.UNKNOWN, 0, 0, 0);
  }

  /** The key first, and those after STORE and STOREDIST anywhere from the index on. */
  static List<KeySpec> keyAndStore(int from) {
    return List.of(key(1), keyAfter("STORE", from), keyAfter("STOREDIST", from));
  }

  boolean namesKeys() {
    return find == Find.RANGE || find == Find.KEY_NUM;
  }

  /** The keys' places are the same in every request, counted from its ends. */
  boolean isFixed() {
    return keyword == null && find == Find.RANGE && limit == 0;
  }
}
