// What both libraries are checked with.

/** More than a server packs into one piece, so that a scan takes many pages. */
export const ELEMENTS = 2000;

export const COMPARE_AND_SET =
  "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('SET', KEYS[1], ARGV[2]) return 1 end" +
  " return 0";

export const LIBRARY = `#!lua name=orders
redis.register_function('place', function(keys, args)
  return redis.call('RPUSH', keys[1], unpack(args))
end)`;

export function names(prefix) {
  return Array.from({ length: ELEMENTS }, (_, i) => prefix + i);
}

/** The elements of pages, sorted and each once. */
export async function collect(pages) {
  const found = new Set();
  for await (const page of pages) {
    for (const element of page) {
      found.add(element);
    }
  }
  return [...found].sort();
}

/** What was heard, in order, for who waits for it. */
export class Heard {
  #events = [];
  #waiting = [];

  add(event) {
    const next = this.#waiting.shift();
    next ? next(event) : this.#events.push(event);
  }

  next() {
    return this.#events.length > 0
      ? Promise.resolve(this.#events.shift())
      : new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** Repeats a try until it gives something true. */
export async function until(attempt) {
  while (!(await attempt())) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
