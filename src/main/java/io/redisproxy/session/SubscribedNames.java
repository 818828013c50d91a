package io.redisproxy.session;

import io.redisproxy.resp.Resp;
import io.redisproxy.upstream.Subscriptions.Kind;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What a session is subscribed to, by name, so that it can be made again at another node. */
final class SubscribedNames {
  /** More than that is not kept for one client, which has to subscribe again itself then. */
  private static final int MOST_BYTES = 64 * 1024;

  /** What a name costs beyond its bytes. */
  private static final int OVERHEAD = 64;

  private final Map<Kind, Set<ByteBuffer>> names = new EnumMap<>(Kind.class);
  private int bytes;
  private boolean tooMany;

  /** The node has confirmed all of them. */
  void add(Kind kind, List<byte[]> added) {
    Set<ByteBuffer> all = ofKind(kind);
    for (byte[] name : added) {
      if (!tooMany && all.add(ByteBuffer.wrap(name))) {
        bytes += name.length + OVERHEAD;
        tooMany = bytes > MOST_BYTES;
      }
    }
    if (tooMany) {
      names.clear();
    }
  }

  /** {@code removed}: all of the kind if it is empty. */
  void remove(Kind kind, List<byte[]> removed) {
    Set<ByteBuffer> all = ofKind(kind);
    List<ByteBuffer> gone =
        removed.isEmpty() ? List.copyOf(all) : removed.stream().map(ByteBuffer::wrap).toList();
    for (ByteBuffer name : gone) {
      if (all.remove(name)) {
        bytes -= name.remaining() + OVERHEAD;
      }
    }
  }

  private Set<ByteBuffer> ofKind(Kind kind) {
    return names.computeIfAbsent(kind, made -> new LinkedHashSet<>());
  }

  /** Whether all are known. */
  boolean isComplete() {
    return !tooMany;
  }

  /** The commands that subscribe to all of them, by kind. */
  @SuppressWarnings("ByteBufferBackingArray") // Each wraps a whole array.
  Map<Kind, List<byte[]>> requests() {
    Map<Kind, List<byte[]>> requests = new EnumMap<>(Kind.class);
    names.forEach(
        (kind, all) -> {
          if (!all.isEmpty()) {
            List<byte[]> words = new ArrayList<>(List.of(command(kind)));
            all.forEach(name -> words.add(name.array()));
            requests.put(kind, words);
          }
        });
    return requests;
  }

  private static byte[] command(Kind kind) {
    return Resp.bytes(
        switch (kind) {
          case CHANNEL -> "SUBSCRIBE";
          case PATTERN -> "PSUBSCRIBE";
          case SHARD -> "SSUBSCRIBE";
        });
  }
}
