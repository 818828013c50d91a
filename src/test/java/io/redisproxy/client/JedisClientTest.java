package io.redisproxy.client;

import io.redisproxy.fixture.Opened;
import org.junit.jupiter.api.AutoClose;
import redis.clients.jedis.ConnectionPoolConfig;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.RedisProtocol;

/** Jedis with a pool of connections; clients are closed after each test. */
abstract class JedisClientTest extends ClientTest {
  @AutoClose private final Opened<AutoCloseable> clients = new Opened<>();

  final void closeClients() throws Exception {
    clients.close();
  }

  final RedisClient connect(RedisProtocol protocol) {
    return connect(DefaultJedisClientConfig.builder().protocol(protocol));
  }

  final RedisClient connect(DefaultJedisClientConfig.Builder config) {
    ConnectionPoolConfig pool = new ConnectionPoolConfig();
    pool.setMaxTotal(8);
    // The connection that waits longest is taken next, so that the pool's all get their turn.
    pool.setLifo(false);
    pool.setMinIdle(4);
    return register(
        RedisClient.builder()
            .hostAndPort(HOST, proxy.port())
            .clientConfig(config.build())
            .poolConfig(pool)
            .build());
  }

  /** One connection, without a pool. */
  final Jedis connectOne(RedisProtocol protocol) {
    return register(
        new Jedis(
            new HostAndPort(HOST, proxy.port()),
            DefaultJedisClientConfig.builder().protocol(protocol).build()));
  }

  final <T extends AutoCloseable> T register(T client) {
    clients.add(client);
    return client;
  }
}
