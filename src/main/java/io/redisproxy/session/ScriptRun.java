package io.redisproxy.session;

import java.util.EnumSet;

/**
 * A script that only reads. Each node has a cache of scripts of its own: when one doesn't know a
 * digest, and so has run nothing, the other replicas are asked, and last the master.
 */
final class ScriptRun extends Run {
  ScriptRun(Session session, Target first) {
    super(session, first, System.nanoTime());
  }

  @Override
  EnumSet<Refusal> refusals() {
    return Refusal.OF_SCRIPTS;
  }

  /** It may be slow for itself, and each node that runs it is busy for as long. */
  @Override
  boolean isHedgeable() {
    return false;
  }
}
