package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.redisproxy.command.Command;
import io.redisproxy.resp.RequestDecoder;
import io.redisproxy.resp.Resp;
import io.redisproxy.upstream.NodeConnection;
import io.redisproxy.upstream.NodeConnector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;

/**
 * Tells the master of a sample of the keys that its replicas are read from. It evicts what it takes
 * for the least wanted, and would else know of no read: the most wanted keys would go first.
 */
final class MasterTouch {
  /** Of so many reads one is told, on average. */
  private static final int EVERY = 32;

  private static final int BATCH = 64;
  private static final Duration LONGEST = Duration.ofSeconds(1);
  private static final byte[] TOUCH = Resp.bytes("TOUCH");

  private final Supplier<Target> master;
  private final NodeConnector timer;
  private final List<byte[]> request = new ArrayList<>(1 + BATCH);
  private int left = next();

  MasterTouch(Supplier<Target> master, NodeConnector timer) {
    this.master = master;
    this.timer = timer;
    request.add(TOUCH);
  }

  /** A read, which the decoder has just found in the buffer, goes to a replica. */
  void onRead(Command command, RequestDecoder decoder, ByteBuf in) {
    if (--left > 0) {
      return;
    }
    left = next();
    // Of a command with several keys it is the first; it is a sample.
    if (command.takesKeys() && command.firstKey() == 1 && decoder.hasPlainArgument()) {
      byte[] key = new byte[decoder.argumentLength(in)];
      in.getBytes(decoder.argumentAt(in), key);
      add(key);
    }
  }

  private void add(byte[] key) {
    request.add(key);
    if (request.size() == 2) {
      timer.schedule(LONGEST, this::send);
    } else if (request.size() > BATCH) {
      send();
    }
  }

  /** So that it falls on all keys of one who always reads the same ones in turn. */
  private static int next() {
    return 1 + ThreadLocalRandom.current().nextInt(2 * EVERY - 1);
  }

  private void send() {
    NodeConnection connection = request.size() == 1 ? null : master.get().connection();
    if (connection != null) {
      connection.expect(new UnheardReplies(this, 1));
      ByteBuf bytes = Unpooled.buffer();
      Resp.writeRequest(bytes, request);
      connection.send(bytes);
    }
    request.subList(1, request.size()).clear();
  }
}
