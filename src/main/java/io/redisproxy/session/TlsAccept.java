package io.redisproxy.session;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.redisproxy.metrics.CloseCause;
import io.redisproxy.metrics.ListenerMeters;
import io.redisproxy.tls.TlsFailure;
import io.redisproxy.tls.TlsHandshake;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/** A client that has connected, whose session begins when the TLS handshake has ended. */
final class TlsAccept implements TlsHandshake.Outcome {
  private static final Logger LOG = Logger.getLogger(TlsAccept.class);

  private final Channel channel;
  private final ListenerMeters meters;
  private final Supplier<SessionContext> shared;

  /** {@code shared}: what a session gets that begins now; null if none does any more. */
  TlsAccept(Channel channel, ListenerMeters meters, Supplier<SessionContext> shared) {
    this.channel = channel;
    this.meters = meters;
    this.shared = shared;
  }

  @Override
  public ChannelHandler onSecured() {
    SessionContext now = shared.get();
    return now == null ? null : new SessionHandler(now);
  }

  @Override
  public void onFailed(Throwable cause) {
    meters.onAccepted();
    if (!TlsFailure.is(cause)) {
      // As checks of a port do.
      meters.onClosed(CloseCause.CLIENT);
      return;
    }
    meters.onClosed(
        switch (TlsFailure.of(cause)) {
          case NOT_TLS -> CloseCause.NOT_TLS;
          case TIMEOUT -> CloseCause.TLS_TIMEOUT;
          case CERTIFICATE -> CloseCause.TLS_CERTIFICATE;
          case ALERT -> CloseCause.TLS_REFUSED;
          case OTHER -> CloseCause.TLS_ERROR;
        });
    LOG.warnf(
        "listener %s: client %s not let in: %s",
        meters.listener(), channel.remoteAddress(), TlsFailure.reason(cause));
  }
}
