package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.redisproxy.command.Command;
import io.redisproxy.command.KnownScripts;
import io.redisproxy.resp.ArgumentCursor;
import java.util.Arrays;
import java.util.List;

/**
 * Scripts that only read, and requests that fill or empty the caches of scripts. Each node has one
 * of its own, so that the latter go to all of them.
 */
final class ScriptRequests {
  private final Session session;
  private final RunSender sender;
  private final SharedRequests shared;
  private final WithheldRequests withheld;

  ScriptRequests(
      Session session, RunSender sender, SharedRequests shared, WithheldRequests withheld) {
    this.session = session;
    this.sender = sender;
    this.shared = shared;
    this.withheld = withheld;
  }

  /** A script that only reads goes to a replica that is likely to have it. */
  boolean onReading(Command command, ByteBuf in, int from, int end) {
    RequestArguments arguments = Requests.arguments(session, in, from, end);
    // The first key, or the number of keys if there is none.
    int key = Arrays.hashCode(arguments.bytes(Math.min(3, arguments.count() - 1)));
    long needed = shared.needed(command, in, from, end);
    Target fit = session.lane().forScript(key, needed, session.replies().awaitsWrites());
    CatchingUp.Outcome waited = withheld.takeCaughtUp();
    Target home =
        needed == 0 || waited == CatchingUp.Outcome.TOO_FAR_BEHIND
            ? null
            : homeOfCursors(command, arguments, key, fit);
    if (home != null && waited == null) {
      return withheld.catchUp(home, in, from);
    }
    Target target = home == null ? fit : home;
    if (target.isMaster() || target.connection() == null) {
      return shared.addAtMaster(command, in, from, end);
    }
    sender.endBefore(in, from);
    ScriptRun run = new ScriptRun(session, target);
    run.needs(needed);
    if (isRechecked(command, arguments.words())) {
      run.recheckNil();
    }
    sender.send(run, true, target.connection(), Requests.take(session, in, from, end));
    return true;
  }

  /**
   * The replica that is behind and that a script has to wait for, as a cursor that it got there
   * leads on at no other node; null if there is none.
   */
  private Target homeOfCursors(Command command, RequestArguments arguments, int key, Target fit) {
    Target home = session.lane().forScript(key, 0, false);
    return home.node() != fit.node() && KnownScripts.runBy(command, arguments.words()).scans()
        ? home
        : null;
  }

  private boolean isRechecked(Command command, List<byte[]> request) {
    NilRechecks rechecks = session.nilRechecks();
    return rechecks != null && rechecks.has(command, request);
  }

  /** The master's reply is the client's. */
  boolean onEveryNode(Command command, ByteBuf in, int from, int end) {
    sendToReplicas(command, in, from, end);
    return shared.addAtMaster(command, in, from, end);
  }

  void sendToReplicas(Command command, ByteBuf in, int from, int end) {
    sender.endBefore(in, from);
    ByteBuf request = Requests.whole(session, in, from, end);
    sendToReplicas(session, command, request);
    request.release();
  }

  /** {@code request}: all of it, which stays. */
  static void sendToReplicas(Session session, Command command, ByteBuf request) {
    ArgumentCursor cursor = session.cursor().start(request, request.readerIndex());
    if (command == Command.SCRIPT_LOAD && cursor.next() && cursor.next() && cursor.next()) {
      KnownScripts.learn(cursor.bytes());
    }
    session.lane().tellReplicas(request, session);
  }
}
