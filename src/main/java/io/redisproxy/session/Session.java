package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.util.concurrent.EventExecutor;
import io.redisproxy.command.CommandRules;
import io.redisproxy.metrics.CloseCause;
import io.redisproxy.metrics.ErrorKind;
import io.redisproxy.metrics.ListenerMeters;
import io.redisproxy.resp.ArgumentCursor;
import io.redisproxy.resp.RequestDecoder;
import io.redisproxy.resp.Resp;
import io.redisproxy.upstream.Identity;
import io.redisproxy.upstream.NodeChannel;
import io.redisproxy.upstream.NodeFailure;
import io.redisproxy.upstream.Outbound;
import java.util.Set;

/**
 * One client. It owns what lasts as long as the client's connection; what is done with the client's
 * bytes is up to its {@link SessionState}.
 */
final class Session implements ReplyQueue.Client, InputGate.Taker {
  private final SessionContext shared;
  private final ClientIdentity identity;
  private final ReplyQueue replies = new ReplyQueue(this);
  private final RequestDecoder decoder;
  private final ArgumentCursor cursor = new ArgumentCursor();
  private final Delays delays = new Delays();
  private final Muting muting = new Muting();
  private final ProxyLogin proxyLogin;
  private final KeySlots keys;
  private final OwnCommands ownCommands = new OwnCommands(this);
  private final Ending ending = new Ending(this);

  private ChannelHandlerContext context;
  private InputGate gate;
  private OutputGate output;
  private Pieces partial;
  private SessionClient client;

  private Lane lane;
  private Serving serving;
  private SessionState state;
  private boolean parting;
  private boolean inputEnded;

  Session(SessionContext shared) {
    this.shared = shared;
    identity = new ClientIdentity(shared.clients().nextId());
    proxyLogin = new ProxyLogin(shared.terms(), shared.meters());
    keys = shared.backend().keys();
    decoder = newDecoder();
  }

  // What the states use.

  Backend backend() {
    return shared.backend();
  }

  ListenerMeters meters() {
    return shared.meters();
  }

  /** What is done about requests whose node fails. */
  Recovery recovery() {
    return shared.recovery();
  }

  /** What has held up the next request. */
  Delays delays() {
    return delays;
  }

  LoopInsight insight() {
    return shared.insight();
  }

  ClientIdentity identity() {
    return identity;
  }

  /** Those of the listener. */
  ListenerClients clients() {
    return shared.clients();
  }

  Registrations registrations() {
    return shared.registrations();
  }

  /** The session as other clients see it. */
  SessionClient client() {
    return client;
  }

  /** Adds the flags that tell the state the session is in. */
  void addFlags(Set<ClientFlag> flags) {
    state.addFlags(flags);
  }

  /** The state that the session is in, in a word. */
  String state() {
    return state.word();
  }

  /** How many bytes have come that the session can't go on with yet. */
  int waitingBytes() {
    return partial.size() + state.waitingBytes() + gate.waiting();
  }

  /** Whether it waits in a command such as BLPOP, for any thread. */
  boolean isBlocked() {
    Pin pin = serving.pin();
    return pin == null ? state.isBlocked() : pin.isBlocked();
  }

  /** The number that a node knows the session's own connection by, for any thread; or -1. */
  long idAtNode() {
    Pin pin = serving.pin();
    return pin == null ? state.idAtNode() : pin.connection().id();
  }

  /** The nodes, as sessions of this one's identity reach them. */
  Lane lane() {
    return lane;
  }

  /** The session is of this identity from now on. */
  void enter(Identity entered) {
    Lane left = lane;
    lane = backend().enter(entered, this);
    if (left != null) {
      backend().leave(left, this);
    }
  }

  /** What writes change and reads need; null if reads may be stale. */
  KeySlots keys() {
    return keys;
  }

  CommandRules rules() {
    return shared.terms().rules();
  }

  /** Null if there are none. */
  NilRechecks nilRechecks() {
    return shared.terms().nilRechecks();
  }

  ProxyLogin proxyLogin() {
    return proxyLogin;
  }

  Muting muting() {
    return muting;
  }

  /** Whether requests are not to be treated like any. */
  boolean needsCare() {
    return proxyLogin.isAwaited() || muting.isOn() || parting;
  }

  OwnCommands ownCommands() {
    return ownCommands;
  }

  Serving serving() {
    return serving;
  }

  void toServing() {
    become(serving);
  }

  boolean isPinned() {
    return serving.pin() != null;
  }

  void unpin() {
    serving.unpin();
  }

  /** What RESET undoes beside the identity. */
  void reset() {
    identity.reset();
    muting.toOn();
    proxyLogin.reset();
  }

  /** A reply of the proxy's own, behind all that is awaited. */
  void reply(ByteBuf reply) {
    if (muting.isOn() || !reply.isReadable()) {
      reply.release();
    } else {
      replies.addOwn(this, reply);
    }
  }

  /** No node can take a request. */
  void replyUnreachable(NodeFailure failure) {
    meters().onErrors(ErrorKind.NODE_UNREACHABLE, 1);
    reply(Resp.error(failure.error(false)));
    onFailure(failure);
  }

  /**
   * The client is told of a failure. If it is that the master doesn't take its login any more, its
   * connection would have been closed there, and with a new one it can say another.
   */
  void onFailure(NodeFailure failure) {
    if (failure.isOfLogin()) {
      executor().execute(this::closeIfShutOut);
    }
  }

  /** It is, if the master does not let its user in any more and it has no other connection. */
  void closeIfShutOut() {
    if (isIn(serving) && !isPinned() && lane.isShutOut()) {
      become(new Closing(this, CloseCause.LOGIN_REFUSED));
    }
  }

  void onDenied() {
    meters().onErrors(ErrorKind.DENIED, 1);
  }

  ReplyQueue replies() {
    return replies;
  }

  RequestDecoder decoder() {
    return decoder;
  }

  /** What came of a request whose end has not come. */
  Pieces partial() {
    return partial;
  }

  InputGate gate() {
    return gate;
  }

  OutputGate output() {
    return output;
  }

  ByteBufAllocator allocator() {
    return context.alloc();
  }

  RequestDecoder newDecoder() {
    return new RequestDecoder(shared.maxSharedRequest());
  }

  Pieces newPieces() {
    return new Pieces(context.alloc());
  }

  ArgumentCursor cursor() {
    return cursor;
  }

  /** Whether the client is to go as soon as it loses nothing by that. */
  boolean isParting() {
    return parting;
  }

  /** The client is to go; perhaps this is the moment. */
  void part(DrainStep step) {
    parting = true;
    if (step == DrainStep.LAST) {
      serving.unblock();
    }
    if (isAtRest() && serving.mayPart(step) && (!replies.isEmpty() || client.isQuiet())) {
      become(new Parting(this));
    }
  }

  EventExecutor executor() {
    return context.executor();
  }

  void become(SessionState next) {
    if (isClosed()) {
      next.onClosed();
    } else {
      state = next;
      if (next.isWaiting()) {
        delays.awaitTurn();
      } else {
        delays.goOn();
      }
      next.onEntered();
    }
  }

  /** Whether it is in no other state than usual, and no request has come in part. */
  boolean isAtRest() {
    return state == serving && partial.isEmpty() && !gate.isHolding();
  }

  boolean isClosed() {
    return ending.isClosed();
  }

  /** Whether nothing more reaches the client: what fails for it now is nobody's error. */
  boolean isOver() {
    return ending.isBegun();
  }

  boolean isIn(SessionState which) {
    return state == which;
  }

  @Override
  public boolean isIdle() {
    return replies.isEmpty() || state.awaitsRest();
  }

  @Override
  public boolean isUnfinished() {
    // In other states what comes is passed on, or waits.
    return waitingBytes() > 0 || (state == serving && !replies.isEmpty());
  }

  @Override
  public boolean isMidRequest() {
    return !partial.isEmpty();
  }

  @Override
  public void take(ByteBuf in) {
    process(in);
  }

  /** Hands bytes on to the state that the session is in now; they are taken over. */
  void process(ByteBuf in) {
    if (isOver() || !in.isReadable()) {
      in.release();
    } else {
      state.onBytes(in);
    }
  }

  /** Goes on with what came while the session waited. */
  void resume(Pieces waited) {
    waited.drainTo(this::process);
    gate.onTaken();
    onCaughtUp();
  }

  @Override
  public void onNotRead() {
    delays.onClientNotRead();
  }

  @Override
  public void onCaughtUp() {
    if (inputEnded) {
      // Not at once: the state that has been given all may be about to be given more.
      executor().execute(this::endInput);
    }
  }

  private void endInput() {
    if (isOver()) {
      return;
    }
    if (!gate.isHolding()) {
      state.onEndOfInput();
    }
    // Whatever it is in: it may wait for others at the node.
    serving.closeOnceBlocked();
  }

  /** No more is read from the client until the connection takes more. */
  void waitForRoom(NodeChannel connection) {
    gate.close(InputGate.Reason.NODE_FULL);
    connection.whenWritable(() -> gate.open(InputGate.Reason.NODE_FULL));
  }

  /** A protocol error: Redis answers it and closes. */
  void failProtocol(String error) {
    meters().onErrors(ErrorKind.PROTOCOL, 1);
    replies.addOwn(this, Resp.error(error));
    become(new Closing(this, CloseCause.PROTOCOL_ERROR));
  }

  /** What the client has sent, and still sends, is not looked at. */
  void dropInput() {
    gate.drop();
  }

  /** Sends what there is to send, then closes; see {@link Ending}. */
  void closeAfterFlush(CloseCause cause) {
    ending.afterFlush(cause);
  }

  /** Whether the client has been sent all that it will get, but has not closed yet. */
  boolean hasSentAll() {
    return ending.isSent();
  }

  void closeNow(CloseCause cause) {
    ending.now(cause);
  }

  /** Why, has been told. */
  void close() {
    context.close();
  }

  // What the nodes' side tells.

  void onPinLost() {
    serving.onPinLost();
  }

  @Override
  public void onReply(ByteBuf bytes) {
    if (isOver()) {
      bytes.release();
    } else {
      output.write(bytes);
    }
  }

  @Override
  public void onEarly() {
    output.onEarly();
  }

  @Override
  public void onTurn() {
    output.onTurn();
  }

  @Override
  public void onAllReplied() {
    output.onAllReplied();
    state.onAllReplied();
    gate.onAllReplied();
  }

  @Override
  public void onCutOff() {
    closeAfterFlush(CloseCause.NODE_LOST);
  }

  // What the client's side tells.

  /** The client has connected. */
  void begin(ChannelHandlerContext ctx) {
    context = ctx;
    gate = new InputGate(this, ctx.channel(), shared.inputLimit(), shared.turns());
    output = new OutputGate(this, shared, new Outbound(ctx, shared.flushQueue()), gate);
    partial = newPieces();
    client = new SessionClient(this, ctx.channel());
    enter(backend().newcomer());
    serving = new Serving(this);
    state = serving;
    clients().add(client);
    meters().onAccepted();
  }

  /** The client has sent something, which is taken over. */
  void onRead(ByteBuf in) {
    if (gate.isOverrun()) {
      in.release();
      closeNow(CloseCause.MEMORY);
      return;
    }
    meters().bytesIn(in.readableBytes());
    client.onRead();
    if (!gate.holdsBack(in)) {
      state.onBytes(in);
      gate.onTaken();
    }
  }

  void onWritable() {
    output.onWritable();
    state.onClientWritable();
  }

  void onUnwritable() {
    output.onUnwritable();
  }

  boolean hasInputEnded() {
    return inputEnded;
  }

  /** The client sends no more, but may still wait for replies. */
  void onEndOfInput() {
    inputEnded = true;
    ending.onEndOfInput();
    endInput();
  }

  /** The client is gone. */
  void onClosed() {
    if (isClosed()) {
      return;
    }
    ending.onClosed();
    meters().onClosed(ending.cause());
    clients().remove(client);
    state.onClosed();
    serving.unpin();
    backend().leave(lane, this);
    partial.release();
    gate.release();
    replies.close();
    output.close();
  }
}
