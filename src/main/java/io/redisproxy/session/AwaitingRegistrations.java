package io.redisproxy.session;

/** Waits for the registrations that were asked for before the next request. */
final class AwaitingRegistrations extends LookingAgain {
  private final Runnable caller;
  private final Registrations registrations;
  private final Registrations.Kind kind;
  private final long before;

  /** {@code caller}: told that it is over before the request comes again. */
  AwaitingRegistrations(Session session, Registrations.Kind kind, Runnable caller) {
    // Their own event loops end them, too, unless those stand still.
    super(session, Registrations.LONGEST);
    this.kind = kind;
    this.caller = caller;
    registrations = session.registrations();
    before = registrations.begun(kind);
  }

  @Override
  String word() {
    return "awaiting-registrations";
  }

  @Override
  boolean isOver() {
    boolean over = registrations.haveEnded(kind, before) || isTimeUp();
    if (over) {
      caller.run();
    }
    return over;
  }
}
