package io.redisproxy.session;

import io.redisproxy.metrics.RetryReason;
import io.redisproxy.metrics.TimeSpent;
import io.redisproxy.trace.RequestTrace;
import io.redisproxy.trace.Traces;
import java.util.EnumSet;

/** Has runs traced: those that are slow, or that a node fails, and a share of all others. */
final class RunTraces {
  /** Requests are sent again for these, too, with nothing wrong with a node. */
  private static final EnumSet<RetryReason> HARMLESS =
      EnumSet.of(RetryReason.NIL, RetryReason.NOSCRIPT);

  private final Traces traces;
  private final String listener;

  RunTraces(Traces traces, String listener) {
    this.traces = traces;
    this.listener = listener;
  }

  /** All replies have been given to the client. */
  void onAnswered(Session session, MeasuredRun run, boolean slow, TimeSpent spent) {
    if (slow || hasFailed(run) || traces.isSampled()) {
      add(session, run, spent, null);
    }
  }

  private static boolean hasFailed(MeasuredRun run) {
    for (RequestTrace.Resent resent : run.resent()) {
      if (!HARMLESS.contains(resent.reason())) {
        return true;
      }
    }
    return false;
  }

  /** The client got an error instead of replies. */
  void onFailed(Session session, MeasuredRun run, String error) {
    add(session, run, run.timeSpent(System.nanoTime()), error);
  }

  private void add(Session session, MeasuredRun run, TimeSpent spent, String error) {
    traces.add(
        new RequestTrace(
            run.isOfOneCommand() ? run.wireName() : null,
            run.requests(),
            listener,
            run.answerer().target().link().node(),
            run.lane().identity().database(),
            run.isAtMaster() ? "master" : "replica",
            reason(session, run),
            session.client().address(),
            spent,
            error,
            run.resent()));
  }

  private static String reason(Session session, MeasuredRun run) {
    if (session.isPinned()) {
      return "pinned";
    }
    return run.hasReads() ? run.reason().label() : "write";
  }
}
