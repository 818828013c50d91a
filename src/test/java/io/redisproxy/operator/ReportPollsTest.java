package io.redisproxy.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.IndexerResourceCache;
import io.redisproxy.operator.v1alpha1.RedisProxy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A RedisProxy is deleted, and one of the same name is made at once. */
class ReportPollsTest {
  private final RedisProxy proxy = new RedisProxy();
  private final AtomicInteger asked = new AtomicInteger();
  private final Known known = new Known();
  private final ReportPolls polls =
      new ReportPolls(
          new EventSourceContext<>(known, null, null, RedisProxy.class),
          new ProxyPoll(
              of -> {
                asked.incrementAndGet();
                return Set.of();
              },
              null),
          Duration.ofMillis(5));

  @BeforeEach
  void start() {
    proxy.setMetadata(new ObjectMetaBuilder().withName("cache").withNamespace("redis").build());
    polls.setEventHandler(event -> {});
    polls.start();
  }

  @AfterEach
  void stop() {
    polls.stop();
  }

  @Test
  void theEndOfTheFormerMayBeToldLast() {
    known.resource = proxy;
    polls.onResourceCreated(proxy);
    polls.onResourceDeleted(proxy);
    assertThat(polls.getSecondaryResources(proxy)).isEmpty();
    assertIsAsked();
  }

  @Test
  void aPollOfTheFormerMayFindThatItIsGone() {
    polls.onResourceCreated(proxy);
    await().until(() -> known.lookups.get() == 1);
    known.resource = proxy;
    polls.onResourceCreated(proxy);
    assertIsAsked();
  }

  private void assertIsAsked() {
    int before = asked.get();
    await().atMost(Duration.ofSeconds(10)).until(() -> asked.get() >= before + 3);
  }

  /** What the operator knows of RedisProxies: this one or none. */
  private static final class Known implements IndexerResourceCache<RedisProxy> {
    private final AtomicInteger lookups = new AtomicInteger();
    private volatile RedisProxy resource;

    @Override
    public Optional<RedisProxy> get(ResourceID id) {
      Optional<RedisProxy> found = Optional.ofNullable(resource);
      lookups.incrementAndGet();
      return found;
    }

    @Override
    public Stream<ResourceID> keys() {
      return list(any -> true).map(ResourceID::fromResource);
    }

    @Override
    public Stream<RedisProxy> list(Predicate<RedisProxy> predicate) {
      return Stream.ofNullable(resource).filter(predicate);
    }

    @Override
    public Stream<RedisProxy> list(String namespace, Predicate<RedisProxy> predicate) {
      return list(predicate);
    }

    @Override
    public List<RedisProxy> byIndex(String indexName, String indexKey) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void addIndexers(Map<String, Function<RedisProxy, List<String>>> indexers) {
      throw new UnsupportedOperationException();
    }
  }
}
