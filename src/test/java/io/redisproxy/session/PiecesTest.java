package io.redisproxy.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PiecesTest {
  private final Pieces pieces = new Pieces(PooledByteBufAllocator.DEFAULT);

  @Test
  void bytesComeOutAsTheyWentIn() {
    Random random = new Random(8);
    for (int round = 0; round < 200; round++) {
      ByteBuf expected = Unpooled.buffer();
      for (int i = random.nextInt(20); i > 0; i--) {
        byte[] bytes = new byte[random.nextBoolean() ? random.nextInt(20) : random.nextInt(10_000)];
        random.nextBytes(bytes);
        int from = random.nextInt(bytes.length + 1);
        int to = from + random.nextInt(bytes.length - from + 1);
        ByteBuf in = Unpooled.copiedBuffer(bytes);
        pieces.add(in, from, to);
        in.release();
        expected.writeBytes(bytes, from, to - from);
      }
      assertThat(pieces.isEmpty()).isEqualTo(!expected.isReadable());
      ByteBuf drained = drain();
      assertThat(drained).isEqualTo(expected);
      assertThat(pieces.isEmpty()).isTrue();
      drained.release();
    }
  }

  @Test
  void aClientThatSendsByteByByteDoesNotHoldItsReceiveBuffers() {
    ByteBuf in = Unpooled.wrappedBuffer(new byte[] {'a'});
    for (int i = 0; i < 10_000; i++) {
      pieces.add(in, 0, 1);
    }
    assertThat(in.refCnt()).isEqualTo(1);
    List<ByteBuf> drained = new ArrayList<>();
    pieces.drainTo(drained::add);
    assertThat(drained).hasSizeLessThan(5);
    drained.forEach(ByteBuf::release);
  }

  /** As many requests in one piece do that are waited for one by one. */
  @Test
  void whatComesAndGoesAgainAndAgainIsNoSliceOfASlice() {
    ByteBuf[] in = {PooledByteBufAllocator.DEFAULT.buffer(100_000).writeZero(100_000)};
    ByteBuf first = in[0];
    for (int i = 0; i < 90_000; i++) {
      in[0].skipBytes(1);
      pieces.take(in[0]);
      pieces.drainTo(piece -> in[0] = piece);
    }
    assertThat(in[0].readableBytes()).isEqualTo(10_000);
    in[0].release();
    assertThat(first.refCnt()).isZero();
  }

  @Test
  void aLargePieceIsNotCopied() {
    ByteBuf in = Unpooled.wrappedBuffer(new byte[10_000]);
    pieces.add(in, 1, 9_999);
    in.setByte(1, 'x');
    assertThat(in.refCnt()).isEqualTo(2);

    pieces.drainTo(
        piece -> {
          assertThat(piece.readableBytes()).isEqualTo(9_998);
          assertThat(piece.getByte(piece.readerIndex())).isEqualTo((byte) 'x');
          piece.release();
        });
    assertThat(in.refCnt()).isEqualTo(1);
  }

  @Test
  void whatComesAfterTheDrainDoesNotChangeWhatWasDrained() {
    pieces.add(bytes("before"), 0, 6);
    ByteBuf before = drain();
    pieces.add(bytes("after"), 0, 5);
    ByteBuf after = drain();

    assertThat(before).isEqualTo(bytes("before"));
    assertThat(after).isEqualTo(bytes("after"));
    before.release();
    after.release();
  }

  @Test
  void whatTheTakerGivesBackIsKeptAndNotDrainedAgain() {
    byte[] bytes = new byte[10_000];
    new Random(9).nextBytes(bytes);
    ByteBuf in = Unpooled.wrappedBuffer(bytes);
    pieces.add(in, 0, 10);
    pieces.add(in, 10, 9_000);
    pieces.add(in, 9_000, 10_000);
    pieces.drainTo(
        piece -> {
          pieces.add(piece, piece.readerIndex(), piece.writerIndex());
          piece.release();
        });
    assertThat(pieces.size()).isEqualTo(10_000);
    ByteBuf drained = drain();
    assertThat(drained).isEqualTo(in);
    drained.release();
    in.release();
  }

  @Test
  void joinedTheyAreACopyAndStay() {
    ByteBuf large = Unpooled.wrappedBuffer(new byte[5000]);
    pieces.add(bytes("xab"), 1, 3);
    pieces.add(large, 0, 5000);
    pieces.add(bytes("c"), 0, 1);

    for (int i = 0; i < 2; i++) {
      ByteBuf joined = pieces.joinedWith(bytes("ydez"), 1, 3);
      assertThat(joined.readableBytes()).isEqualTo(2 + 5000 + 1 + 2);
      assertThat(joined.slice(0, 2)).isEqualTo(bytes("ab"));
      assertThat(joined.slice(5002, 3)).isEqualTo(bytes("cde"));
      joined.release();
    }
    pieces.release();
    assertThat(pieces.isEmpty()).isTrue();
    assertThat(large.refCnt()).isEqualTo(1);
  }

  private ByteBuf drain() {
    ByteBuf all = Unpooled.buffer();
    pieces.drainTo(
        piece -> {
          all.writeBytes(piece);
          assertThat(piece.release() || piece.unwrap() != null).isTrue();
        });
    return all;
  }

  private static ByteBuf bytes(String text) {
    return Unpooled.wrappedBuffer(text.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
  }
}
