package io.redisproxy.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.redisproxy.resp.Resp;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class BrokenRedirectTest {
  private static final String BROKEN = ">2\r\n$21\r\ntracking-redir-broken\r\n:";
  private static final String NODES = BROKEN + "123456\r\n";
  private static final String OTHER = ">2\r\n$21\r\ntracking-redir-mended\r\n:123456\r\n";

  private final BrokenRedirect broken = new BrokenRedirect();

  @Test
  void theNumberIsTheClientsOwnHoweverThePushComesInPieces() {
    for (int cut = 1; cut < NODES.length(); cut++) {
      assertThat(inPieces(NODES, cut, 7, 7)).as("cut at %d", cut).isEqualTo(BROKEN + "7\r\n");
      assertThat(inPieces(NODES, cut, 7, 0)).as("cut at %d", cut).isEqualTo(BROKEN + "7\r\n");
    }
    for (char each : NODES.substring(0, NODES.length() - 1).toCharArray()) {
      assertThat(renumbered("" + each, false, 7)).isEmpty();
    }
    assertThat(renumbered("\n", true, 7)).isEqualTo(BROKEN + "7\r\n");
  }

  @Test
  void anyOtherPushIsLeftAsItIs() {
    for (int cut = 1; cut < OTHER.length(); cut++) {
      assertThat(inPieces(OTHER, cut, 7, 7)).as("cut at %d", cut).isEqualTo(OTHER);
      assertThat(inPieces(NODES, cut, 0, 7)).as("cut at %d", cut).isEqualTo(NODES);
    }
    assertThat(renumbered(">2\r\n$7\r\nmessage\r\n$57\r\n", false, 7)).endsWith("$57\r\n");
    assertThat(renumbered(NODES, false, 7)).isEqualTo(NODES);
    assertThat(renumbered("\r\n", true, 7)).isEqualTo("\r\n");
    assertThat(renumbered(NODES, true, 7)).isEqualTo(BROKEN + "7\r\n");
  }

  private String inPieces(String push, int cut, long redirect, long redirectThen) {
    return renumbered(push.substring(0, cut), false, redirect)
        + renumbered(push.substring(cut), true, redirectThen);
  }

  private String renumbered(String bytes, boolean ends, long redirect) {
    ByteBuf told = broken.renumbered(Unpooled.wrappedBuffer(Resp.bytes(bytes)), ends, redirect);
    String text = told.toString(StandardCharsets.US_ASCII);
    told.release();
    return text;
  }
}
