package io.redisproxy.discovery;

import io.netty.channel.EventLoop;
import io.netty.handler.codec.dns.DnsRecord;
import io.netty.resolver.dns.DnsCache;
import io.netty.resolver.dns.DnsCacheEntry;
import io.netty.resolver.dns.DnsCnameCache;
import io.netty.resolver.dns.DnsNameResolver;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import io.netty.resolver.dns.DnsServerAddressStreamProvider;
import io.netty.resolver.dns.SequentialDnsServerAddressStreamProvider;
import io.netty.util.concurrent.Future;
import io.redisproxy.upstream.NodeConnector;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Asks for the addresses of one name, and for how long they hold. Nothing is kept from one question
 * to the next; the resolver tells the times to its caches alone, so this stands in their place.
 */
final class NameLookup implements DnsCache, DnsCnameCache, AutoCloseable {

  /**
   * What a name stands for.
   *
   * @param addresses at least one, in text; those of IPv4 if there are any, since a server with
   *     both kinds is still one
   * @param timeToLive empty if it isn't known, as for a name that is in the hosts file
   */
  record Found(Set<String> addresses, Optional<Duration> timeToLive) {}

  private final String name;
  private final DnsNameResolver resolver;
  private long seconds;

  NameLookup(String name, DnsWatch.Options options, NodeConnector connector) {
    this.name = name;
    DnsNameResolverBuilder builder =
        new DnsNameResolverBuilder(options.loop())
            .channelFactory(connector::newDatagramChannel)
            .resolveCache(this)
            .cnameCache(this);
    if (!options.servers().isEmpty()) {
      DnsServerAddressStreamProvider servers =
          new SequentialDnsServerAddressStreamProvider(
              options.servers().toArray(InetSocketAddress[]::new));
      builder.nameServerProvider(servers);
    }
    resolver = builder.build();
  }

  /** On the event loop; one question at a time. */
  void ask(Consumer<Found> onFound, Consumer<Throwable> onFailed) {
    seconds = Long.MAX_VALUE;
    resolver
        .resolveAll(name)
        .addListener(
            (Future<List<InetAddress>> answer) -> {
              if (answer.isSuccess()) {
                onFound.accept(found(answer.getNow()));
              } else {
                onFailed.accept(answer.cause());
              }
            });
  }

  private Found found(List<InetAddress> all) {
    boolean hasV4 = all.stream().anyMatch(Inet4Address.class::isInstance);
    Set<String> addresses =
        all.stream()
            .filter(address -> address instanceof Inet4Address || !hasV4)
            .map(InetAddress::getHostAddress)
            .collect(Collectors.toCollection(TreeSet::new));
    return new Found(
        addresses,
        seconds == Long.MAX_VALUE ? Optional.empty() : Optional.of(Duration.ofSeconds(seconds)));
  }

  @Override
  public void close() {
    resolver.close();
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
