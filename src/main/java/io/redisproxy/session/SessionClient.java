package io.redisproxy.session;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.unix.UnixChannel;
import io.netty.util.NetUtil;
import io.redisproxy.command.Command;
import io.redisproxy.metrics.CloseCause;
import io.redisproxy.upstream.Subscriptions;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** What others may know of a session, and do to it. */
final class SessionClient implements ConnectedClient {
  private static final Command[] COMMANDS = Command.values();
  private static final String[] NAMES = new String[COMMANDS.length];

  static {
    for (Command command : COMMANDS) {
      NAMES[command.ordinal()] = command.wireName().toLowerCase(Locale.ROOT).replace(' ', '|');
    }
    NAMES[Command.UNKNOWN.ordinal()] = null;
  }

  private static final long QUIET_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private final Session session;
  private final Channel channel;
  private final int port;
  private final long connectedAt = System.nanoTime();

  // Made when first asked for, as most clients never are.
  private String address;
  private String localAddress;

  private long readAt = connectedAt;

  /** A number, since storing a reference costs more on the way of a request. */
  private int lastCommand = Command.UNKNOWN.ordinal();

  SessionClient(Session session, Channel channel) {
    this.session = session;
    this.channel = channel;
    port = channel.localAddress() instanceof InetSocketAddress inet ? inet.getPort() : 0;
  }

  /** Whether the client has sent nothing for a moment, so that a request is hardly on its way. */
  boolean isQuiet() {
    return System.nanoTime() - readAt > QUIET_NANOS;
  }

  /** The client has sent something. */
  void onRead() {
    readAt = System.nanoTime();
  }

  /** When bytes of the client were last read, as {@link System#nanoTime} has it. */
  long readAt() {
    return readAt;
  }

  void onCommand(Command command) {
    lastCommand = command.ordinal();
  }

  /** The number of the command that came last. */
  int command() {
    return lastCommand;
  }

  @Override
  public long id() {
    return session.identity().id();
  }

  @Override
  public long idAtNode() {
    return session.idAtNode();
  }

  @Override
  public String address() {
    if (address == null) {
      address = text(channel.remoteAddress());
    }
    return address;
  }

  @Override
  public String localAddress() {
    if (localAddress == null) {
      localAddress = text(channel.localAddress());
    }
    return localAddress;
  }

  /** As Redis writes what it can't tell, since the connection is gone already. */
  static String text(SocketAddress address) {
    return address instanceof InetSocketAddress inet ? NetUtil.toSocketAddressString(inet) : "?:0";
  }

  @Override
  public int port() {
    return port;
  }

  @Override
  public int fileDescriptor() {
    return channel instanceof UnixChannel unix ? unix.fd().intValue() : -1;
  }

  @Override
  public long ageSeconds() {
    return secondsSince(connectedAt);
  }

  @Override
  public long idleSeconds() {
    return secondsSince(readAt);
  }

  private static long secondsSince(long nanos) {
    return TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - nanos);
  }

  @Override
  public ClientIdentity identity() {
    return session.identity();
  }

  @Override
  public int database() {
    return session.lane().identity().database();
  }

  @Override
  public String user() {
    return session.lane().identity().user();
  }

  @Override
  public int protocol() {
    return session.lane().identity().protocol();
  }

  @Override
  public Set<ClientFlag> flags() {
    Set<ClientFlag> flags = EnumSet.noneOf(ClientFlag.class);
    session.addFlags(flags);
    if (session.lane().identity().noTouch()) {
      flags.add(ClientFlag.NO_TOUCH);
    }
    if (identity().isNoEvict()) {
      flags.add(ClientFlag.NO_EVICT);
    }
    return flags;
  }

  @Override
  public int channels() {
    return subscriptions(Subscriptions.Kind.CHANNEL);
  }

  @Override
  public int patterns() {
    return subscriptions(Subscriptions.Kind.PATTERN);
  }

  @Override
  public int shardChannels() {
    return subscriptions(Subscriptions.Kind.SHARD);
  }

  private int subscriptions(Subscriptions.Kind kind) {
    Pin pin = session.serving().pin();
    return pin == null ? 0 : pin.connection().subscriptions().count(kind);
  }

  @Override
  public int queued() {
    Pin pin = session.serving().pin();
    return pin == null ? -1 : pin.transaction().queued();
  }

  @Override
  public long redirect() {
    Pin pin = session.serving().pin();
    return pin == null ? -1 : pin.redirect();
  }

  @Override
  public long inputBytes() {
    return session.waitingBytes();
  }

  @Override
  public long outputBytes() {
    ChannelOutboundBuffer buffer = channel.unsafe().outboundBuffer();
    return session.replies().early() + (buffer == null ? 0 : buffer.totalPendingWriteBytes());
  }

  @Override
  public int pendingRequests() {
    return session.replies().pendingRequests();
  }

  @Override
  public boolean isBlocked() {
    return session.isBlocked();
  }

  @Override
  public boolean isPinned() {
    return session.isPinned();
  }

  @Override
  public boolean isGone() {
    return session.hasSentAll();
  }

  @Override
  public String listener() {
    return session.meters().listener();
  }

  @Override
  public String state() {
    return session.state();
  }

  @Override
  public String lastCommand() {
    return NAMES[lastCommand];
  }

  @Override
  public void receive(Runnable told) {
    channel.eventLoop().execute(() -> new Receiving(session, told).begin());
  }

  @Override
  public void part(DrainStep step) {
    channel.eventLoop().execute(() -> session.part(step));
  }

  @Override
  public void close(CloseCause cause) {
    channel.eventLoop().execute(() -> session.closeNow(cause));
  }
}
