package io.redisproxy.session;

import io.redisproxy.consistency.WriteTable;
import java.util.Arrays;

/** Slots of the table of writes; one may be there more than once. */
final class SlotList {
  private int[] slots = new int[16];
  private int size;

  /** A bit for some slots each: what has none here is not in the list. All keys have all. */
  private long filter;

  private boolean all;

  void add(int slot) {
    if (size == slots.length) {
      slots = Arrays.copyOf(slots, 2 * size);
    }
    slots[size++] = slot;
    if (slot == WriteTable.ALL) {
      all = true;
      filter = -1;
    } else {
      filter |= 1L << slot;
    }
  }

  void addAll(SlotList others) {
    for (int i = 0; i < others.size; i++) {
      add(others.slots[i]);
    }
  }

  /** Any key, once. */
  void addAnyKey() {
    if (!all) {
      add(WriteTable.ALL);
    }
  }

  int get(int index) {
    return slots[index];
  }

  int size() {
    return size;
  }

  /** The slots, of which {@link #size} count. */
  int[] array() {
    return slots;
  }

  /** Whether any key is meant. */
  boolean hasAll() {
    return all;
  }

  /** Whether keys of the one and of the other may be the same. */
  boolean meets(SlotList other) {
    if ((filter & other.filter) == 0) {
      return false;
    }
    if (all || other.all) {
      return true;
    }
    for (int i = 0; i < other.size; i++) {
      if (has(other.slots[i])) {
        return true;
      }
    }
    return false;
  }

  private boolean has(int slot) {
    if ((filter & 1L << slot) != 0) {
      for (int i = 0; i < size; i++) {
        if (slots[i] == slot) {
          return true;
        }
      }
    }
    return false;
  }

  void clear() {
    size = 0;
    filter = 0;
    all = false;
  }
}
