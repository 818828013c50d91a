package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.redisproxy.command.Command;
import io.redisproxy.command.CommandFlag;
import io.redisproxy.resp.Resp;
import io.redisproxy.session.EffectRun.WhenBusy;
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

  private static final EnumSet<Command> TRANSACTIONS =
      EnumSet.of(Command.MULTI, Command.EXEC, Command.DISCARD, Command.WATCH, Command.UNWATCH);

  /** Answered while a script keeps the node busy, but for what they need first: a database. */
  private static final EnumSet<Command> TO_BUSY_NODES =
      EnumSet.of(Command.SCRIPT_KILL, Command.FUNCTION_KILL, Command.FUNCTION_STATS);

  private static final EnumSet<Command> TELL_REDIRECT =
      EnumSet.of(Command.CLIENT_GETREDIR, Command.CLIENT_TRACKINGINFO);

  private final Session session;
  private final Target target;
  private final PinnedConnection connection;
  private final SubscribedNames names;
  private boolean multi;

  /** What is said to a transaction that began while a script kept the node busy; null if none. */
  private String refusal;

  private boolean watching;
  private boolean tracking;
  private boolean receiving;
  private long redirect;
  private boolean stateLost;
  private boolean blocking;
  private boolean subscribing;
  private boolean unblocked;
  private int followers;
  private int queued;
  private WrittenSlots queuedWrites;

  Pin(Session session, Target target, PinnedConnection connection) {
    this(session, target, connection, new SubscribedNames());
  }

  /** {@code names}: what the connection is subscribed to. */
  Pin(Session session, Target target, PinnedConnection connection, SubscribedNames names) {
    this.names = names;
    this.session = session;
    this.target = target;
    this.connection = connection;
  }

  /** Whether the command may change what is held, see {@link #runFor}. */
  static boolean mayChange(Command command) {
    return TRANSACTIONS.contains(command) || outlivesTransaction(command);
  }

  /** Whether what the command changes inside a transaction would not end with it. */
  static boolean outlivesTransaction(Command command) {
    return SUBSCRIPTIONS.contains(command) || command == Command.CLIENT_TRACKING;
  }

  /** Whether what follows is to run in a transaction only. */
  static boolean beginsTransaction(Command command) {
    return command == Command.MULTI || command == Command.WATCH;
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
    return multi;
  }

  /** Whether the protocol allows little more than to subscribe and unsubscribe. */
  boolean isRestricted() {
    return !connection.subscriptions().isEmpty() && session.lane().identity().protocol() == 2;
  }

  /** Whether {@link #isRestricted} may be another when what is awaited has come. */
  boolean isSubscribing() {
    return subscribing && connection.isAwaited();
  }

  /** Whether a command waits at the node that would take what comes for a client that is gone. */
  boolean isBlocked() {
    return blocking && connection.isAwaited();
  }

  /** Other clients' messages are sent to it: it is kept. */
  void receive() {
    receiving = true;
  }

  /** Whether it holds a state at the node. */
  boolean isHeld() {
    return multi || watching || tracking || receiving || !connection.subscriptions().isEmpty();
  }

  /** What CLIENT LIST tells of it. */
  void addFlags(Set<ClientFlag> flags) {
    if (multi) {
      flags.add(ClientFlag.MULTI);
    }
    if (tracking) {
      flags.add(ClientFlag.TRACKING);
    }
    if (isBlocked()) {
      flags.add(ClientFlag.BLOCKED);
    }
    if (!connection.subscriptions().isEmpty()) {
      flags.add(ClientFlag.PUBSUB);
    }
  }

  /** Whether it can be given back. */
  boolean isFree() {
    return !isHeld() && !unblocked && !connection.isAwaited();
  }

  /** Whether a client that goes now would lose nothing; it may forget what it tracks. */
  boolean mayPart(DrainStep step) {
    boolean subscribed = !connection.subscriptions().isEmpty();
    return !multi
        && !watching
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

  /** One more request that changes nothing of this goes over the connection. */
  void onRequest(Command command) {
    queued++;
    if (!connection.isAwaited()) {
      blocking = false;
      subscribing = false;
    }
    blocking |= !multi && mayBlock(command);
  }

  /** Whether the command may wait for others. */
  static boolean mayBlock(Command command) {
    return command.has(CommandFlag.BLOCKING)
        || command == Command.XREAD
        || command == Command.XREADGROUP;
  }

  /** What the commands of the transaction write, when it is executed. */
  WrittenSlots queue(KeySlots keys) {
    if (queuedWrites == null) {
      queuedWrites = keys.newSlots(true);
    }
    return queuedWrites;
  }

  /** For EXEC, which is about to be sent. Null if the transaction writes nothing. */
  WrittenSlots takeQueued() {
    WrittenSlots taken = queuedWrites;
    queuedWrites = null;
    return taken;
  }

  /** How many commands the transaction has; -1 when there is none. */
  int queued() {
    return multi ? queued : -1;
  }

  /** The client that shall get what the node has to tell this one; null if there is none. */
  ConnectedClient receiver(Command command, RequestArguments arguments) {
    int id = redirectIn(command, arguments);
    return id == 0 || multi ? null : session.clients().find(arguments.id(id));
  }

  /** Where in the request a client's number is; 0 if nowhere. */
  private static int redirectIn(Command command, RequestArguments arguments) {
    int id = command == Command.CLIENT_TRACKING ? arguments.indexOf("REDIRECT") + 1 : 0;
    return id < arguments.count() && id > 0 && arguments.id(id) >= 0 ? id : 0;
  }

  /** The request to send in place of the client's, or null if that is right as it is. */
  ByteBuf requestInstead(Command command, RequestArguments arguments) {
    int id = redirectIn(command, arguments);
    if (id == 0) {
      return null;
    }
    // The node knows the connection that shall get the messages by another number.
    long atNode = session.clients().idAtNode(arguments.id(id));
    return Resp.request(
        session.allocator(), arguments.with(id, Long.toString(Math.max(0, atNode))));
  }

  void release() {
    connection.release(isFree());
  }

  /**
   * The run for a request that changes what is held, or null if this one does not. What it changes
   * counts from now on, since requests follow before the reply; a refusal takes it back.
   */
  Run runFor(Command command, RequestArguments arguments) {
    return switch (command) {
      case MULTI -> arguments.count() == 1 && !multi ? beginTransaction() : null;
      case EXEC -> endTransaction(arguments, false);
      case DISCARD -> endTransaction(arguments, true);
      case WATCH -> {
        if (multi) {
          yield null;
        }
        boolean before = watching;
        watching = true;
        yield effect(WhenBusy.REFUSED, agreed -> watching = watching && (agreed || before));
      }
      case UNWATCH ->
          multi ? null : effect(WhenBusy.AGREED, agreed -> watching = watching && !agreed);
      case CLIENT_TRACKING -> multi ? null : switchTracking(arguments);
      case SUBSCRIBE -> subscription(Subscriptions.Kind.CHANNEL, arguments, names::add);
      case PSUBSCRIBE -> subscription(Subscriptions.Kind.PATTERN, arguments, names::add);
      case SSUBSCRIBE -> subscription(Subscriptions.Kind.SHARD, arguments, names::add);
      case UNSUBSCRIBE -> subscription(Subscriptions.Kind.CHANNEL, arguments, names::remove);
      case PUNSUBSCRIBE -> subscription(Subscriptions.Kind.PATTERN, arguments, names::remove);
      case SUNSUBSCRIBE -> subscription(Subscriptions.Kind.SHARD, arguments, names::remove);
      default -> null;
    };
  }

  private Run beginTransaction() {
    multi = true;
    queued = 0;
    queuedWrites = null;
    return effect(
        WhenBusy.AGREED,
        agreed -> {
          if (!agreed) {
            multi = false;
          }
        });
  }

  /** EXEC ends a transaction whatever it is answered; DISCARD only if it is not refused. */
  private Run endTransaction(RequestArguments arguments, boolean ifAgreed) {
    if (!multi || arguments.count() != 1) {
      return null;
    }
    boolean watchedBefore = watching;
    multi = false;
    watching = false;
    return effect(
        ifAgreed ? WhenBusy.AGREED : WhenBusy.ABORTED,
        agreed -> {
          if (ifAgreed && !agreed) {
            multi = true;
            watching = watchedBefore;
          }
        });
  }

  private Run switchTracking(RequestArguments arguments) {
    boolean before = tracking;
    long redirectBefore = redirect;
    boolean on = arguments.count() > 2 && arguments.is(2, "ON");
    int id = arguments.indexOf("REDIRECT") + 1;
    tracking |= on;
    redirect = on && id > 0 && id < arguments.count() ? arguments.id(id) : 0;
    return effect(
        WhenBusy.REFUSED,
        agreed -> {
          tracking = agreed ? on : before;
          redirect = agreed ? redirect : redirectBefore;
        });
  }

  /** The run for a question whose answer has a client's number in it, or null for any other. */
  Run runForQuestion(Command command) {
    return redirect > 0 && !multi && TELL_REDIRECT.contains(command)
        ? new RedirectRun(session, target, redirect)
        : null;
  }

  private Run subscription(
      Subscriptions.Kind kind, RequestArguments arguments, SubscriptionRun.Effect effect) {
    subscribing = true;
    List<byte[]> named = arguments.words().subList(1, arguments.count());
    return new SubscriptionRun(session, target, System.nanoTime(), kind, named, effect);
  }

  private Run effect(WhenBusy whenBusy, EffectRun.Effect effect) {
    return new EffectRun(session, target, System.nanoTime(), whenBusy, effect);
  }

  @Override
  public void onPinned(PinnedConnection pinned) {
    throw new IllegalStateException("it is pinned already");
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
    boolean more = multi || watching || tracking || connection.isAwaited();
    boolean subscribed = !connection.subscriptions().isEmpty() && names.isComplete();
    return !more && subscribed && !connection.isInsideReply() && session.isIn(session.serving())
        ? names
        : null;
  }

  /**
   * Redis would disconnect the client, too, whose state is lost, but for subscriptions, which are
   * made again. So does one who asked for a state that never came about: what it has sent behind
   * MULTI must not run without. Where a script keeps the node busy it agrees to MULTI, and refuses
   * what follows, so that the transaction fails as a whole.
   */
  @Override
  public void onLost(NodeFailure failure) {
    if (failure.isBusy() && !receiving) {
      refusal = multi ? failure.refusal() : null;
    } else {
      stateLost = isHeld() && namesToMove() == null;
      multi = false;
    }
    watching = false;
    tracking = false;
    if (!connection.isAwaited() && !isSpoilt()) {
      session.onPinLost();
    }
  }

  /** Whether there is a transaction that the node knows nothing of; it will fail. */
  boolean isSpoilt() {
    return refusal != null;
  }

  /** The answer to a command of such a transaction, which may end by it. */
  ByteBuf answerSpoilt(Command command) {
    String error = refusal;
    switch (command) {
      case EXEC -> {
        endSpoilt();
        return Resp.error(EffectRun.abort(error));
      }
      case DISCARD -> {
        endSpoilt();
        return Resp.simple("OK");
      }
      default -> {
        return Resp.error(error);
      }
    }
  }

  private void endSpoilt() {
    multi = false;
    refusal = null;
  }
}
