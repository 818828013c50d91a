package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.redisproxy.resp.Resp;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a client has said of itself with CLIENT SETNAME and CLIENT SETINFO, and its number. */
final class ClientIdentity {
  private final long id;
  private byte[] name;
  private final Map<String, byte[]> info = new LinkedHashMap<>(2);

  ClientIdentity(long id) {
    this.id = id;
  }

  long id() {
    return id;
  }

  /** Null when it has none. */
  byte[] name() {
    return name;
  }

  void setName(byte[] newName) {
    name = newName.length == 0 ? null : newName;
  }

  /** {@code attribute}: lib-name or lib-ver. */
  void setInfo(String attribute, byte[] value) {
    info.put(attribute, value);
  }

  void reset() {
    name = null;
  }

  /** The requests that tell a node the same. */
  List<ByteBuf> requests(ByteBufAllocator allocator) {
    List<ByteBuf> requests = new ArrayList<>();
    if (name != null) {
      requests.add(Resp.request(allocator, List.of(ascii("CLIENT"), ascii("SETNAME"), name)));
    }
    info.forEach(
        (attribute, value) ->
            requests.add(
                Resp.request(
                    allocator,
                    List.of(ascii("CLIENT"), ascii("SETINFO"), ascii(attribute), value))));
    return requests;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
