package io.redisproxy.checker;

import static java.util.Arrays.asList;

import io.redisproxy.fixture.RawClient;
import java.io.IOException;
import java.util.List;
import java.util.Set;

/** The ways to write keys of a client's own, and to read them. */
enum OwnWay {
  SET {
    @Override
    void run(Deed deed, String n) throws IOException, Deed.FailedException {
      deed.write("SET", deed.key("s"), n);
      deed.see(n, "GET", deed.key("s"));
    }
  },
  LARGE {
    @Override
    void run(Deed deed, String n) throws IOException, Deed.FailedException {
      deed.write("SET", deed.key("l"), n + PADDING);
      deed.see(n, "GETRANGE", deed.key("l"), "0", "" + (n.length() - 1));
      deed.write("SET", deed.key("l"), n);
      deed.see(n, "GET", deed.key("l"));
    }
  },
  PIPELINE {
    @Override
    void run(Deed deed, String n) throws IOException, Deed.FailedException {
      String[] get = {"GET", deed.key("s")};
      Object found = deed.pipeline(deed.writer(), new String[] {"SET", get[1], n}, get);
      deed.judge(n, found, get);
      deed.see(n, get);
    }
  },
  PINNED {
    @Override
    void run(Deed deed, String n) throws IOException, Deed.FailedException {
      deed.write("WATCH", deed.key("watched"));
      deed.write("SET", deed.key("s"), n);
      deed.see(n, "GET", deed.key("s"));
      deed.judge(n, deed.writer().call("GET", deed.key("s")), "GET", deed.key("s"));
      deed.write("UNWATCH");
      deed.see(n, "GET", deed.key("s"));
    }
  },
  TRANSACTION {
    @Override
    void run(Deed deed, String n) throws IOException, Deed.FailedException {
      deed.pipeline(
          deed.writer(),
          new String[] {"MULTI"},
          new String[] {"SET", deed.key("s"), n},
          new String[] {"SET", deed.key("t"), n},
          new String[] {"EXEC"});
      deed.see(n, "GET", deed.key("s"));
      deed.see(n, "GET", deed.key("t"));
    }
  },
  LARGE_IN_TRANSACTION {
    @Override
    void run(Deed deed, String n) throws IOException, Deed.FailedException {
      deed.pipeline(
          deed.writer(),
          new String[] {"MULTI"},
          new String[] {"SET", deed.key("l"), n + PADDING},
          new String[] {"EXEC"});
      deed.see(n, "GETRANGE", deed.key("l"), "0", "" + (n.length() - 1));
    }
  },
  SELECT_IN_TRANSACTION {
    @Override
    void run(Deed deed, String n) throws IOException, Deed.FailedException {
      try (RawClient relayed = deed.connections().oneMore()) {
        deed.pipeline(
            relayed,
            new String[] {"MULTI"},
            new String[] {"SELECT", deed.connections().otherDatabase()},
            new String[] {"SET", deed.key("there"), n},
            new String[] {"SELECT", deed.connections().database()},
            new String[] {"EXEC"},
            new String[] {"SET", deed.key("u"), n},
            new String[] {"SET", deed.key("s"), n});
      }
      deed.see(n, "GET", deed.key("s"));
      deed.see(n, "GET", deed.key("u"));
    }
  },
  SCRIPT {
    @Override
    void run(Deed deed, String n) throws IOException, Deed.FailedException {
      deed.write("EVAL", "redis.call('SET', KEYS[1], ARGV[1])", "1", deed.key("s"), n);
      deed.see(n, "GET", deed.key("s"));
      deed.see(n, "EVAL_RO", "return redis.call('GET', KEYS[1])", "1", deed.key("s"));
    }
  },
  SCRIPT_WITHOUT_KEYS {
    @Override
    void run(Deed deed, String n) throws IOException, Deed.FailedException {
      deed.write("EVAL", "redis.call('SET', ARGV[1], ARGV[2])", "0", deed.key("s"), n);
      deed.see(n, "GET", deed.key("s"));
      deed.see(n, "EVAL_RO", "return redis.call('GET', ARGV[1])", "0", deed.key("s"));
    }
  },
  CACHED_SCRIPT {
    @Override
    void run(Deed deed, String n) throws IOException, Deed.FailedException {
      Object set = deed.write("SCRIPT", "LOAD", "redis.call('SET', KEYS[1], ARGV[1])");
      Object get = deed.write("SCRIPT", "LOAD", "return redis.call('GET', KEYS[1])");
      deed.write("EVALSHA", set.toString(), "1", deed.key("s"), n);
      deed.see(n, "GET", deed.key("s"));
      deed.see(n, "EVALSHA_RO", get.toString(), "1", deed.key("s"));
    }
  },
  POP {
    @Override
    void run(Deed deed, String n) throws IOException, Deed.FailedException {
      String list = deed.key("q");
      deed.write("RPUSH", list, n);
      deed.see(List.of(n), "LRANGE", list, "0", "-1");
      deed.agreed(deed.connections().any().call("BLPOP", list, "5"));
      deed.see(0L, "LLEN", list);
    }
  },
  POP_BY_ONE_WHO_WAITS {
    @Override
    void run(Deed deed, String n) throws IOException, Deed.FailedException {
      String list = deed.key("q");
      RawClient waiter = deed.connections().otherThan(deed.writer());
      waiter.sendCommand("BLPOP", list, "5");
      Object pushed = deed.writer().call("LPUSH", list, n);
      deed.agreed(waiter.readText());
      deed.agreed(pushed);
      deed.see(0L, "LLEN", list);
    }
  },
  MOVE_BY_ONE_WHO_WAITS {
    @Override
    void run(Deed deed, String n) throws IOException, Deed.FailedException {
      deed.write("DEL", deed.key("moved"));
      RawClient waiter = deed.connections().otherThan(deed.writer());
      waiter.sendCommand("BLMOVE", deed.key("q"), deed.key("moved"), "LEFT", "RIGHT", "5");
      Object pushed = deed.writer().call("LPUSH", deed.key("q"), n);
      deed.agreed(waiter.readText());
      deed.agreed(pushed);
      deed.see(List.of(n), "LRANGE", deed.key("moved"), "0", "-1");
    }
  },
  COUNT {
    @Override
    void run(Deed deed, String n) throws IOException, Deed.FailedException {
      Object count = deed.write("INCR", deed.key("c"));
      deed.see(count.toString(), "GET", deed.key("c"));
    }
  },
  MANY {
    @Override
    void run(Deed deed, String n) throws IOException, Deed.FailedException {
      deed.write("MSET", deed.key("a"), n, deed.key("b"), n, deed.key("s"), n);
      deed.see(asList(n, n, n, null), "MGET", deed.key("a"), deed.key("s"), deed.key("b"), "none");
    }
  },
  HASH {
    @Override
    void run(Deed deed, String n) throws IOException, Deed.FailedException {
      deed.write("HSET", deed.key("h"), "f", n);
      deed.see(n, "HGET", deed.key("h"), "f");
      deed.see(List.of("f", n), "HGETALL", deed.key("h"));
    }
  },
  DELETE {
    @Override
    void run(Deed deed, String n) throws IOException, Deed.FailedException {
      deed.write("SET", deed.key("s"), n);
      deed.write("DEL", deed.key("s"));
      deed.see(null, "GET", deed.key("s"));
      deed.see(0L, "EXISTS", deed.key("s"));
    }
  },
  EXPIRE {
    @Override
    void run(Deed deed, String n) throws IOException, Deed.FailedException {
      deed.write("SET", deed.key("e"), n, "EX", "1000");
      deed.see(n, "GET", deed.key("e"));
      deed.write("EXPIRE", deed.key("e"), "0");
      deed.see(null, "GET", deed.key("e"));
    }
  },
  RENAME {
    @Override
    void run(Deed deed, String n) throws IOException, Deed.FailedException {
      deed.write("SET", deed.key("from"), n);
      deed.write("RENAME", deed.key("from"), deed.key("to"));
      deed.see(n, "GET", deed.key("to"));
      deed.see(null, "GET", deed.key("from"));
    }
  },
  COPY {
    @Override
    void run(Deed deed, String n) throws IOException, Deed.FailedException {
      deed.write("SET", deed.key("s"), n);
      deed.write("COPY", deed.key("s"), deed.key("copy"), "REPLACE");
      deed.see(n, "GET", deed.key("copy"));
    }
  },
  COPY_FROM_OTHER_DATABASE {
    @Override
    void run(Deed deed, String n) throws IOException, Deed.FailedException {
      try (RawClient there = deed.connections().oneMore()) {
        deed.agreed(there.call("SELECT", deed.connections().otherDatabase()));
        deed.agreed(there.call("SET", deed.key("far"), n));
        deed.agreed(
            there.call(
                "COPY",
                deed.key("far"),
                deed.key("near"),
                "DB",
                deed.connections().database(),
                "REPLACE"));
      }
      deed.see(n, "GET", deed.key("near"));
    }
  },
  MOVE_DATABASE {
    @Override
    void run(Deed deed, String n) throws IOException, Deed.FailedException {
      String come = deed.key("come to " + deed.connections().database());
      deed.write("DEL", come);
      try (RawClient there = deed.connections().oneMore()) {
        deed.agreed(there.call("SELECT", deed.connections().otherDatabase()));
        deed.agreed(there.call("SET", come, n));
        deed.agreed(there.call("MOVE", come, deed.connections().database()));
      }
      deed.see(n, "GET", come);
    }
  },
  SORT {
    @Override
    void run(Deed deed, String n) throws IOException, Deed.FailedException {
      deed.write("DEL", deed.key("list"));
      deed.write("RPUSH", deed.key("list"), n, "0");
      deed.write("SORT", deed.key("list"), "STORE", deed.key("sorted"));
      deed.see(List.of("0", n), "LRANGE", deed.key("sorted"), "0", "-1");
    }
  },
  UNION {
    @Override
    void run(Deed deed, String n) throws IOException, Deed.FailedException {
      deed.write("DEL", deed.key("z"));
      deed.write("ZADD", deed.key("z"), "1", n);
      deed.write("ZUNIONSTORE", deed.key("union"), "2", deed.key("z"), deed.key("none"));
      deed.see(List.of(n), "ZRANGE", deed.key("union"), "0", "-1");
      deed.see(List.of(n), "ZUNION", "2", deed.key("none"), deed.key("union"));
    }
  },
  STREAM {
    @Override
    void run(Deed deed, String n) throws IOException, Deed.FailedException {
      Object id = deed.write("XADD", deed.key("x"), "MAXLEN", "1", "*", "f", n);
      deed.see(List.of(List.of(id, List.of("f", n))), "XRANGE", deed.key("x"), "-", "+");
    }
  },
  NAMES {
    @Override
    void run(Deed deed, String n) throws IOException, Deed.FailedException {
      deed.write("SET", deed.key("s"), n);
      deed.see(List.of(deed.key("s")), "KEYS", deed.key("s"));
      deed.write("DEL", deed.key("s"));
      deed.see(List.of(), "KEYS", deed.key("s"));
    }
  };

  private static final String PADDING = "x".repeat(100_000);

  private static final Set<String> ANY_KEY =
      Set.of(
          "SELECT_IN_TRANSACTION",
          "SCRIPT_WITHOUT_KEYS",
          "COPY",
          "COPY_FROM_OTHER_DATABASE",
          "MOVE_DATABASE",
          "NAMES");

  /** Whether the proxy has to take a write, or a read, for one of any key. */
  boolean isOfAnyKey() {
    return ANY_KEY.contains(name());
  }

  /** Writes the number, which was never written before, and reads. */
  abstract void run(Deed deed, String n) throws IOException, Deed.FailedException;
}
