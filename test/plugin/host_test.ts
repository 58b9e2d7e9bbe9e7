import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { SimulatedClock } from "../../src/platform/memory/mod.ts";
import {
  type HostClient,
  type HostWorld,
  type IncomingRecord,
  type OutgoingRecord,
  type Plugin,
  PluginError,
  runPlugin,
  type SourceContext,
  type SourcePlugin,
} from "../../src/plugin/mod.ts";
import { KafkaError } from "../../src/protocol/mod.ts";

/** A cluster that takes what it is given, or fails as it is told. */
class Brokers {
  readonly taken: string[] = [];
  readonly topics = new Set<string>();
  away = false;
  refuse: (value: string) => KafkaError | undefined = () => undefined;
  requests = 0;

  readonly client = {
    produce: (records: OutgoingRecord[]) => {
      this.requests++;
      if (this.away) return Promise.reject(new Error("connection refused"));
      for (const { value } of records) {
        const error = this.refuse(String(value));
        if (error) return Promise.reject(error);
      }
      this.taken.push(...records.map(({ value }) => String(value)));
      return Promise.resolve();
    },
    ensureTopic: (topic: string) => {
      if (this.away) return Promise.reject(new Error("connection refused"));
      const isNew = !this.topics.has(topic);
      this.topics.add(topic);
      return Promise.resolve(isNew);
    },
  } as unknown as HostClient;
}

function worldOf(brokers: Brokers, changed: Partial<HostWorld> = {}) {
  const clock = new SimulatedClock();
  const stop = new AbortController();
  const events: string[] = [];
  const statuses: Record<string, unknown>[] = [];
  const world: HostWorld = {
    client: brokers.client,
    clock,
    signal: stop.signal,
    log: (_, event) => events.push(event),
    status: (facts) => statuses.push(facts),
    topic: "t",
    ...changed,
  };
  return { world, clock, stop, events, statuses };
}

const sourceOf = (run: SourcePlugin["run"], more: Partial<SourcePlugin> = {}): SourcePlugin => ({
  kind: "source",
  name: "s",
  summary: "",
  options: () => undefined as never,
  run,
  ...more,
});

/** Moves time until the work is done. */
async function settle<T>(clock: SimulatedClock, work: Promise<T>, stepMs = 50): Promise<T> {
  let isDone = false;
  work.then(() => isDone = true, () => isDone = true);
  for (let step = 0; !isDone && step < 1000; step++) await clock.advanceAndSettle(stepMs);
  ok(isDone, "it did not end");
  return await work;
}

async function* numbers(count: number): AsyncGenerator<OutgoingRecord> {
  for (let n = 1; n <= count; n++) yield { value: `${n}` };
}

Deno.test("What a source yields is published in order, and its topic made", async () => {
  const brokers = new Brokers();
  const { world, clock, statuses } = worldOf(brokers);
  await settle(clock, runPlugin(sourceOf(() => numbers(1000)), {}, world));
  deepStrictEqual(brokers.taken, Array.from({ length: 1000 }, (_, n) => `${n + 1}`));
  deepStrictEqual([...brokers.topics], ["t"]);
  ok(brokers.requests < 1000, "records travel in batches");
  deepStrictEqual(statuses.at(-1), { published: 1000 });
});

Deno.test("While brokers are away the newest records wait, the others are dropped and counted", async () => {
  const brokers = new Brokers();
  const { world, clock, stop, events, statuses } = worldOf(brokers);
  let context: SourceContext;
  const camera = sourceOf(
    async function* (_, given) {
      context = given;
      for (let n = 1; !given.signal.aborted; n++) {
        yield { value: `${n}`.padEnd(1000) };
        await clock.sleep(100, given.signal).catch(() => {});
      }
    },
    { backlog: { keep: "newest", bytes: 5200 } },
  );
  const running = runPlugin(camera, {}, world);
  await clock.advanceAndSettle(1000);
  const before = brokers.taken.length;
  brokers.away = true;
  for (let step = 0; step < 100; step++) await clock.advanceAndSettle(100);
  strictEqual(brokers.taken.length, before);
  ok(context!.published.dropped > 80, `${context!.published.dropped} were dropped`);
  ok(context!.published.waiting <= 6);
  strictEqual(statuses.at(-1)!.brokers, "away");
  brokers.away = false;
  for (let step = 0; step < 30; step++) await clock.advanceAndSettle(100);
  strictEqual(context!.published.waiting, 0);
  deepStrictEqual(events, ["topic made", "brokers away, records wait", "brokers back"]);
  stop.abort();
  await settle(clock, running);
  deepStrictEqual(
    brokers.taken,
    brokers.taken.toSorted((a, b) => Number(a) - Number(b)),
    "in order",
  );
  strictEqual(new Set(brokers.taken).size, brokers.taken.length, "none twice");
  const yielded = Number(brokers.taken.at(-1));
  strictEqual(
    brokers.taken.length + context!.published.dropped,
    yielded,
    "each was taken or counted",
  );
});

Deno.test("A source that keeps all is held while brokers are away, and loses nothing", async () => {
  const brokers = new Brokers();
  const { world, clock } = worldOf(brokers);
  let pulled = 0;
  async function* lines(): AsyncGenerator<OutgoingRecord> {
    for (pulled = 1; pulled <= 100; pulled++) yield { value: `${pulled}`.padEnd(1000) };
  }
  brokers.away = true;
  const running = runPlugin(sourceOf(lines, { backlog: { keep: "all", bytes: 5000 } }), {}, world);
  for (let step = 0; step < 20; step++) await clock.advanceAndSettle(1000);
  ok(pulled <= 6, `${pulled} were pulled`);
  brokers.away = false;
  await settle(clock, running);
  strictEqual(brokers.taken.length, 100);
});

Deno.test("A record that no broker takes is dropped from a live picture, and ends a source that keeps all", async () => {
  for (const keep of ["newest", "all"] as const) {
    const brokers = new Brokers();
    brokers.refuse = (value) => value === "2" ? new KafkaError("MESSAGE_TOO_LARGE") : undefined;
    const { world, clock, statuses } = worldOf(brokers);
    const running = settle(
      clock,
      runPlugin(sourceOf(() => numbers(4), { backlog: { keep } }), {}, world),
    );
    if (keep === "newest") {
      await running;
      deepStrictEqual(brokers.taken, ["1", "3", "4"]);
      strictEqual(statuses.at(-1)!.lost, 1);
    } else {
      await rejects(running, { error: "MESSAGE_TOO_LARGE" });
    }
  }
});

Deno.test("A refusal for good, such as a missing right, ends the source", async () => {
  const brokers = new Brokers();
  brokers.refuse = () => new KafkaError("TOPIC_AUTHORIZATION_FAILED");
  const { world, clock } = worldOf(brokers);
  await rejects(settle(clock, runPlugin(sourceOf(() => numbers(1)), {}, world)), {
    error: "TOPIC_AUTHORIZATION_FAILED",
  });
});

Deno.test("A topic that was deleted is made again", async () => {
  const brokers = new Brokers();
  const { world, clock } = worldOf(brokers);
  let isGone = true;
  brokers.refuse = () => {
    if (!isGone) return undefined;
    isGone = false;
    brokers.topics.clear();
    return new KafkaError("UNKNOWN_TOPIC_OR_PARTITION");
  };
  await settle(clock, runPlugin(sourceOf(() => numbers(1)), {}, world));
  deepStrictEqual([brokers.taken, [...brokers.topics]], [["1"], ["t"]]);
});

Deno.test("After the signal, what waits is flushed, but not for ever", async () => {
  const brokers = new Brokers();
  brokers.away = true;
  const { world, clock, stop, events } = worldOf(brokers);
  const camera = sourceOf(async function* (_, { signal }) {
    yield { value: "1" };
    await clock.sleep(1e9, signal).catch(() => {});
  }, { backlog: { keep: "newest" } });
  const running = runPlugin(camera, {}, world);
  await clock.advanceAndSettle(1000);
  stop.abort();
  const began = clock.monotonic();
  await settle(clock, running);
  ok(clock.monotonic() - began <= 6000);
  ok(events.includes("records lost"));
});

Deno.test("A plugin that does not listen to its signal is left behind", async () => {
  const { world, clock, stop, events } = worldOf(new Brokers());
  const deaf: Plugin = {
    kind: "app",
    name: "deaf",
    summary: "",
    options: () => undefined as never,
    run: () => new Promise(() => {}),
  };
  const running = runPlugin(deaf, {}, world);
  stop.abort();
  await settle(clock, running);
  deepStrictEqual(events, ["plugin did not stop in time"]);
});

Deno.test("What a plugin throws is said with its name; what it yields must be records", async () => {
  const { world, clock } = worldOf(new Brokers());
  const failing = sourceOf(async function* () {
    yield { value: "1" };
    throw new Error("no camera");
  });
  await rejects(settle(clock, runPlugin(failing, {}, world)), {
    name: "PluginError",
    message: "The plugin s failed: no camera",
  });
  const senseless = sourceOf(async function* () {
    yield "1" as never;
  });
  await rejects(settle(clock, runPlugin(senseless, {}, world)), /not a record with a "value"/);
});

Deno.test("A sink's write is tried again, and its failure ends the sink", async () => {
  for (const failures of [2, 99]) {
    const written: number[] = [];
    let attempts = 0;
    const records = [{ offset: 1 }, { offset: 2 }] as IncomingRecord[];
    const consume: HostClient["consume"] = async ({ write, groupId, from }) => {
      deepStrictEqual([groupId, from], ["streamer-k", "beginning"]);
      await write(records);
    };
    const { world, clock } = worldOf(new Brokers(), { client: { consume } as HostClient });
    const sink: Plugin = {
      kind: "sink",
      name: "k",
      summary: "",
      options: () => undefined as never,
      write(given) {
        if (++attempts <= failures) return Promise.reject(new Error("disk full"));
        written.push(...given.map(({ offset }) => offset));
        return Promise.resolve();
      },
    };
    const running = settle(clock, runPlugin(sink, {}, world));
    if (failures === 2) {
      await running;
      deepStrictEqual(written, [1, 2]);
    } else {
      await rejects(
        running,
        (error) => error instanceof PluginError && /disk full/.test(error.message),
      );
      strictEqual(attempts, 5);
    }
  }
});
