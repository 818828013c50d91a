package io.redisproxy.session;

import io.redisproxy.command.CommandRules;
import io.redisproxy.config.Credentials;
import java.util.Optional;

/**
 * What a listener holds its clients to, those on one event loop. It may change while they are
 * connected, on that event loop; whoever is in by then need not say a new password.
 */
public final class Terms {
  private CommandRules rules;
  private Optional<Credentials> auth;
  private NilRechecks nilRechecks;

  /**
   * {@code rules}: what the listener's commands are.
   *
   * @param auth what clients have to say to the proxy; if empty, the nodes decide who may come in
   * @param nilRechecks null if there are none
   */
  public Terms(CommandRules rules, Optional<Credentials> auth, NilRechecks nilRechecks) {
    change(rules, auth, nilRechecks);
  }

  /** From now on these. */
  public final void change(
      CommandRules newRules, Optional<Credentials> newAuth, NilRechecks newNilRechecks) {
    rules = newRules;
    auth = newAuth;
    nilRechecks = newNilRechecks;
  }

  CommandRules rules() {
    return rules;
  }

  Optional<Credentials> auth() {
    return auth;
  }

  /** Null if there are none. */
  NilRechecks nilRechecks() {
    return nilRechecks;
  }
}
