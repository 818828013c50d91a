package io.redisproxy.client;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.RedisProtocol;
import redis.clients.jedis.csc.CacheConfig;
import redis.clients.jedis.csc.Cacheable;
import redis.clients.jedis.csc.DefaultCache;
import redis.clients.jedis.csc.EvictionPolicy;

/** Jedis' cache on the client's side: the server tells when a key that was read has changed. */
class JedisCacheTest extends JedisClientTest {
  private RedisClient caching;
  private RedisClient other;

  /** Jedis refuses servers before 7.4 unless the cache says that it gets on with them. */
  public static final class AnyServerCache extends DefaultCache {
    public AnyServerCache(int maxSize, EvictionPolicy policy, Cacheable cacheable) {
      super(maxSize, cacheable, policy);
    }

    @Override
    public boolean compatibilityMode() {
      return true;
    }
  }

  @BeforeEach
  void connect() {
    other = connect(RedisProtocol.RESP2);
    caching =
        register(
            RedisClient.builder()
                .hostAndPort(HOST, proxy.port())
                .clientConfig(
                    DefaultJedisClientConfig.builder().protocol(RedisProtocol.RESP3).build())
                .cacheConfig(
                    CacheConfig.builder().maxSize(1000).cacheClass(AnyServerCache.class).build())
                .build());
  }

  @Test
  void whatIsCachedIsNotReadAgain() {
    other.set("a", "1");
    group.awaitInSync();
    assertThat(caching.get("a")).isEqualTo("1");
    assertThat(caching.get("a")).isEqualTo("1");
    assertThat(caching.getCache().getStats().getHitCount()).isEqualTo(1);
  }

  @Test
  void aWriteOfAnotherClientIsSeen() {
    for (int i = 0; i < 20; i++) {
      String value = "" + i;
      other.set("a", value);
      soon().untilAsserted(() -> assertThat(caching.get("a")).isEqualTo(value));
    }
    assertThat(caching.getCache().getStats().getInvalidationCount()).isPositive();
  }

  @Test
  void aWriteOfItsOwnIsSeen() {
    caching.set("a", "1");
    assertThat(caching.get("a")).isEqualTo("1");
    caching.set("a", "2");
    soon().untilAsserted(() -> assertThat(caching.get("a")).isEqualTo("2"));
  }

  @Test
  void manyKeysAreCachedAndAllForgottenAtOnce() {
    for (int i = 0; i < 100; i++) {
      other.set("key" + i, "x");
    }
    group.awaitInSync();
    for (int i = 0; i < 100; i++) {
      caching.get("key" + i);
    }
    assertThat(caching.getCache().getSize()).isEqualTo(100);
    other.flushAll();
    soon().untilAsserted(() -> assertThat(caching.get("key1")).isNull());
    assertThat(caching.get("key99")).isNull();
  }
}
