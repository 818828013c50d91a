package io.redisproxy.discovery;

import io.redisproxy.config.NodeAddress;
import io.redisproxy.upstream.Login;
import io.redisproxy.upstream.NodeConnector;
import io.redisproxy.upstream.NodeFailure;
import io.redisproxy.upstream.NodeProbe;
import io.redisproxy.upstream.NodeSubscription;
import io.vertx.core.AsyncResult;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jboss.logging.Logger;

/** Asks one Sentinel over and over what it knows of a service, and hears what it publishes. */
final class SentinelPoll {

  /** Who wants to know. */
  interface Owner {
    /** It has answered, or not. */
    void onAsked();

    /** It has published something of the service; what it means is better asked. */
    void onNews(String channel);
  }

  private static final List<String> CHANNELS =
      List.of(
          "+switch-master",
          SentinelPromotion.CHANNEL,
          "+promoted-slave",
          "+failover-end",
          "+reset-master",
          "+slave",
          "+convert-to-slave",
          "+sdown",
          "-sdown",
          "+odown",
          "-odown",
          "+reboot",
          "+sentinel");

  /** The pause grows to so many times the interval while the Sentinel can't be asked. */
  private static final int LONGEST_PAUSE = 8;

  private static final Logger LOG = Logger.getLogger(SentinelPoll.class);

  private final String listener;
  private final NodeAddress node;
  private final String service;
  private final NodeConnector connector;
  private final Duration interval;
  private final NodeProbe probe;
  private final NodeSubscription subscription;
  private final Owner owner;
  private SentinelView view;
  private String id;
  private SentinelPromotion promotion;
  private boolean asking;
  private boolean again;
  private int turn;
  private int failures;
  private boolean asked;
  private boolean reconnects;
  private boolean closed;

  /**
   * Of the Sentinel at {@code node}, for a listener of that name.
   *
   * @param login what is said to the Sentinel first, or null
   */
  SentinelPoll(
      String listener,
      NodeAddress node,
      Login login,
      String service,
      NodeConnector connector,
      SentinelWatch.Options options,
      Owner owner) {
    this.listener = listener;
    this.node = node;
    this.service = service;
    this.connector = connector;
    this.owner = owner;
    interval = options.interval();
    probe = new NodeProbe(node, login, connector, options.timeout());
    subscription =
        new NodeSubscription(node, login, connector, options.timeout(), CHANNELS, this::onMessage);
  }

  NodeAddress node() {
    return node;
  }

  /** What it said when it was asked last, or has published since; null if it did not answer. */
  SentinelView view() {
    return view == null || promotion == null ? view : promotion.in(view);
  }

  /** Its own id, which it keeps while it doesn't answer; null if it never did. */
  String id() {
    return id;
  }

  /** Whether it has answered or failed at least once. */
  boolean isAsked() {
    return asked;
  }

  /** From now on it is asked over other connections. */
  void reconnect() {
    reconnects = true;
    ask();
  }

  void ask() {
    turn++;
    if (closed) {
      return;
    }
    if (asking) {
      again = true;
      return;
    }
    asking = true;
    if (reconnects) {
      reconnects = false;
      probe.reconnect();
      subscription.drop();
    }
    subscription.keep();
    probe.ask(SentinelView.questions(service)).onComplete(this::onAnswer);
  }

  void close() {
    closed = true;
    probe.close();
    subscription.close();
  }

  private void onAnswer(AsyncResult<List<String>> answer) {
    asking = false;
    asked = true;
    if (closed) {
      return;
    }
    try {
      if (answer.failed()) {
        onFailed(NodeFailure.reasonOf(answer.cause()));
      } else {
        view = SentinelView.read(node, answer.result());
        id = view.id();
        onRead();
      }
    } catch (IllegalArgumentException e) {
      onFailed(e.getMessage());
    }
    askLater();
    owner.onAsked();
  }

  private void onRead() {
    if (failures > 0) {
      LOG.infof("listener %s: Sentinel %s of %s answers again", listener, node, service);
    }
    failures = 0;
  }

  private void onFailed(String reason) {
    view = null;
    if (failures++ == 0) {
      LOG.warnf(
          "listener %s: Sentinel %s does not tell about %s: %s", listener, node, service, reason);
    }
  }

  private void askLater() {
    if (again) {
      again = false;
      ask();
      return;
    }
    int now = ++turn;
    connector.schedule(
        pause(),
        () -> {
          if (turn == now) {
            ask();
          }
        });
  }

  /** Half of a longer pause is chance, so that many proxies don't come at once. */
  private Duration pause() {
    long millis = interval.toMillis();
    if (failures < 2) {
      return interval;
    }
    long full = Math.min(LONGEST_PAUSE * millis, millis << Math.min(failures - 1, 20));
    return Duration.ofMillis(ThreadLocalRandom.current().nextLong(full / 2, full + 1));
  }

  private void onMessage(String channel, String message) {
    if (closed || !Arrays.asList(message.split(" ")).contains(service)) {
      return;
    }
    if (channel.equals(SentinelPromotion.CHANNEL) && view != null) {
      promotion = SentinelPromotion.read(message, view.epoch() + 1).orElse(null);
    }
    owner.onNews(channel);
  }
}
