package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.redisproxy.command.Command;
import io.redisproxy.resp.Resp;
import io.redisproxy.upstream.NodeFailure;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Asks a node whether the client may have what the proxy is about to tell or to do itself: who is
 * let in, and what for, is known to the servers alone. The question is a request that takes the
 * same right and does nothing.
 */
final class Authorizing extends PausedState {
  /** What came of it: the error for the client, without its leading {@code -}; null: it may. */
  record Verdict(Command command, String refusal) {}

  private static final String[] LIST = {"CLIENT", "LIST", "ID", "0"};
  private static final String[] LOG = {"SLOWLOG", "LEN"};

  private static final Map<Command, String[]> QUESTIONS =
      new EnumMap<>(
          Map.of(
              Command.CLIENT_LIST, LIST,
              Command.CLIENT_KILL, new String[] {"CLIENT", "KILL", "ID", "0"},
              Command.CLIENT_UNBLOCK, new String[] {"CLIENT", "UNBLOCK", "0"},
              Command.CLIENT_NO_EVICT, new String[] {"CLIENT", "NO-EVICT", "OFF"},
              Command.PROXY_CLIENTS, LIST,
              Command.PROXY_TOPOLOGY, new String[] {"ROLE"},
              Command.PROXY_SLOWLOG, LOG,
              Command.PROXY_HOTKEYS, LOG,
              Command.PROXY_BIGKEYS, LOG));

  private final Command command;
  private final Consumer<Verdict> caller;

  /** {@code caller}: told the verdict before the request comes again. */
  Authorizing(Session session, Command command, Consumer<Verdict> caller) {
    super(session);
    this.command = command;
    this.caller = caller;
  }

  static boolean isNeeded(Command command) {
    return QUESTIONS.containsKey(command);
  }

  @Override
  String word() {
    return "authorizing";
  }

  @Override
  void onEntered() {
    Lane lane = session.lane();
    Target master = lane.forWrite();
    Target asked =
        master.connection() == null ? lane.forRead(session.client().id(), 0, false) : master;
    pause();
    if (asked.connection() == null) {
      onUnreachable(master.failure());
    } else {
      asked.connection().expect(new OwnReply(session, this::onAnswer, this::onUnreachable));
      asked.connection().send(Resp.request(session.allocator(), QUESTIONS.get(command)));
    }
  }

  private void onAnswer(ByteBuf reply) {
    String error = Resp.isError(reply) ? Resp.errorText(reply) : "";
    boolean refused = error.startsWith("NOAUTH") || error.startsWith("NOPERM");
    goOn(refused ? error : null);
  }

  private void onUnreachable(NodeFailure failure) {
    boolean shown =
        failure.isBusy() || (failure.refusal() == null && command == Command.PROXY_TOPOLOGY);
    goOn(shown ? null : failure.error(false));
  }

  private void goOn(String refusal) {
    if (!session.isClosed()) {
      caller.accept(new Verdict(command, refusal));
      serve();
    }
  }
}
