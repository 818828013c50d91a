package io.redisproxy.discovery;

import io.redisproxy.config.NodeAddress;
import io.redisproxy.config.SentinelConfig;
import io.redisproxy.discovery.RoleCheck.Role;
import io.redisproxy.discovery.SentinelVotes.Claim;
import io.redisproxy.upstream.Login;
import io.redisproxy.upstream.NodeConnector;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/**
 * Takes the nodes of a group from Sentinels. All of them are asked, those that the configuration
 * names and those that they know, and asked again at once when one publishes something; {@link
 * SentinelBelief} tells which of them are right.
 */
public final class SentinelWatch implements NodeSource, SentinelPoll.Owner {

  /**
   * How often and how long.
   *
   * @param interval from one question to the next
   * @param timeout how long a Sentinel may take to answer
   */
  public record Options(Duration interval, Duration timeout) {}

  /** After so long it is looked again at what could not be believed. */
  private static final Duration DOUBT = Duration.ofMillis(50);

  /** A master that takes longer to say what it is, while Sentinels replace it, says nothing. */
  private static final Duration ROLE_TIMEOUT = Duration.ofMillis(300);

  private static final Logger LOG = Logger.getLogger(SentinelWatch.class);

  private final String listener;
  private final SentinelConfig config;
  private final RoleCheck roleCheck;
  private final NodeConnector connector;
  private final Options options;
  private final SentinelPolls polls;

  private Members members;
  private SentinelBelief belief = SentinelBelief.NONE;

  /** Of the decision that is being made; a later one takes its place. */
  private int turn;

  private boolean lookingAgain;
  private String doubted = "";
  private boolean closed;

  /**
   * For the listener of that name.
   *
   * @param logins what to say to a server first, or null
   */
  public SentinelWatch(
      String listener,
      SentinelConfig config,
      Function<NodeAddress, Login> logins,
      NodeConnector connector,
      Options options) {
    this.listener = listener;
    this.config = config;
    this.connector = connector;
    this.options = options;
    boolean isShort = options.timeout().compareTo(ROLE_TIMEOUT) < 0;
    roleCheck = new RoleCheck(logins, connector, isShort ? options.timeout() : ROLE_TIMEOUT);
    polls = new SentinelPolls(config.nodes(), this::poll);
  }

  @Override
  public void start(Members told) {
    members = told;
    polls.askAll();
  }

  @Override
  public void reconnect() {
    polls.reconnect();
  }

  @Override
  public void close() {
    closed = true;
    polls.close();
  }

  private SentinelPoll poll(NodeAddress sentinel) {
    return new SentinelPoll(
        listener,
        sentinel,
        config.credentials().map(Login::of).orElse(null),
        config.service(),
        connector,
        options,
        this);
  }

  @Override
  public void onNews(String channel) {
    LOG.debugf("listener %s: a Sentinel of %s says %s", listener, config.service(), channel);
    polls.askAll();
  }

  @Override
  public void onAsked() {
    if (!closed) {
      polls.follow();
      decide();
    }
  }

  private void decide() {
    SentinelVotes votes = SentinelVotes.of(polls.views(), polls.count());
    // One that is silent is not waited for at the start when the others are enough.
    boolean isComplete = polls.areAllAsked() || votes.majority().isPresent();
    if (closed || !isComplete || votes.claims().isEmpty()) {
      return;
    }
    int now = ++turn;
    Map<NodeAddress, Role> roles = new HashMap<>();
    if (believe(votes, roles)) {
      return;
    }
    Set<NodeAddress> claimed = belief.claimed(votes);
    claimed.forEach(
        node ->
            roleCheck
                .ask(node)
                .onSuccess(
                    role -> {
                      if (turn == now && !closed) {
                        roles.put(node, role);
                        onRole(votes, roles, roles.size() == claimed.size());
                      }
                    }));
  }

  private void onRole(SentinelVotes votes, Map<NodeAddress, Role> roles, boolean isLast) {
    if (believe(votes, roles)) {
      turn++;
    } else if (isLast) {
      doubt(votes, roles);
    }
  }

  private boolean believe(SentinelVotes votes, Map<NodeAddress, Role> roles) {
    Optional<Claim> right = belief.choose(votes, roles);
    right.ifPresent(claim -> believe(votes, claim));
    return right.isPresent();
  }

  private void believe(SentinelVotes votes, Claim claim) {
    doubted = "";
    SentinelBelief before = belief;
    belief = belief.with(votes, claim);
    if (!belief.master().equals(before.master())) {
      LOG.infof(
          "listener %s: the master is %s, say %d of the %d Sentinels of %s: %s",
          listener,
          claim.master(),
          claim.views().size(),
          votes.electorate(),
          config.service(),
          claim.sentinels());
    }
    if (!belief.master().equals(before.master()) || !belief.nodes().equals(before.nodes())) {
      members.onMembers(List.copyOf(belief.nodes()), belief.master(), Map.of());
    }
    if (belief.isContested(votes)) {
      lookAgainSoon();
    }
  }

  private void doubt(SentinelVotes votes, Map<NodeAddress, Role> roles) {
    String doubts =
        votes.claims().stream()
            .map(
                claim ->
                    String.format(
                        "%s by %s (epoch %d, it says %s)",
                        claim.master(),
                        claim.sentinels(),
                        claim.epoch(),
                        roles.get(claim.master())))
            .collect(Collectors.joining(", "));
    if (!doubts.equals(doubted)) {
      LOG.warnf(
          "listener %s: the master of %s is not clear, going on with %s: %s",
          listener, config.service(), Objects.toString(belief.master(), "none"), doubts);
    }
    doubted = doubts;
    lookAgainSoon();
  }

  private void lookAgainSoon() {
    if (!lookingAgain) {
      lookingAgain = true;
      connector.schedule(
          DOUBT,
          () -> {
            lookingAgain = false;
            decide();
          });
    }
  }
}
