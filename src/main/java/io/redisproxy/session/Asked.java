package io.redisproxy.session;

/** A node that was asked for the replies to a run's requests, or to the rest of them. */
interface Asked {
  Target target();

  /** How many replies it has not given. */
  int wanted();

  /** Whether a part of the next reply has been given. */
  boolean isInside();
}
