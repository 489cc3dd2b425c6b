// BullMQ, the peer in JavaScript: the same five tasks and the same commands as submit.py, which says what they mean.

import { setTimeout as rest } from "node:timers/promises";
import { Queue, Worker } from "bullmq";
import IORedis from "ioredis";

const STARTS = "bench:starts";
const ENDED = "bench:ended";
const DONE = "bench:done";
const WAIT_MS = 5;
const FAILS = 0.5;
const TRIES = 30;
const WARM_UP = 200;
const [LASTS_S, LEAST, MOST] = [1, 300, 20_000];
const [LATENCIES, COLD] = [20, 5];
const RESTS_MS = 20;
const LOOK_MS = 2;
const PATIENCE_MS = 120_000;
const AT_ONCE = 1_000;
const A_DAY_S = 86_400;
const [STORED, STORES_FOR_S] = [10_000, 5];
const [DUE, DUE_EVERY_S, DUE_AHEAD_S] = [500, 0.01, 5];
const KEPT_OUT = { removeOnComplete: true };

const connection = new IORedis(process.env.BENCH_REDIS_URL, { maxRetriesPerRequest: null });
const seconds = () => (performance.timeOrigin + performance.now()) / 1000;

const TASKS = {
  noop: async () => {},
  wait: async () => rest(WAIT_MS),
  note: async (job) => connection.hset(STARTS, String(job.data.number), String(seconds())),
  ended: async () => connection.set(ENDED, String(seconds())),
  flaky: async () => {
    if (Math.random() < FAILS) throw new Error("refused");
    await connection.incr(DONE);
  },
};

const options = (task) => (task === "flaky" ? { ...KEPT_OUT, attempts: TRIES } : KEPT_OUT);
const one = (queue, task, data = {}) => queue.add(task, data, options(task));
const later = (queue, task, delayS, data) => queue.add(task, data, { ...KEPT_OUT, delay: Math.round(delayS * 1000) });

async function many(queue, task, count) {
  for (let first = 0; first < count; first += AT_ONCE) {
    const size = Math.min(AT_ONCE, count - first);
    await queue.addBulk(Array.from({ length: size }, () => ({ name: task, data: {}, opts: options(task) })));
  }
}

async function until(look) {
  const ends = performance.now() + PATIENCE_MS;
  for (;;) {
    const found = await look();
    if (found !== null) return Number(found);
    if (performance.now() > ends) throw new Error("The workers did not answer.");
    await rest(LOOK_MS);
  }
}

const startOf = (number) => until(() => connection.hget(STARTS, String(number)));

function median(values) {
  const ordered = [...values].sort((a, b) => a - b);
  const middle = Math.floor(ordered.length / 2);
  return ordered.length % 2 ? ordered[middle] : (ordered[middle - 1] + ordered[middle]) / 2;
}

async function paced(measure, times) {
  await measure(WARM_UP);
  const rate = WARM_UP / (await measure(WARM_UP));
  const count = Math.max(LEAST, Math.min(MOST, Math.round((rate * LASTS_S) / 100) * 100));
  const found = [];
  for (let number = 0; number < Number(times); number += 1) found.push(count / (await measure(count)));
  return found;
}

async function took(work) {
  const begun = seconds();
  await work();
  return seconds() - begun;
}

const VERBS = {
  single: (queue, task, times) =>
    paced((count) => took(async () => {
      for (let number = 0; number < count; number += 1) await one(queue, task);
    }), times),
  bulk: (queue, task, times) => paced((count) => took(() => many(queue, task, count)), times),
  end_to_end: (queue, task, times) =>
    paced(async (count) => {
      await connection.del(ENDED);
      const begun = seconds();
      await many(queue, task, count);
      await one(queue, "ended");
      return (await until(() => connection.get(ENDED))) - begun;
    }, times),
  retries: (queue, task, times) =>
    paced(async (count) => {
      await connection.del(DONE);
      const look = async () => (Number(await connection.get(DONE)) >= count ? count : null);
      return took(async () => {
        await many(queue, task, count);
        await until(look);
      });
    }, times),
  async latency(queue, times) {
    await connection.del(STARTS);
    const waits = [];
    for (let number = 0; number < COLD + LATENCIES * Number(times); number += 1) {
      const sent = seconds();
      await one(queue, "note", { number });
      waits.push(((await startOf(number)) - sent) * 1000);
      await rest(RESTS_MS);
    }
    const rounds = [];
    for (let first = COLD; first < waits.length; first += LATENCIES) rounds.push(median(waits.slice(first, first + LATENCIES)));
    return rounds;
  },
  async store(queue) {
    const ends = seconds() + STORES_FOR_S;
    let number = 0;
    while (number < STORED && seconds() < ends) {
      number += 1;
      await later(queue, "note", A_DAY_S, { number: -number });
    }
    return [number];
  },
  async due(queue) {
    await connection.del(STARTS);
    const first = seconds() + DUE_AHEAD_S;
    const due = Array.from({ length: DUE }, (_, number) => first + DUE_EVERY_S * number);
    for (const [number, at] of due.entries()) await later(queue, "note", at - seconds(), { number });
    const late = [];
    for (const [number, at] of due.entries()) late.push(((await startOf(number)) - at) * 1000);
    return late;
  },
};

const [verb, ...words] = process.argv.slice(2);
if (verb === "worker") {
  new Worker("bench", (job) => TASKS[job.name](job), { connection, concurrency: Number(words[0]) });
} else {
  const queue = new Queue("bench", { connection });
  process.stdout.write(`${JSON.stringify(await VERBS[verb](queue, ...words))}\n`, () => process.exit(0));
}
