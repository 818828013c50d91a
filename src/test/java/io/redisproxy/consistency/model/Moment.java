package io.redisproxy.consistency.model;

/**
 * All that there is at one moment, a small number for each cell. There is one key, and each write
 * appends to it, so that an offset is its value, too.
 */
final class Moment {
  /** What is known of the master, and of each replica: the cells of a node. */
  static final int HISTORY = 0;

  static final int OFFSET = 1;

  /** What the node has answered, and the sampler has not got yet. */
  static final int ANSWERED = 2;

  static final int SAID_HISTORY = 3;
  static final int SAID_OFFSET = 4;

  /** The offset that a replica was last seen at. */
  static final int APPLIED = 5;

  /** One more than the round. */
  static final int REACHED = 6;

  private static final int NODE_CELLS = 7;
  private static final int NODES = 3;

  // The cells of a writer, which has an event loop and so a part of the table for itself.

  /** How many of its steps are done. */
  static final int STEP = 0;

  static final int SLOT_COUNT = 1;
  static final int SLOT_ROUND = 2;
  static final int LOOP_COUNT = 3;
  static final int LOOP_ROUND = 4;

  /** The round that it has seen to be the last. */
  static final int SEEN_ROUND = 5;

  /** Whether the connection is lost. */
  static final int LOST = 6;

  /**
   * Whether the write may yet be done at the master: one more than the questions answered since.
   */
  static final int PENDING = 7;

  /** The value that it made. */
  static final int VALUE = 8;

  private static final int WRITER_CELLS = 9;
  private static final int WRITERS = 2;
  private static final int FIRST_WRITER = NODES * NODE_CELLS;

  /** The cells of the sampler, which is at a step. */
  static final int SAMPLER = FIRST_WRITER + WRITERS * WRITER_CELLS;

  /** How many rounds have a number. */
  static final int STARTED = SAMPLER + 1;

  /** One more than the history that offsets are compared in; 0 for none. */
  static final int KNOWN = SAMPLER + 2;

  /** One more than the offset of each round. */
  static final int MEASURED = SAMPLER + 3;

  private static final int ROUNDS = 4;

  /** The cells of the reader, which is at a step. */
  static final int READER = MEASURED + ROUNDS + 1;

  /** The least value that is not stale. */
  static final int FLOOR = READER + 1;

  static final int NEEDED = READER + 2;

  /** The node that it goes to. */
  static final int TARGET = READER + 3;

  /** The value read last, and how many were. */
  static final int SEEN = READER + 4;

  static final int READS = READER + 5;

  private static final int CELLS = READER + 6;

  static final int MASTER = 0;

  /** By how much a value of another history is more than one of the history before. */
  static final int OF_HISTORY = 8;

  private final byte[] cells;

  Moment() {
    this(new byte[CELLS]);
  }

  private Moment(byte[] cells) {
    this.cells = cells;
  }

  /** Where the cells of a node begin: 0 is the master. */
  static int node(int index) {
    return index * NODE_CELLS;
  }

  static int writer(int index) {
    return FIRST_WRITER + index * WRITER_CELLS;
  }

  int get(int cell) {
    return cells[cell];
  }

  Moment set(int cell, int value) {
    cells[cell] = (byte) value;
    return this;
  }

  Moment add(int cell, int more) {
    return set(cell, get(cell) + more);
  }

  Moment raise(int cell, int least) {
    return set(cell, Math.max(get(cell), least));
  }

  Moment copy() {
    return new Moment(cells.clone());
  }

  /** The value of the key at a node. */
  int value(int node) {
    return get(node + HISTORY) * OF_HISTORY + get(node + OFFSET);
  }

  /** Two of some million moments hardly have the same. */
  long fingerprint() {
    long hash = 1;
    for (byte cell : cells) {
      hash = Long.rotateLeft((hash ^ cell) * 0x9E3779B97F4A7C15L, 29);
    }
    return hash ^ hash >>> 32;
  }
}
