package io.redisproxy.session;

import io.redisproxy.metrics.CloseCause;
import java.util.EnumSet;
import java.util.Set;

/** A client of which a test says what it is like. */
final class FakeClient implements ConnectedClient {
  final ClientIdentity identity;
  final Set<ClientFlag> flags = EnumSet.noneOf(ClientFlag.class);
  String address;
  String localAddress = "127.0.0.1:6380";
  String user = "default";
  String lastCommand;
  long age;
  long idle = 2;
  int database = 3;
  long output;
  int protocol = 2;
  int pending;
  int queued = -1;
  CloseCause closed;
  boolean gone;

  FakeClient(ListenerClients clients) {
    identity = new ClientIdentity(clients.nextId());
    address = "127.0.0.1:" + (50_000 + id());
    clients.add(this);
  }

  @Override
  public long id() {
    return identity.id();
  }

  @Override
  public String address() {
    return address;
  }

  @Override
  public String localAddress() {
    return localAddress;
  }

  @Override
  public int port() {
    return 6380;
  }

  @Override
  public int fileDescriptor() {
    return 8;
  }

  @Override
  public long ageSeconds() {
    return age;
  }

  @Override
  public long idleSeconds() {
    return idle;
  }

  @Override
  public ClientIdentity identity() {
    return identity;
  }

  @Override
  public int database() {
    return database;
  }

  @Override
  public String user() {
    return user;
  }

  @Override
  public int protocol() {
    return protocol;
  }

  @Override
  public Set<ClientFlag> flags() {
    return flags;
  }

  @Override
  public int channels() {
    return 4;
  }

  @Override
  public int patterns() {
    return 5;
  }

  @Override
  public int shardChannels() {
    return 6;
  }

  @Override
  public long idAtNode() {
    return -1;
  }

  @Override
  public int queued() {
    return queued;
  }

  @Override
  public long redirect() {
    return 7;
  }

  @Override
  public long inputBytes() {
    return 9;
  }

  @Override
  public long outputBytes() {
    return output;
  }

  @Override
  public int pendingRequests() {
    return pending;
  }

  @Override
  public boolean isBlocked() {
    return false;
  }

  @Override
  public boolean isPinned() {
    return false;
  }

  @Override
  public boolean isGone() {
    return gone;
  }

  @Override
  public String listener() {
    return "6380";
  }

  @Override
  public String state() {
    return "sharing";
  }

  @Override
  public String lastCommand() {
    return lastCommand;
  }

  @Override
  public void receive(Runnable told) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void part(DrainStep step) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void close(CloseCause cause) {
    closed = cause;
  }
}
