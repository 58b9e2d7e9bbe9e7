/** One coordinator on one partition, whose leadership comes and goes. */
import { deepStrictEqual, ok, rejects, strictEqual, throws } from "node:assert/strict";
import { brokerId, type LogFields } from "../../../src/base/mod.ts";
import {
  CoordinatorRuntime,
  CoordinatorShard,
  type Reply,
} from "../../../src/broker/coordinators/mod.ts";
import type { PartitionLog } from "../../../src/log/mod.ts";
import type { MemoryDisk, SimulatedClock } from "../../../src/platform/memory/mod.ts";
import { type ErrorName, KafkaError } from "../../../src/protocol/mod.ts";
import { Replica } from "../../../src/replication/replica.ts";
import { asCoordinator, batch, openLog, world } from "../../log/kit.ts";
import { type Answer, Numbers } from "./numbers.ts";

const isError = (name: ErrorName) => (error: unknown) =>
  error instanceof KafkaError && error.error === name;

/** Broker 1, one of three replicas; the others fetch when they are told to. */
class World {
  readonly clock: SimulatedClock;
  readonly disk: MemoryDisk;
  readonly log: PartitionLog;
  readonly replica: Replica;
  readonly lines: { event: string; fields: LogFields }[] = [];
  readonly runtime: CoordinatorRuntime<Numbers>;
  #state = { leader: 1, leaderEpoch: 1, partitionEpoch: 1, replicas: [1, 2, 3], isr: [1, 2] };

  constructor({ written = 0, settings = {} as Record<string, string>, loadBytes = 1 << 20 } = {}) {
    const { clock, disk } = world();
    this.clock = clock;
    this.disk = disk;
    this.log = openLog({ clock, disk }, { durability: "os", ...settings });
    for (let n = 1; n <= written; n++) this.log.append(batch([`${n}`]), asCoordinator);
    this.replica = new Replica({
      nodeId: brokerId(1),
      log: this.log,
      state: { ...this.#state, leader: 2 },
      surroundings: {
        now: () => clock.monotonic(),
        maxLagMs: () => 30_000,
        aliveEpochOf: () => 1,
        propose: () => {},
        onTruncated: () => {},
      },
    });
    this.runtime = new CoordinatorRuntime({
      clock,
      partitionCount: () => 1,
      createTopic: () => Promise.resolve(),
      newShard: (replica, onFailed) =>
        new CoordinatorShard({
          codec: "none",
          loadBytes,
          commitTimeoutMs: 5000,
          replica,
          machine: new Numbers(),
          clock,
          log: (_level, event, fields = {}) => this.lines.push({ event, fields }),
          what: "numbers",
          onFailed,
        }),
    });
  }

  /** As `Replicas` tells of it. */
  set(change: Partial<{ leader: number; leaderEpoch: number; isr: number[] }>): void {
    const wasLeader = this.replica.isLeader;
    const isNew = (change.leaderEpoch ?? this.#state.leaderEpoch) !== this.#state.leaderEpoch;
    this.#state = { ...this.#state, ...change, partitionEpoch: this.#state.partitionEpoch + 1 };
    this.replica.onState(this.#state);
    if (wasLeader && (!this.replica.isLeader || isNew)) this.runtime.onLost(0);
    if (this.replica.isLeader && (!wasLeader || isNew)) this.runtime.onLed(this.replica);
  }

  async lead(leaderEpoch = 2): Promise<void> {
    this.set({ leader: 1, leaderEpoch });
    await this.clock.advanceAndSettle(10);
  }

  /** The other one in sync has all. */
  async commit(): Promise<void> {
    const { logEndOffset: fetchOffset } = this.replica;
    this.replica.onFollowerFetch(2, { fetchOffset, logStartOffset: 0, brokerEpoch: 1 });
    await this.clock.advanceAndSettle(0);
  }

  ask(what: "take" | "peek", signal?: AbortSignal): Promise<Answer> {
    const asked = this.runtime.run<Answer>(
      "key",
      (numbers, reply: Reply) => numbers[what](reply),
      signal,
    );
    asked.catch(() => {});
    return asked as Promise<Answer>;
  }

  get numbers(): Numbers {
    return this.runtime.shards()[0].machine;
  }
}

/** Whether it has an answer by now. */
async function isAnswered(promise: Promise<unknown>, { clock }: World): Promise<boolean> {
  let isSettled = false;
  promise.catch(() => {}).finally(() => isSettled = true);
  await clock.advanceAndSettle(0);
  return isSettled;
}

Deno.test("What another has led is not coordinated here", () => {
  const w = new World();
  throws(() => w.ask("take"), isError("NOT_COORDINATOR"));
});

Deno.test("While the partition is read nothing is decided; then all that the log has is known", async () => {
  const w = new World({ written: 50, loadBytes: 100 });
  w.set({ leader: 1, leaderEpoch: 2 });
  throws(() => w.ask("take"), isError("COORDINATOR_LOAD_IN_PROGRESS"));
  await rejects(
    () => w.runtime.runAll((n, reply) => n.peek(reply)),
    isError("COORDINATOR_LOAD_IN_PROGRESS"),
  );
  await w.clock.advanceAndSettle(10);
  const peeked = w.ask("peek");
  ok(!await isAnswered(peeked, w), "what it read is not committed yet");
  await w.commit();
  deepStrictEqual(await peeked, { number: 50 });
  ok(w.lines.some(({ event, fields }) => event === "numbers loaded" && fields.records === 50));
});

Deno.test("An answer leaves when what it says is committed, and one that says nothing new as well", async () => {
  const w = new World();
  await w.lead();
  await w.commit();
  const first = w.ask("take");
  const peeked = w.ask("peek");
  ok(!await isAnswered(first, w));
  ok(!await isAnswered(peeked, w));
  await w.commit();
  deepStrictEqual([await first, await peeked], [{ number: 1 }, { number: 1 }]);
});

Deno.test("What is not committed in time is answered, and decided on all the same", async () => {
  const w = new World();
  await w.lead();
  const first = w.ask("take");
  await w.clock.advanceAndSettle(5000);
  await rejects(first, isError("COORDINATOR_NOT_AVAILABLE"));
  const second = w.ask("take");
  await w.commit();
  deepStrictEqual(await second, { number: 2 });
  strictEqual(w.clock.nextDue, undefined);
});

Deno.test("Who waits when the leadership is lost looks elsewhere, and no timer is left", async () => {
  const w = new World();
  await w.lead();
  await w.commit();
  w.numbers.deadline = w.clock.now() + 1000;
  const { numbers } = w;
  const waiting = [w.ask("take"), w.ask("peek"), w.ask("take")];
  w.set({ leader: 2, leaderEpoch: 3 });
  for (const each of waiting) await rejects(each, isError("NOT_COORDINATOR"));
  throws(() => w.ask("take"), isError("NOT_COORDINATOR"));
  strictEqual(w.clock.nextDue, undefined);
  await w.clock.advanceAndSettle(10_000);
  strictEqual(numbers.timers, 0);
});

Deno.test("What was appended and never committed is forgotten when the next leader had it not", async () => {
  const w = new World();
  await w.lead();
  await w.commit();
  const first = w.ask("take");
  await w.commit();
  deepStrictEqual(await first, { number: 1 });
  const lost = w.ask("take");
  w.set({ leader: 2, leaderEpoch: 3 });
  await rejects(lost, isError("NOT_COORDINATOR"));
  w.replica.truncateTo(1);
  w.replica.appendAsFollower(batch(["7"], { baseOffset: 1, partitionLeaderEpoch: 3 }));
  await w.lead(4);
  const peeked = w.ask("peek");
  await w.commit();
  deepStrictEqual(await peeked, { number: 7 });
});

Deno.test("The same leader reads all again in its next epoch, and who waited asks again", async () => {
  const w = new World();
  await w.lead();
  const { numbers } = w;
  const waiting = w.ask("take");
  w.set({ leaderEpoch: 3 });
  await rejects(waiting, isError("NOT_COORDINATOR"));
  await w.clock.advanceAndSettle(10);
  ok(w.numbers !== numbers);
  const next = w.ask("take");
  await w.commit();
  deepStrictEqual(await next, { number: 2 }, "the first was in the log, and nobody cut it off");
});

Deno.test("A partition that is lost while it is read is not served, and read anew when it comes back", async () => {
  const w = new World({ written: 50, loadBytes: 100 });
  w.set({ leader: 1, leaderEpoch: 2 });
  w.set({ leader: 3, leaderEpoch: 3 });
  await w.clock.advanceAndSettle(100);
  throws(() => w.ask("take"), isError("NOT_COORDINATOR"));
  strictEqual(w.runtime.shards().length, 0);
  ok(!w.lines.some(({ event }) => event === "numbers loaded"));
  await w.lead(4);
  const next = w.ask("take");
  await w.commit();
  deepStrictEqual(await next, { number: 51 });
});

Deno.test("A shard neither decides nor writes in another epoch than its own, told of it or not", async () => {
  const w = new World();
  await w.lead();
  w.numbers.deadline = w.clock.now() + 50;
  const { numbers } = w;
  const waiting = w.ask("take"); // which looks for the next deadline
  const { logEndOffset } = w.replica;
  // The replica knows, and nobody has told the runtime.
  w.replica.onState({
    leader: 1,
    leaderEpoch: 9,
    partitionEpoch: 99,
    replicas: [1, 2],
    isr: [1, 2],
  });
  const refused = rejects(waiting, isError("NOT_COORDINATOR"));
  throws(() => w.ask("take"), isError("NOT_COORDINATOR"));
  await w.clock.advanceAndSettle(100);
  strictEqual(numbers.timers, 0);
  strictEqual(w.replica.logEndOffset, logEndOffset);
  w.set({ leader: 3, leaderEpoch: 10 });
  await refused;
});

Deno.test("Too few in-sync replicas: nothing is written, and asked for the coordinator again", async () => {
  const w = new World({ settings: { "min.insync.replicas": "2" } });
  await w.lead();
  await w.commit();
  w.set({ isr: [1] });
  deepStrictEqual(await w.ask("take"), { error: "COORDINATOR_NOT_AVAILABLE" });
  deepStrictEqual(await w.ask("take"), { error: "COORDINATOR_NOT_AVAILABLE" });
  strictEqual(w.replica.logEndOffset, 0);
  strictEqual(w.lines.filter(({ event }) => event === "cannot write numbers").length, 1);
  deepStrictEqual(await w.ask("peek"), { number: 0 });
  w.set({ isr: [1, 2] });
  const next = w.ask("take");
  await w.commit();
  deepStrictEqual(await next, { number: 1 });
});

Deno.test("A shard that can't go on is loaded again, later each time, while its broker leads", async () => {
  const w = new World();
  await w.lead();
  await w.commit();
  w.numbers.isBroken = true;
  await rejects(w.ask("take"));
  throws(() => w.ask("take"), isError("NOT_COORDINATOR"));
  await w.clock.advanceAndSettle(1000);
  const next = w.ask("peek");
  await w.commit();
  deepStrictEqual(await next, { number: 1 }, "as the log has it");

  w.numbers.isBroken = true;
  await rejects(w.ask("take"));
  await w.clock.advanceAndSettle(1999);
  throws(() => w.ask("take"), isError("NOT_COORDINATOR"));
  await w.clock.advanceAndSettle(2);
  ok(!await isAnswered(w.ask("peek"), w));
  w.numbers.isBroken = true;
  await rejects(w.ask("take"));
  w.set({ leader: 2, leaderEpoch: 3 });
  strictEqual(w.clock.nextDue, undefined);
});

Deno.test("A client that goes is not waited for, and a runtime that is closed is not available", async () => {
  const w = new World();
  await w.lead();
  const gone = new AbortController();
  const asked = w.ask("take", gone.signal);
  ok(!await isAnswered(asked, w));
  gone.abort();
  ok(await isAnswered(asked, w));
  const waiting = w.ask("take");
  w.runtime.close();
  await rejects(waiting, isError("NOT_COORDINATOR"));
  throws(() => w.ask("take"), isError("COORDINATOR_NOT_AVAILABLE"));
  w.runtime.onLed(w.replica);
  strictEqual(w.runtime.shards().length, 0);
  strictEqual(w.clock.nextDue, undefined);
});
