package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.redisproxy.command.Command;
import io.redisproxy.command.CommandFlag;
import io.redisproxy.resp.Resp;
import io.redisproxy.upstream.NodeConnection;
import io.redisproxy.upstream.NodeFailure;
import io.redisproxy.upstream.PinnedConnection;
import io.redisproxy.upstream.Subscriptions;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * A session's connection of its own, and what it holds there: a transaction, watched keys,
 * subscriptions, tracking. Without any of these the session gives the connection back as soon as
 * nothing is awaited on it.
 */
final class Pin implements PinnedConnection.Holder {
  /** Requests that may follow over a connection that is not needed any more, without a pause. */
  private static final int MAX_FOLLOWERS = 64;

  private static final EnumSet<Command> SUBSCRIPTIONS =
      EnumSet.of(
          Command.SUBSCRIBE,
          Command.UNSUBSCRIBE,
          Command.PSUBSCRIBE,
          Command.PUNSUBSCRIBE,
          Command.SSUBSCRIBE,
          Command.SUNSUBSCRIBE);

  /** Answered while a script keeps the node busy, but for what they need first: a database. */
  private static final EnumSet<Command> TO_BUSY_NODES =
      EnumSet.of(Command.SCRIPT_KILL, Command.FUNCTION_KILL, Command.FUNCTION_STATS);

  private final Session session;
  private final Target target;
  private final PinnedConnection connection;
  private final Transaction transaction;
  private final Tracking tracking;
  private final SubscribedNames names;
  private boolean receiving;
  private boolean stateLost;
  private boolean blocking;
  private boolean subscribing;
  private boolean unblocked;
  private GoneWhileBlocked gone;

  /** What the connection was made for and has not sent yet; null for nothing, or anything else. */
  private Registrations.Pending askedFor;

  private int followers;

  Pin(Session session, Target target, PinnedConnection connection) {
    this(session, target, connection, new SubscribedNames());
  }

  /** {@code names}: what the connection is subscribed to. */
  Pin(Session session, Target target, PinnedConnection connection, SubscribedNames names) {
    this.names = names;
    this.session = session;
    this.target = target;
    this.connection = connection;
    transaction = new Transaction(session, target);
    tracking = new Tracking(session, target);
  }

  /** Whether the command may change what is held, see {@link #runFor}. */
  static boolean mayChange(Command command) {
    return Transaction.has(command) || outlivesTransaction(command);
  }

  /** Whether what the command changes inside a transaction would not end with it. */
  static boolean outlivesTransaction(Command command) {
    return subscribes(command) || command == Command.CLIENT_TRACKING;
  }

  /** Whether the command subscribes, or ends that. */
  static boolean subscribes(Command command) {
    return SUBSCRIPTIONS.contains(command);
  }

  /** Whether a node shall get the command even if it is busy, over any connection of the user's. */
  static boolean isForBusyNode(Command command) {
    return TO_BUSY_NODES.contains(command);
  }

  Target target() {
    return target;
  }

  PinnedConnection connection() {
    return connection;
  }

  /** Whether a transaction is open: what comes is queued at the node. */
  boolean isInTransaction() {
    return transaction.isOpen();
  }

  /** Whether the protocol allows little more than to subscribe and unsubscribe. */
  boolean isRestricted() {
    return !connection.subscriptions().isEmpty() && session.lane().identity().protocol() == 2;
  }

  /** Whether {@link #isRestricted} may be another when what is awaited has come. */
  boolean isSubscribing() {
    return subscribing && connection.isAwaited();
  }

  /**
   * Whether a command may wait at the node, which would take what comes for a client that is gone.
   */
  boolean isBlocked() {
    return blocking && connection.isAwaited();
  }

  /** Other clients' messages are sent to it: it is kept. */
  void receive() {
    receiving = true;
  }

  /** The subscription that it was made for, which comes next; or null. */
  void askedFor(Registrations.Pending subscription) {
    askedFor = subscription;
  }

  /** Whether it holds a state at the node. */
  boolean isHeld() {
    return transaction.isHeld()
        || tracking.isOn()
        || receiving
        || !connection.subscriptions().isEmpty();
  }

  /** What CLIENT LIST tells of it. */
  void addFlags(Set<ClientFlag> flags) {
    if (transaction.isOpen()) {
      flags.add(ClientFlag.MULTI);
    }
    tracking.addFlags(flags);
    if (isBlocked()) {
      flags.add(ClientFlag.BLOCKED);
    }
    if (!connection.subscriptions().isEmpty()) {
      flags.add(ClientFlag.PUBSUB);
    }
  }

  /** See {@link ConnectedClient#redirect}. */
  long redirect() {
    return tracking.redirect();
  }

  /** Whether a client that goes now would lose nothing; it may forget what it tracks. */
  boolean mayPart(DrainStep step) {
    boolean subscribed = !connection.subscriptions().isEmpty();
    return !transaction.isHeld()
        && (!subscribed || (step != DrainStep.CALM && !connection.isInsideReply()));
  }

  /**
   * Has the node answer the command that waits. To close the connection could lose what the node
   * answers at that moment. As that may come first, too, no other client gets the connection.
   */
  void unblock() {
    NodeConnection shared = target.connection();
    if (!unblocked && shared != null && connection.id() >= 0) {
      unblocked = true;
      shared.expect(new UnheardReplies(session, 1));
      shared.send(
          Resp.request(session.allocator(), "CLIENT", "UNBLOCK", Long.toString(connection.id())));
    }
  }

  /** The client sends no more: it is gone as soon as a command of it waits for others. */
  void closeOnceBlocked() {
    if (gone == null && isBlocked()) {
      gone = new GoneWhileBlocked(session, this);
      gone.ask();
    }
  }

  /** Whether the state that it held is gone with its connection. */
  boolean isStateLost() {
    return stateLost;
  }

  /**
   * One more request follows; true when it should not, since the connection is needed no more and a
   * client that never pauses would keep it for ever.
   */
  boolean hasFollowersEnough() {
    if (isHeld()) {
      followers = 0;
      return false;
    }
    return ++followers > MAX_FOLLOWERS;
  }

  /**
   * One more request that changes nothing of this goes over the connection.
   *
   * @param first whether none before it is still to be sent
   */
  void onRequest(Command command, boolean first) {
    transaction.onRequest();
    if (first && !connection.isAwaited()) {
      blocking = false;
      subscribing = false;
    }
    blocking |= !transaction.isOpen() && mayBlock(command);
  }

  /** Whether the command may wait for others. */
  static boolean mayBlock(Command command) {
    return command.has(CommandFlag.BLOCKING)
        || command == Command.XREAD
        || command == Command.XREADGROUP;
  }

  Transaction transaction() {
    return transaction;
  }

  /** The client that shall get what the node has to tell this one; null if there is none. */
  ConnectedClient receiver(Command command, RequestArguments arguments) {
    return transaction.isOpen() ? null : tracking.receiver(command, arguments);
  }

  /** The request to send in place of the client's, or null if that is right as it is. */
  ByteBuf requestInstead(Command command, RequestArguments arguments) {
    return tracking.requestInstead(command, arguments);
  }

  void release() {
    connection.release(!isHeld() && !unblocked);
  }

  /**
   * The run for a request that changes what is held, or null if this one does not. What it changes
   * counts from now on, since requests follow before the reply; a refusal takes it back.
   */
  Run runFor(Command command, RequestArguments arguments) {
    return switch (command) {
      case MULTI, EXEC, DISCARD, WATCH, UNWATCH -> transaction.runFor(command, arguments.count());
      case CLIENT_TRACKING -> transaction.isOpen() ? null : tracking.runFor(arguments);
      case SUBSCRIBE -> subscription(Subscriptions.Kind.CHANNEL, arguments, names::add);
      case PSUBSCRIBE -> subscription(Subscriptions.Kind.PATTERN, arguments, names::add);
      case SSUBSCRIBE -> subscription(Subscriptions.Kind.SHARD, arguments, names::add);
      case UNSUBSCRIBE -> subscription(Subscriptions.Kind.CHANNEL, arguments, names::remove);
      case PUNSUBSCRIBE -> subscription(Subscriptions.Kind.PATTERN, arguments, names::remove);
      case SUNSUBSCRIBE -> subscription(Subscriptions.Kind.SHARD, arguments, names::remove);
      default -> null;
    };
  }

  /** The run for a question whose answer has a client's number in it, or null for any other. */
  Run runForQuestion(Command command) {
    return transaction.isOpen() ? null : tracking.runForQuestion(command);
  }

  private Run subscription(
      Subscriptions.Kind kind, RequestArguments arguments, SubscriptionRun.Effect effect) {
    subscribing = true;
    List<byte[]> named = arguments.words().subList(1, arguments.count());
    Registrations.Pending pending =
        askedFor == null
            ? session.registrations().begin(Registrations.Kind.MESSAGES, session)
            : askedFor;
    askedFor = null;
    return new SubscriptionRun(session, target, kind, named, effect, pending);
  }

  @Override
  public void onPinned(PinnedConnection pinned) {
    throw new IllegalStateException("it is pinned already");
  }

  @Override
  public ByteBuf translated(ByteBuf bytes, boolean ends) {
    return tracking.renumbered(bytes, ends);
  }

  @Override
  public void onPush(ByteBuf bytes) {
    session.onReply(bytes);
  }

  @Override
  public boolean takesMore(PinnedConnection from) {
    boolean takesMore = session.output().takesMoreFrom(from);
    if (!takesMore && !connection.subscriptions().isEmpty()) {
      session.output().onStalled();
    }
    return takesMore;
  }

  /** What it is subscribed to; it can all be made again, as nothing else is held or awaited. */
  SubscribedNames namesToMove() {
    boolean more = transaction.isHeld() || tracking.isOn() || connection.isAwaited();
    boolean subscribed = !connection.subscriptions().isEmpty() && names.isComplete();
    return !more && subscribed && !connection.isInsideReply() && session.isIn(session.serving())
        ? names
        : null;
  }

  /**
   * Redis would disconnect the client, too, whose state is lost, but for subscriptions, which are
   * made again. So does one who asked for a state that never came about: what it has sent behind
   * MULTI must not run without.
   */
  @Override
  public void onLost(NodeFailure failure) {
    if (failure.isTemporary() && !receiving) {
      transaction.onTurnedAway(failure.refusal());
    } else {
      stateLost = isHeld() && namesToMove() == null;
      transaction.onLost();
    }
    tracking.onLost();
    if (!connection.isAwaited() && !transaction.isSpoilt()) {
      session.onPinLost();
    }
  }
}
