package io.redisproxy.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.redisproxy.resp.ReplyScanner;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Puts a known number of short replies together, for the questions that the proxy itself asks. */
final class ReplyCollector {
  private final int wanted;
  private final ReplyScanner scanner = new ReplyScanner();
  private final ByteBuf reply = Unpooled.buffer();
  private final List<String> replies = new ArrayList<>();

  ReplyCollector(int wanted) {
    this.wanted = wanted;
  }

  /**
   * Reads from the buffer until all replies are there; what lies behind them stays in it.
   *
   * @throws io.redisproxy.resp.NotRedisException when the bytes are not the Redis protocol
   */
  void read(ByteBuf in) {
    while (in.isReadable() && !isDone()) {
      int from = in.readerIndex();
      reply.writeBytes(in, scanner.scan(in, from, 1) - from);
      if (scanner.completed() == 1) {
        replies.add(reply.toString(StandardCharsets.UTF_8).strip());
        reply.clear();
      }
    }
  }

  boolean isDone() {
    return replies.size() == wanted;
  }

  /** As the protocol writes them: errors begin with a minus, bulk strings with their length. */
  List<String> all() {
    return replies;
  }
}
