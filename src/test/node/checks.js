// Runs the checks of both libraries against a proxy at REDIS_HOST:REDIS_PORT, one line for each,
// and ends with the sum. The servers behind it are emptied before each check.
import Redis from "ioredis";
import * as ioredis from "./ioredis.js";
import * as nodeRedis from "./node-redis.js";
import { Settling } from "./settling.js";

const address = {
  host: process.env.REDIS_HOST ?? "127.0.0.1",
  port: Number(process.env.REDIS_PORT ?? 6380),
};
const CHECK_TIMEOUT = 20_000;
const settling = await Settling.connect(address, Number(process.env.REDIS_REPLICAS ?? 2));
let passed = 0;
let failed = 0;

for (const { library, variants } of [ioredis, nodeRedis]) {
  for (const [variant, checks] of Object.entries(variants)) {
    for (const [name, check] of Object.entries(checks)) {
      await run(`${library} ${variant}: ${name}`, variant, check);
    }
  }
}
await settling.close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

async function run(title, variant, check) {
  const open = [];
  let timer;
  const overdue = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error("not done in time")), CHECK_TIMEOUT);
  });
  try {
    await settling.empty();
    const context = { address, variant, settle: () => settling.settle(), open };
    await Promise.race([check(context), overdue]);
    passed++;
    console.log(`ok      ${title}`);
  } catch (error) {
    failed++;
    console.log(`FAILED  ${title}: ${error.stack ?? error}`);
  } finally {
    clearTimeout(timer);
    for (const client of open) {
      client instanceof Redis ? client.disconnect() : client.destroy();
    }
  }
}
