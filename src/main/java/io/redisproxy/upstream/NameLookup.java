package io.redisproxy.upstream;

import io.netty.channel.EventLoop;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.dns.DnsRecord;
import io.netty.resolver.dns.DnsCache;
import io.netty.resolver.dns.DnsCacheEntry;
import io.netty.resolver.dns.DnsCnameCache;
import io.netty.resolver.dns.DnsNameResolver;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import io.netty.resolver.dns.SequentialDnsServerAddressStreamProvider;
import io.netty.util.concurrent.Future;
import io.vertx.core.Promise;
import io.vertx.core.impl.ContextInternal;
import io.vertx.core.spi.transport.Transport;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * One question for the addresses of a name, and for how long they hold. Nothing is kept from one to
 * the next, and each reads the hosts file; the resolver tells the times to its caches alone, so
 * this stands in their place.
 */
final class NameLookup implements DnsCache, DnsCnameCache {
  private final ContextInternal context;
  private final DnsNameResolver resolver;
  private long seconds = Long.MAX_VALUE;

  NameLookup(ContextInternal context, NodeConnector.Options options) {
    this.context = context;
    Transport transport = context.owner().transport();
    DnsNameResolverBuilder builder =
        new DnsNameResolverBuilder(context.nettyEventLoop())
            .datagramChannelFactory(transport::datagramChannel)
            .socketChannelFactory(
                () -> (SocketChannel) transport.channelFactory(false).newChannel())
            .hostsFileEntriesResolver(options.hosts().get())
            .resolveCache(this)
            .cnameCache(this);
    if (!options.dnsServers().isEmpty()) {
      builder.nameServerProvider(
          new SequentialDnsServerAddressStreamProvider(
              options.dnsServers().toArray(InetSocketAddress[]::new)));
    }
    resolver = builder.build();
  }

  /** On the event loop, and once. */
  io.vertx.core.Future<FoundAddresses> ask(String name) {
    Promise<FoundAddresses> promise = context.promise();
    resolver
        .resolveAll(name)
        .addListener(
            (Future<List<InetAddress>> answer) -> {
              resolver.close();
              if (answer.isSuccess()) {
                promise.complete(found(answer.getNow()));
              } else {
                promise.fail(answer.cause());
              }
            });
    return promise.future();
  }

  private FoundAddresses found(List<InetAddress> all) {
    boolean hasV4 = all.stream().anyMatch(Inet4Address.class::isInstance);
    List<String> addresses =
        all.stream()
            .filter(address -> address instanceof Inet4Address || !hasV4)
            .map(InetAddress::getHostAddress)
            .toList();
    return new FoundAddresses(
        addresses,
        seconds == Long.MAX_VALUE ? Optional.empty() : Optional.of(Duration.ofSeconds(seconds)));
  }

  @Override
  public DnsCacheEntry cache(
      String hostname, DnsRecord[] more, InetAddress address, long timeToLive, EventLoop loop) {
    seconds = Math.min(seconds, timeToLive);
    return new Entry(address, null);
  }

  @Override
  public DnsCacheEntry cache(String hostname, DnsRecord[] more, Throwable cause, EventLoop loop) {
    return new Entry(null, cause);
  }

  @Override
  public void cache(String hostname, String alias, long timeToLive, EventLoop loop) {
    seconds = Math.min(seconds, timeToLive);
  }

  @Override
  public List<? extends DnsCacheEntry> get(String hostname, DnsRecord[] more) {
    return List.of();
  }

  @Override
  public String get(String hostname) {
    return null;
  }

  @Override
  public void clear() {
    // Nothing is kept.
  }

  @Override
  public boolean clear(String hostname) {
    return false;
  }

  private record Entry(InetAddress address, Throwable cause) implements DnsCacheEntry {}
}
