package io.redisproxy.config;

import io.netty.util.NetUtil;
import io.vertx.core.net.HostAndPort;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;

/** The DNS servers that the settings name. */
public final class DnsServers {
  private static final int PORT = 53;

  private DnsServers() {}

  /** None if the system's are to be asked. */
  public static List<InetSocketAddress> of(ProxySettings.Dns settings) {
    return settings.servers().orElse(List.of()).stream()
        .flatMap(server -> parse(server).stream())
        .toList();
  }

  /** Empty if it isn't an address; a name could not be looked up. */
  static Optional<InetSocketAddress> parse(String server) {
    HostAndPort parts = HostAndPort.parseAuthority(server, PORT);
    byte[] address =
        parts == null ? null : NetUtil.createByteArrayFromIpAddressString(parts.host());
    if (address == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(new InetSocketAddress(InetAddress.getByAddress(address), parts.port()));
    } catch (UnknownHostException e) {
      throw new IllegalStateException("an address is 4 or 16 bytes long", e);
    }
  }
}
