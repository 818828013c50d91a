package io.redisproxy.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.ssl.SslContextBuilder;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.Test;

class TlsHandshakeTest {
  private final List<Throwable> failures = new ArrayList<>();

  @Test
  void aConnectionThatIsLostAlreadyHasFailed() {
    EmbeddedChannel channel = new EmbeddedChannel();
    channel
        .pipeline()
        .addLast(
            "last",
            new ChannelInboundHandlerAdapter() {
              @Override
              public void channelInactive(ChannelHandlerContext ctx) throws SSLException {
                // No handler before this one is told any more.
                begin(channel);
              }
            });
    channel.close();

    assertThat(failures).singleElement().isInstanceOf(ClosedChannelException.class);
  }

  private void begin(Channel channel) throws SSLException {
    TlsHandshake.begin(
        SslContextBuilder.forClient().build().newHandler(channel.alloc()),
        channel.pipeline(),
        "last",
        "redis",
        new TlsHandshake.Options(Runnable::run, Duration.ofSeconds(1)),
        new TlsHandshake.Outcome() {
          @Override
          public ChannelHandler onSecured() {
            return null;
          }

          @Override
          public void onFailed(Throwable cause) {
            failures.add(cause);
          }
        });
  }
}
