/** The reader against a cluster that moves under it, in memory and under simulated time. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { noLog } from "../../src/base/mod.ts";
import { Cluster } from "../../src/client/mod.ts";
import { readLog } from "../../src/client/log_reader.ts";
import type { ReadOptions } from "../../src/client/mod.ts";
import { SeededRandom, SimulatedClock } from "../../src/platform/memory/mod.ts";
import { FakeKafka } from "./fake_kafka.ts";

class Reading {
  readonly clock = new SimulatedClock();
  readonly seen: string[] = [];
  readonly states: string[] = [];
  readonly #stop = new AbortController();
  readonly #kafka: FakeKafka;
  readonly #cluster: Cluster;
  readonly finished: Promise<void>;
  /** The reader takes its next record only while this is so. */
  isHungry = true;

  constructor(kafka: FakeKafka, options: Omit<ReadOptions, "from"> & Partial<ReadOptions> = {}) {
    this.#kafka = kafka;
    this.#cluster = new Cluster({
      bootstrap: [FakeKafka.addressOf(1), FakeKafka.addressOf(2)],
      network: kafka.network,
      clock: this.clock,
      random: new SeededRandom(1),
      clientId: "test",
      log: noLog,
    });
    this.finished = this.#read({ from: "beginning", ...options });
  }

  async #read(options: ReadOptions): Promise<void> {
    const onState = (state: string) => this.states.push(state);
    for await (
      const { value } of readLog(this.#cluster, "t", {
        signal: this.#stop.signal,
        onState,
        ...options,
      })
    ) {
      this.seen.push(new TextDecoder().decode(value!));
      while (!this.isHungry && !this.#stop.signal.aborted) await this.clock.sleep(1);
    }
  }

  async until(holds: () => boolean): Promise<void> {
    for (let step = 0; !holds() && step < 20_000; step++) await this.clock.advanceAndSettle(5);
    ok(holds(), `it did not come: seen ${this.seen}, states ${this.states}`);
  }

  async sees(...values: string[]): Promise<void> {
    await this.until(() => this.seen.length >= values.length);
    deepStrictEqual(this.seen.toSorted(), values.toSorted());
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await this.until(() => true);
    await this.clock.advanceAndSettle(10);
    await this.finished;
    this.#kafka.close();
    await this.#cluster.close();
  }
}

const partition = (leader: number, values: string[], earliest = 0) => ({
  leader,
  epoch: 0,
  earliest,
  values,
});

Deno.test("Partitions of several leaders are read, and new records as they come", async () => {
  const kafka = new FakeKafka(2);
  kafka.partitions = [partition(1, ["a"]), partition(2, ["b"])];
  const reading = new Reading(kafka);
  await reading.sees("a", "b");
  kafka.partitions[1].values.push("c");
  await reading.sees("a", "b", "c");
  deepStrictEqual(reading.states, ["connected"]);
  await reading.end();
});

Deno.test("A partition that moves is followed, and nothing is read twice", async () => {
  const kafka = new FakeKafka(2);
  kafka.partitions = [partition(1, ["a"])];
  const reading = new Reading(kafka);
  await reading.sees("a");
  Object.assign(kafka.partitions[0], { leader: 2, epoch: 1 });
  kafka.partitions[0].values.push("b");
  await reading.sees("a", "b");
  strictEqual(reading.states.includes("disconnected"), false, "a move is nobody's outage");
  await reading.end();
});

Deno.test("A broker that dies is waited for, and it is told when it is gone and back", async () => {
  const kafka = new FakeKafka(1);
  kafka.partitions = [partition(1, ["a"])];
  const reading = new Reading(kafka);
  await reading.sees("a");
  kafka.stop(1);
  await reading.until(() => reading.states.at(-1) === "disconnected");
  for (let step = 0; step < 100; step++) await reading.clock.advanceAndSettle(100);
  kafka.partitions[0].values.push("b");
  kafka.start(1);
  await reading.sees("a", "b");
  deepStrictEqual(reading.states, ["connected", "disconnected", "connected"]);
  await reading.end();
});

Deno.test("An offset that retention took moves up to the earliest there is", async () => {
  const kafka = new FakeKafka(1);
  kafka.partitions = [partition(1, ["x", "y"], 10)];
  const reading = new Reading(kafka, { from: { offset: 3 } });
  await reading.sees("x", "y");
  await reading.end();
});

Deno.test("A topic that was made again is read from its beginning", async () => {
  const kafka = new FakeKafka(1);
  kafka.partitions = [partition(1, ["a", "b", "c"])];
  const reading = new Reading(kafka);
  await reading.sees("a", "b", "c");
  kafka.topicId = "AAAAAAAAAAAAAAAAAAAAAw";
  kafka.partitions = [partition(1, ["new"])];
  await reading.sees("a", "b", "c", "new");
  await reading.end();
});

Deno.test("A partition that is added while reading from the end is read from its first record", async () => {
  const kafka = new FakeKafka(1);
  kafka.partitions = [partition(1, ["old"])];
  const reading = new Reading(kafka, { from: "end" });
  await reading.until(() => reading.states.length > 0);
  for (let step = 0; step < 10; step++) await reading.clock.advanceAndSettle(10);
  kafka.partitions.push(partition(1, ["first"]));
  await reading.until(() => reading.seen.length > 0);
  deepStrictEqual(reading.seen, ["first"]);
  await reading.end();
});

Deno.test("Until the end is the end as it was at the start, of every partition, also of empty ones", async () => {
  const kafka = new FakeKafka(2);
  kafka.partitions = [partition(1, ["a", "b"]), partition(2, []), partition(2, ["c"], 7)];
  const reading = new Reading(kafka, { until: "end" });
  let hasEnded = false;
  reading.finished.then(() => hasEnded = true);
  await reading.until(() => hasEnded);
  deepStrictEqual(reading.seen.toSorted(), ["a", "b", "c"]);
  await reading.end();
});

Deno.test("Who reads slowly is not fetched ahead for", async () => {
  const kafka = new FakeKafka(1);
  kafka.partitions = [partition(1, Array.from({ length: 1000 }, (_, n) => `${n}`))];
  const reading = new Reading(kafka, { maxBytes: 1 }); // a record an answer
  reading.isHungry = false;
  await reading.until(() => reading.seen.length === 1);
  for (let step = 0; step < 200; step++) await reading.clock.advanceAndSettle(50);
  strictEqual(reading.seen.length, 1);
  ok(kafka.fetches.get(1)! <= 2, `${kafka.fetches.get(1)} fetches for one record`);
  reading.isHungry = true;
  await reading.until(() => reading.seen.length === 1000);
  deepStrictEqual(reading.seen, Array.from({ length: 1000 }, (_, n) => `${n}`));
  await reading.end();
});
