package io.redisproxy.client;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.client.codec.StringCodec;
import org.redisson.config.Config;
import org.redisson.config.Protocol;

/** Redisson, whose objects are made of scripts and messages; clients are closed after each test. */
abstract class RedissonClientTest extends ClientTest {
  private final List<RedissonClient> clients = new ArrayList<>();

  @AfterEach
  void closeClients() {
    clients.forEach(RedissonClient::shutdown);
  }

  final RedissonClient connect(Protocol protocol) {
    Config config = new Config();
    config.setProtocol(protocol).setCodec(StringCodec.INSTANCE).setThreads(4).setNettyThreads(4);
    config
        .useSingleServer()
        .setAddress("redis://" + HOST + ":" + proxy.port())
        .setConnectionMinimumIdleSize(2)
        .setConnectionPoolSize(8);
    return connect(config);
  }

  final RedissonClient connect(Config config) {
    RedissonClient client = Redisson.create(config);
    clients.add(client);
    return client;
  }
}
