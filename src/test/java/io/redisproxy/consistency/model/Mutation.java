package io.redisproxy.consistency.model;

/** A rule of the protocol that is broken, to show that the model finds what comes of it. */
enum Mutation {
  NONE,
  /** A write is content with a round that had begun before it was answered. */
  ROUND_BEFORE_REPLY,
  /** The master is asked, and then the round gets its number. */
  QUESTION_BEFORE_NUMBER,
  /** The client of a write that is not counted has its reply before that demands a round. */
  REPLY_BEFORE_DEMAND,
  /** A write is sent before it counts as in flight. */
  SENT_BEFORE_COUNTED,
  /** Writes in flight are not counted. */
  NOT_COUNTED,
  /** A write leaves the count of all that are in flight before its loop knows what it demands. */
  UNCOUNTED_BEFORE_DEMAND,
  /** When all replicas in order have all, a read goes to any, in order or not. */
  NOT_LOOKED_AT_AGAIN,
  /** What was sent and lost demands the next round, as if it were answered. */
  LOST_AS_ANSWERED,
  /** The offset of a replica counts whichever history it is of. */
  ANY_HISTORY
}
