package io.redisproxy.session;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.redisproxy.resp.NotRedisException;
import org.junit.jupiter.api.Test;

class RelayMutingTest {
  private final RelayMuting muting = new RelayMuting();
  private final Pieces wanted = new Pieces(UnpooledByteBufAllocator.DEFAULT);

  @Test
  void pushesAreNoReplies() {
    muting.read(bytes("+QUEUED\r\n>1\r\n+x\r\n+QUEUED\r\n"), wanted);
    StringBuilder given = new StringBuilder();
    wanted.drainTo(
        piece -> {
          given.append(piece.toString(US_ASCII));
          piece.release();
        });
    assertThat(given).hasToString(">1\r\n+x\r\n");
  }

  @Test
  void nothingIsKeptOfWhatIsNoReply() {
    ByteBuf bytes = bytes(">1\r\n+" + "x".repeat(10_000) + "\r\n?\r\n");
    assertThatThrownBy(() -> muting.read(bytes, wanted)).isInstanceOf(NotRedisException.class);
    assertThat(wanted.isEmpty()).isTrue();
    assertThat(bytes.refCnt()).isZero();
  }

  private static ByteBuf bytes(String text) {
    return Unpooled.copiedBuffer(text, US_ASCII);
  }
}
