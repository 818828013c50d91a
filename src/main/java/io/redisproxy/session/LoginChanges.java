package io.redisproxy.session;

import io.redisproxy.command.Command;
import io.redisproxy.resp.Resp;
import io.redisproxy.upstream.Identity;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** The requests after which a server may let in others than before, of those without a login. */
final class LoginChanges {
  private static final Set<Command> COMMANDS =
      EnumSet.of(Command.CONFIG_SET, Command.ACL_SETUSER, Command.ACL_LOAD);

  private static final String PASSWORD = "requirepass";

  private LoginChanges() {}

  /** Whether a request of this command may be one. */
  static boolean mayBeBy(Command command) {
    return COMMANDS.contains(command);
  }

  /** {@code words}: those of the request. */
  static boolean areIn(Command command, List<byte[]> words) {
    return switch (command) {
      case CONFIG_SET ->
          words.stream().skip(2).map(Resp::text).anyMatch(PASSWORD::equalsIgnoreCase);
      case ACL_SETUSER ->
          words.size() > 2 && Resp.text(words.get(2)).equals(Identity.DEFAULT.user());
      default -> true;
    };
  }
}
