package io.redisproxy.discovery;

import io.redisproxy.upstream.FoundAddresses;
import io.redisproxy.upstream.NodeConnector;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import org.jboss.logging.Logger;

/** A name whose addresses are looked up again whenever they may have changed. */
final class WatchedName {
  /** So long a name is not asked for again, even if its addresses hold for no time at all. */
  private static final Duration SHORTEST = Duration.ofSeconds(1);

  /** After so long it is tried again when there was no answer, at the latest. */
  private static final Duration RETRY = Duration.ofSeconds(5);

  private static final Logger LOG = Logger.getLogger(WatchedName.class);

  private final String listener;
  private final String name;
  private final NodeConnector connector;
  private final Duration interval;
  private final ListedNames listed;
  private final Runnable onChange;
  private boolean failing;
  private boolean closed;

  /** For the listener of that name. */
  WatchedName(
      String listener,
      String name,
      Duration interval,
      NodeConnector connector,
      ListedNames listed,
      Runnable onChange) {
    this.listener = listener;
    this.name = name;
    this.connector = connector;
    this.interval = interval;
    this.listed = listed;
    this.onChange = onChange;
  }

  /** As they were found last; empty before they were. */
  Set<String> addresses() {
    return listed.found(name).addresses();
  }

  /**
   * Whether each address is a server by itself. While a name has only ever had one and the same, it
   * is shown as it was written; it never goes back to that, or servers would leave for nothing.
   */
  boolean isSeveral() {
    return listed.found(name).several();
  }

  void look() {
    if (!closed) {
      connector.lookUp(name).onSuccess(this::onFound).onFailure(this::onFailed);
    }
  }

  void close() {
    closed = true;
  }

  private void onFound(FoundAddresses found) {
    if (closed) {
      return;
    }
    if (failing) {
      failing = false;
      LOG.infof("listener %s: %s is found again", listener, name);
    }
    Duration pause = found.timeToLive().orElse(interval);
    connector.schedule(pause.compareTo(SHORTEST) < 0 ? SHORTEST : pause, this::look);
    Set<String> now = new TreeSet<>(found.addresses());
    Set<String> before = addresses();
    if (!now.equals(before)) {
      boolean several = isSeveral() || !before.isEmpty() || now.size() > 1;
      listed.put(name, new ListedNames.Found(now, several));
      if (several) {
        LOG.infof("listener %s: %s stands for %s", listener, name, now);
      }
      onChange.run();
    }
  }

  private void onFailed(Throwable cause) {
    if (closed) {
      return;
    }
    if (!failing) {
      failing = true;
      LOG.warnf(
          "listener %s: DNS has no addresses of %s, going on with %s: %s",
          listener, name, addresses().isEmpty() ? "the name" : addresses(), cause.getMessage());
    }
    connector.schedule(interval.compareTo(RETRY) < 0 ? interval : RETRY, this::look);
  }
}
