package io.redisproxy.command;

/** Where a command may run. */
public enum CommandClass {
  /** On a replica that has what the command reads. */
  READ,
  /** On the master, over the connection that clients share. */
  MASTER,
  /** On whichever node is nearest: the answer is the same everywhere. */
  ANY_NODE,
  /** In the session, which keeps this state for the client. */
  SESSION,
  /** On a connection to the master that is the session's own. */
  PINNED,
  /** {@link #PINNED} with an argument that makes it wait; see {@link Classifier} for without. */
  PINNED_IF_BLOCKING,
  /** Nowhere: the connection is closed, as Redis does. */
  CLOSE
}
