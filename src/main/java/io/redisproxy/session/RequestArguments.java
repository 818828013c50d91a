package io.redisproxy.session;

import io.redisproxy.resp.Resp;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The words of one request, its command's name first, for the few that the proxy itself reads. */
record RequestArguments(List<byte[]> words) {

  int count() {
    return words.size();
  }

  byte[] bytes(int index) {
    return words.get(index);
  }

  /** One character a byte. */
  String text(int index) {
    return Resp.text(words.get(index));
  }

  /** Whether the word is this one, in any case. */
  boolean is(int index, String capitals) {
    return index < count() && text(index).toUpperCase(Locale.ROOT).equals(capitals);
  }

  /** Where the word is, in any case; -1 if it is not there. */
  int indexOf(String capitals) {
    for (int i = 0; i < count(); i++) {
      if (is(i, capitals)) {
        return i;
      }
    }
    return -1;
  }

  /** The words with another one in its place. */
  List<byte[]> with(int index, String other) {
    List<byte[]> changed = new ArrayList<>(words);
    changed.set(index, Resp.bytes(other));
    return changed;
  }

  /** A client's number, or -1. */
  long id(int index) {
    String text = text(index);
    return text.matches("\\d{1,18}") ? Long.parseLong(text) : -1;
  }

  /** A number as Redis takes one for a database, or -1. */
  int number(int index) {
    String text = text(index);
    return text.matches("0|[1-9]\\d{0,8}") ? Integer.parseInt(text) : -1;
  }
}
