package io.redisproxy.consistency.model;

/** Takes what may come next. */
interface Steps {
  /** {@code next}: not changed any more; {@code what}: what was done. */
  void to(Moment next, String what);
}
