// node-redis, in both versions of the protocol.
import assert from "node:assert/strict";
import { createClient, createClientPool, defineScript, WatchError } from "redis";
import { COMPARE_AND_SET, Heard, LIBRARY, collect, names } from "./common.js";

export const library = "node-redis";

function options({ address, variant }, more) {
  return { socket: address, RESP: variant === "RESP3" ? 3 : 2, ...more };
}

async function connect(context, more = {}) {
  const client = createClient(options(context, more));
  client.on("error", () => {}); // What fails is told by the command.
  context.open.push(client);
  return client.connect();
}

async function connectPool(context) {
  const pool = createClientPool(options(context), { minimum: 4, maximum: 4 });
  pool.on("error", () => {});
  context.open.push(pool);
  return pool.connect();
}

const compareAndSet = defineScript({
  SCRIPT: COMPARE_AND_SET,
  NUMBER_OF_KEYS: 1,
  IS_READ_ONLY: false,
  parseCommand(parser, key, expected, value) {
    parser.pushKey(key);
    parser.push(expected, value);
  },
  transformReply: undefined,
});

const checks = {
  async "values of every type"(context) {
    const redis = await connect(context);
    await redis.set("string", "value");
    await redis.hSet("hash", { a: "1", b: "2" });
    await redis.rPush("list", ["x", "y"]);
    await redis.sAdd("set", ["x", "y"]);
    await redis.zAdd("zset", { score: 1.5, value: "x" });
    await context.settle();
    assert.equal(await redis.get("string"), "value");
    assert.deepEqual({ ...(await redis.hGetAll("hash")) }, { a: "1", b: "2" });
    assert.deepEqual(await redis.lRange("list", 0, -1), ["x", "y"]);
    assert.deepEqual([...(await redis.sMembers("set"))].sort(), ["x", "y"]);
    assert.equal(await redis.zScore("zset", "x"), 1.5);
    assert.equal(await redis.get("missing"), null);
    await assert.rejects(redis.incr("hash"), /WRONGTYPE/);
  },

  async "thousands of commands in flight"(context) {
    const redis = await connect(context);
    const replies = await Promise.all(
      Array.from({ length: 5000 }, (_, i) => (i % 2 ? redis.echo(`echo${i}`) : redis.incr("n"))),
    );
    replies.forEach((reply, i) => assert.equal(reply, i % 2 ? `echo${i}` : i / 2 + 1));
  },

  async "a pool"(context) {
    const pool = await connectPool(context);
    const replies = await Promise.all(Array.from({ length: 1000 }, (_, i) => pool.echo(`${i}`)));
    replies.forEach((reply, i) => assert.equal(reply, `${i}`));
  },

  async "transactions, with a conflict"(context) {
    const redis = await connect(context);
    const other = await connect(context);
    assert.deepEqual(await redis.multi().set("a", "1").incr("a").get("a").exec(), ["OK", 2, "2"]);
    await redis.watch("a");
    await other.incr("a");
    await assert.rejects(redis.multi().incr("a").exec(), WatchError);
    assert.deepEqual(await redis.multi().incr("a").exec(), [4]);
    assert.deepEqual(await redis.multi().echo("x").incr("a").execAsPipeline(), ["x", 5]);
  },

  async "channels, patterns and sharded channels"(context) {
    const subscriber = await connect(context);
    const redis = await connect(context);
    const heard = new Heard();
    await subscriber.subscribe("news", (message, channel) => heard.add([channel, message]));
    await subscriber.pSubscribe("weather.*", (message, channel) => heard.add([channel, message]));
    await subscriber.sSubscribe("orders", (message, channel) => heard.add([channel, message]));
    for (let i = 0; i < 50; i++) {
      for (const channel of ["news", "weather.sun"]) {
        assert.equal(await redis.publish(channel, `${i}`), 1);
        assert.deepEqual(await heard.next(), [channel, `${i}`]);
      }
      assert.equal(await redis.sPublish("orders", `${i}`), 1);
      assert.deepEqual(await heard.next(), ["orders", `${i}`]);
    }
    await subscriber.unsubscribe("news");
    await subscriber.pUnsubscribe();
    await subscriber.sUnsubscribe("orders");
    assert.equal(await redis.publish("news", "nobody"), 0);
    assert.equal(await subscriber.incr("a"), 1);
  },

  async "blocking pops and stream readers"(context) {
    const waiting = await connect(context);
    const redis = await connect(context);
    const popped = waiting.blPop(["a", "b"], 10);
    await redis.rPush("b", "item");
    assert.deepEqual({ ...(await popped) }, { key: "b", element: "item" });
    assert.equal(await waiting.blPop("empty", 0.05), null);
    const read = waiting.xRead({ key: "stream", id: "0" }, { BLOCK: 10_000 });
    await redis.xAdd("stream", "*", { n: "1" });
    assert.match(JSON.stringify(await read), /"n":"1"/);
  },

  async "scripts by hash, with the text where it is unknown"(context) {
    const redis = await connect(context, { scripts: { compareAndSet } });
    await redis.scriptFlush();
    await redis.set("a", "1");
    assert.equal(await redis.compareAndSet("a", "1", "2"), 1);
    assert.equal(await redis.compareAndSet("a", "1", "3"), 0);
    const hash = await redis.scriptLoad("return ARGV[1]");
    assert.deepEqual([...(await redis.scriptExists([hash, "0".repeat(40)]))], [1, 0]);
    assert.equal(await redis.evalSha(hash, { arguments: ["x"] }), "x");
    await assert.rejects(redis.evalSha("0".repeat(40)), /NOSCRIPT/);
  },

  async "functions"(context) {
    const redis = await connect(context);
    assert.equal(await redis.functionLoad(LIBRARY, { REPLACE: true }), "orders");
    assert.equal(await redis.fCall("place", { keys: ["list"], arguments: ["a", "b"] }), 2);
    assert.equal(await redis.functionDelete("orders"), "OK");
  },

  async "scans of keys, hashes, sets and sorted sets"(context) {
    const redis = await connect(context);
    const elements = names("element");
    await redis.mSet(elements.map((e) => [e, "x"]));
    await redis.hSet("hash", Object.fromEntries(elements.map((e) => [e, "x"])));
    await redis.sAdd("set", elements);
    await redis.zAdd("zset", elements.map((value, score) => ({ score, value })));
    await context.settle();
    const sorted = [...elements].sort();
    const COUNT = 100;
    assert.deepEqual(await collect(redis.scanIterator({ MATCH: "element*", COUNT })), sorted);
    assert.deepEqual(await collect(redis.sScanIterator("set", { COUNT })), sorted);
    const fields = async function* () {
      for await (const page of redis.hScanIterator("hash", { COUNT })) {
        yield page.map(({ field }) => field);
      }
    };
    assert.deepEqual(await collect(fields()), sorted);
    const members = async function* () {
      for await (const page of redis.zScanIterator("zset", { COUNT })) {
        yield page.map(({ value }) => value);
      }
    };
    assert.deepEqual(await collect(members()), sorted);
  },

  async "a scan over a pool"(context) {
    const pool = await connectPool(context);
    const elements = names("key");
    await pool.mSet(elements.map((e) => [e, "x"]));
    await context.settle();
    const found = new Set();
    let cursor = "0";
    do {
      const page = await pool.scan(cursor, { COUNT: 100 });
      page.keys.forEach((key) => found.add(key));
      cursor = page.cursor;
    } while (cursor !== "0");
    assert.deepEqual([...found].sort(), [...elements].sort());
  },

  async "databases and names"(context) {
    const one = await connect(context, { database: 1, name: "checker" });
    const zero = await connect(context);
    await one.set("a", "one");
    await context.settle();
    assert.equal(await one.get("a"), "one");
    assert.equal(await zero.get("a"), null);
    assert.equal(await one.clientGetName(), "checker");
    assert.notEqual(await one.clientId(), await zero.clientId());
    await zero.select(1);
    assert.equal(await zero.get("a"), "one");
  },
};

/** What needs pushes. */
const checksOfPushes = {
  async "commands of a subscriber"(context) {
    const subscriber = await connect(context);
    const heard = new Heard();
    await subscriber.subscribe("news", (message) => heard.add(message));
    for (let i = 0; i < 50; i++) {
      assert.equal(await subscriber.publish("news", `${i}`), 1);
      assert.equal(await subscriber.incr("counter"), i + 1);
      assert.equal(await heard.next(), `${i}`);
    }
  },

  async "a cache on the client's side"(context) {
    const caching = await connect(context, { clientSideCache: { ttl: 0, maxEntries: 0 } });
    const other = await connect(context);
    for (let i = 0; i < 20; i++) {
      await other.set("a", `${i}`);
      // The server has told of the change before it answers what was asked after it.
      await caching.ping();
      assert.equal(await caching.get("a"), `${i}`);
      assert.equal(await caching.get("a"), `${i}`);
    }
  },
};

export const variants = { RESP2: checks, RESP3: { ...checks, ...checksOfPushes } };
