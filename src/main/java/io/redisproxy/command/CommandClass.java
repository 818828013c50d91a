package io.redisproxy.command;

/** Where a command may run. */
public enum CommandClass {
  /** On a replica that has what the command reads. */
  READ,
  /** On the master, over the connection that clients share. */
  MASTER,
  /** On the master, although it only reads. */
  READ_AT_MASTER,
  /** On whichever node is nearest: the answer is the same everywhere. */
  ANY_NODE,
  /** {@link #READ}, unless it asks for what the master alone may say; see {@link Classifier}. */
  READ_BY_SECTION,
  /**
   * On a replica, as the beginning of an iteration that goes on where it began: the node travels in
   * the cursor.
   */
  CURSOR,
  /**
   * On a replica, for the same keys on the same one, and where that doesn't know the script, on
   * another node.
   */
  READING_SCRIPT,
  /** On every node; the master's reply is the client's. */
  EVERY_NODE,
  /** In the session, which keeps this state for the client. */
  SESSION,
  /** On a connection to the master that is the session's own, as long as it needs it. */
  PINNED,
  /** {@link #PINNED} with an argument that makes it wait; see {@link Classifier} for without. */
  PINNED_IF_BLOCKING,
  /** On a connection to the master that is the session's own for good, unseen by the proxy. */
  RELAYED,
  /** As the user's configuration says for the name, which the table doesn't have. */
  BY_NAME,
  /** Nowhere: the user's configuration denies it. */
  DENIED,
  /** Nowhere: the connection is closed, as Redis does. */
  CLOSE
}
