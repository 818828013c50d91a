// ioredis, plain and with commands that it gathers into pipelines by itself.
import assert from "node:assert/strict";
import Redis from "ioredis";
import { COMPARE_AND_SET, ELEMENTS, Heard, LIBRARY, collect, names, until } from "./common.js";

export const library = "ioredis";

function connect({ address, variant, open }, options = {}) {
  const client = new Redis({
    ...address,
    enableAutoPipelining: variant === "auto-pipelining",
    maxRetriesPerRequest: 2,
    ...options,
  });
  open.push(client);
  return client;
}

const checks = {
  async "values of every type"(context) {
    const redis = connect(context);
    await redis.set("string", "value");
    await redis.hset("hash", { a: "1", b: "2" });
    await redis.rpush("list", "x", "y");
    await redis.sadd("set", "x", "y");
    await redis.zadd("zset", 1.5, "x");
    await context.settle();
    const [string, hash, list, set, zset] = await Promise.all([
      redis.get("string"),
      redis.hgetall("hash"),
      redis.lrange("list", 0, -1),
      redis.smembers("set"),
      redis.zrange("zset", 0, -1, "WITHSCORES"),
    ]);
    assert.equal(string, "value");
    assert.deepEqual({ ...hash }, { a: "1", b: "2" });
    assert.deepEqual(list, ["x", "y"]);
    assert.deepEqual(set.sort(), ["x", "y"]);
    assert.deepEqual(zset, ["x", "1.5"]);
    assert.ok((await redis.getBuffer("string")).equals(Buffer.from("value")));
    await assert.rejects(redis.incr("hash"), /WRONGTYPE/);
  },

  async "thousands of commands in flight"(context) {
    const redis = connect(context);
    const replies = await Promise.all(
      Array.from({ length: 5000 }, (_, i) => (i % 2 ? redis.echo(`echo${i}`) : redis.incr("n"))),
    );
    replies.forEach((reply, i) => assert.equal(reply, i % 2 ? `echo${i}` : i / 2 + 1));
  },

  async "a pipeline, with an error in it"(context) {
    const pipeline = connect(context).pipeline();
    for (let i = 0; i < 1000; i++) {
      pipeline.set(`key${i}`, i).get(`key${i}`);
    }
    const results = await pipeline.set("text", "x").incr("text").exec();
    for (let i = 0; i < 1000; i++) {
      assert.deepEqual(results.slice(2 * i, 2 * i + 2), [[null, "OK"], [null, `${i}`]]);
    }
    assert.match(results.at(-1)[0].message, /not an integer/);
  },

  async "transactions, with a conflict and a discard"(context) {
    const redis = connect(context, { enableAutoPipelining: false });
    const other = connect(context);
    assert.deepEqual(await redis.multi().set("a", 1).incr("a").exec(), [[null, "OK"], [null, 2]]);
    await redis.watch("a");
    await other.incr("a");
    assert.equal(await redis.multi().incr("a").exec(), null);
    await redis.multi({ pipeline: false });
    assert.equal(await redis.incr("a"), "QUEUED");
    await redis.discard();
    assert.equal(await redis.incr("a"), 4);
  },

  async "channels, patterns and sharded channels"(context) {
    const subscriber = connect(context);
    const redis = connect(context);
    const heard = new Heard();
    subscriber.on("message", (channel, message) => heard.add([channel, message]));
    subscriber.on("pmessage", (...event) => heard.add(event));
    subscriber.on("smessage", (channel, message) => heard.add(["sharded", channel, message]));
    assert.equal(await subscriber.subscribe("news", "sport"), 2);
    await subscriber.psubscribe("weather.*");
    await subscriber.ssubscribe("orders");
    for (let i = 0; i < 50; i++) {
      assert.equal(await redis.publish("news", i), 1);
      assert.equal(await redis.publish("weather.sun", i), 1);
      assert.equal(await redis.spublish("orders", i), 1);
      assert.deepEqual(await heard.next(), ["news", `${i}`]);
      assert.deepEqual(await heard.next(), ["weather.*", "weather.sun", `${i}`]);
      assert.deepEqual(await heard.next(), ["sharded", "orders", `${i}`]);
    }
    await subscriber.unsubscribe("news", "sport");
    await subscriber.punsubscribe("weather.*");
    await subscriber.sunsubscribe("orders");
    assert.equal(await redis.publish("news", "nobody"), 0);
    assert.equal(await subscriber.incr("a"), 1);
  },

  async "blocking pops and stream readers"(context) {
    const waiting = connect(context);
    const redis = connect(context);
    const popped = waiting.blpop("a", "b", 10);
    await redis.rpush("b", "item");
    assert.deepEqual(await popped, ["b", "item"]);
    assert.equal(await waiting.blpop("empty", 0.05), null);
    const read = waiting.xread("BLOCK", 10_000, "STREAMS", "stream", "0");
    const id = await redis.xadd("stream", "*", "n", "1");
    assert.deepEqual(await read, [["stream", [[id, ["n", "1"]]]]]);
  },

  async "scripts by hash, with the text where it is unknown"(context) {
    const redis = connect(context);
    await redis.script("FLUSH");
    redis.defineCommand("compareAndSet", { numberOfKeys: 1, lua: COMPARE_AND_SET });
    await redis.set("a", "1");
    assert.equal(await redis.compareAndSet("a", "1", "2"), 1);
    assert.equal(await redis.compareAndSet("a", "1", "3"), 0);
    const results = await redis.pipeline().compareAndSet("a", "2", "3").get("a").exec();
    assert.deepEqual(results, [[null, 1], [null, "3"]]);
    await assert.rejects(redis.evalsha("0".repeat(40), 0), /NOSCRIPT/);
  },

  async "functions"(context) {
    const redis = connect(context);
    await redis.function("LOAD", "REPLACE", LIBRARY);
    assert.equal(await redis.fcall("place", 1, "list", "a", "b"), 2);
    assert.equal(await redis.function("DELETE", "orders"), "OK");
  },

  async "scans of keys, hashes, sets and sorted sets"(context) {
    const redis = connect(context);
    const elements = names("element");
    await redis.mset(Object.fromEntries(elements.map((e) => [e, "x"])));
    await redis.hset("hash", Object.fromEntries(elements.map((e) => [e, "x"])));
    await redis.sadd("set", elements);
    await redis.zadd("zset", ...elements.flatMap((e, i) => [i, e]));
    await context.settle();
    const sorted = [...elements].sort();
    const count = 100;
    assert.deepEqual(await collect(redis.scanStream({ match: "element*", count })), sorted);
    assert.deepEqual(await collect(redis.sscanStream("set", { count })), sorted);
    const fields = await collect(redis.hscanStream("hash", { count }));
    assert.deepEqual(fields.filter((field) => field !== "x"), sorted);
    const members = await collect(redis.zscanStream("zset", { count }));
    assert.equal(members.length, 2 * ELEMENTS);
  },

  async "databases and names"(context) {
    const one = connect(context, { db: 1, connectionName: "checker" });
    const zero = connect(context);
    await one.set("a", "one");
    await context.settle();
    assert.equal(await one.get("a"), "one");
    assert.equal(await zero.get("a"), null);
    assert.equal(await one.client("GETNAME"), "checker");
    assert.notEqual(await one.client("ID"), await zero.client("ID"));
    await zero.select(1);
    assert.equal(await zero.get("a"), "one");
  },

  async "a new connection after one that was cut"(context) {
    const redis = connect(context);
    await redis.set("a", "1");
    redis.stream.destroy();
    await until(() => redis.get("a").then((value) => value === "1", () => false));
  },
};

export const variants = { plain: checks, "auto-pipelining": checks };
