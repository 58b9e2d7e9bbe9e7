/**
 * A schedule from a seed: producers write with acks=all while brokers lose power and come back,
 * links are cut and healed, brokers hear of the metadata late, and devices take their time. What is
 * acknowledged must be there at the end, where it was said to be, on every replica alike.
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { SeededRandom } from "../../src/platform/memory/mod.ts";
import { readAll } from "../log/kit.ts";
import { Brokers } from "./brokers.ts";

const TOPIC = "orders";
const MIN_ISR = 2;

interface Acknowledged {
  readonly partition: number;
  readonly offset: number;
  readonly value: string;
}

export interface ScheduleResult {
  readonly acknowledged: number;
  readonly crashes: number;
  readonly leaderEpochs: number;
  readonly isrChanges: number;
}

export async function runSchedule(
  seed: number,
  { steps = 40, partitions = 2 } = {},
): Promise<ScheduleResult> {
  const upTo = (most: number) => (random: SeededRandom) => random.int(most + 1);
  const brokers = await Brokers.start({
    seed,
    latencyMs: upTo(5),
    metadataMs: upTo(30),
    syncMs: upTo(8),
    settings: {
      "replica.lag.time.max.ms": "300",
      "replica.fetch.wait.max.ms": "50",
      "replica.fetch.backoff.ms": "100",
      "replica.socket.timeout.ms": "200",
      // In half of them a follower takes long to come back, one batch after the other.
      ...(seed % 2 === 0 ? { "replica.fetch.max.bytes": "1" } : {}),
      ...(seed % 2 === 0 ? { "replica.fetch.response.max.bytes": "1" } : {}),
      "min.insync.replicas": `${MIN_ISR}`,
      "num.replica.fetchers": "2",
    },
  });
  brokers.createTopic(TOPIC, { partitions });
  const schedule = new Schedule(brokers, partitions);
  for (let step = 0; step < steps; step++) await schedule.step();
  await schedule.recover();
  schedule.check();
  await brokers.close();
  return {
    acknowledged: schedule.acknowledged.length,
    crashes: schedule.crashes,
    leaderEpochs: brokers.partition(TOPIC, 0).leaderEpoch,
    isrChanges: brokers.proposals.filter(({ error }) => error === "NONE").length,
  };
}

class Schedule {
  readonly acknowledged: Acknowledged[] = [];
  crashes = 0;
  #values = 0;
  readonly #brokers: Brokers;
  readonly #random: SeededRandom;
  readonly #partitions: number;

  constructor(brokers: Brokers, partitions: number) {
    this.#brokers = brokers;
    this.#random = brokers.random;
    this.#partitions = partitions;
  }

  async step(): Promise<void> {
    const brokers = this.#brokers;
    const random = this.#random;
    const choice = random.int(100);
    if (choice < 60) { for (let i = random.int(6); i >= 0; i--) this.#produce(); }
    else if (choice < 72) await this.#crashOrStart();
    else if (choice < 80) {
      const [a, b] = [1 + random.int(3), 1 + random.int(3)];
      if (a !== b) brokers.cut(a, b);
    } else if (choice < 90) brokers.heal();
    else if (choice < 93) brokers.isControllerAway = !brokers.isControllerAway;
    else this.#changeLeader();
    await brokers.pass(random.pick([0, 1, 5, 20, 100]));
    if (random.chance(0.05)) await brokers.pass(400);
  }

  /** To whoever takes himself for the leader. Not waited for. */
  #produce(): void {
    const brokers = this.#brokers;
    const partition = this.#random.int(this.#partitions);
    const values = Array.from({ length: 1 + this.#random.int(3) }, () => `v${this.#values++}`);
    for (const member of brokers.members.values()) {
      if (!member.isUp || !member.replicas.get(TOPIC, partition)?.isLeader) continue;
      brokers.produce(member.id, TOPIC, values, { partition, timeoutMs: 2000 }).then((answer) => {
        if (answer.error !== "NONE" || !member.isUp) return;
        values.forEach((value, i) =>
          this.acknowledged.push({ partition, offset: answer.baseOffset + i, value })
        );
      }, () => {});
      return;
    }
  }

  async #crashOrStart(): Promise<void> {
    const brokers = this.#brokers;
    const random = this.#random;
    const down = [...brokers.members.values()].filter(({ isUp }) => !isUp);
    if (down.length > 0 && random.chance(0.6)) {
      return await brokers.settle(brokers.startMember(random.pick(down).id));
    }
    const id = random.pick(brokers.ids);
    if (!brokers.member(id).isUp) return;
    if (random.chance(0.25)) return await brokers.settle(brokers.stop(id));
    this.#crash(id);
    if (random.chance(0.3)) this.#crash(random.pick(brokers.ids));
  }

  /** The controller hears of it a little later, and nobody starts again before that. */
  #crash(id: number): void {
    const brokers = this.#brokers;
    if (!brokers.member(id).isUp) return;
    this.crashes++;
    brokers.crash(id, { losesPower: this.#random.chance(0.8), isKnown: false });
    const { brokerEpoch } = brokers.member(id);
    brokers.clock.after(this.#random.int(100), () => brokers.fence(id, brokerEpoch));
  }

  /** As if it had been silent for a while: fenced, and back. */
  #changeLeader(): void {
    const { leader } = this.#brokers.partition(TOPIC, this.#random.int(this.#partitions));
    if (leader < 0) return;
    this.#brokers.fence(leader);
    this.#brokers.unfence(leader);
  }

  /** All is well again, and everyone comes to have everything. */
  async recover(): Promise<void> {
    const brokers = this.#brokers;
    brokers.heal();
    brokers.isControllerAway = false;
    for (const member of brokers.members.values()) {
      if (!member.isUp) await brokers.settle(brokers.startMember(member.id));
    }
    for (let partition = 0; partition < this.#partitions; partition++) {
      await brokers.untilInSync(TOPIC, brokers.ids, partition);
      const replicas = brokers.ids.map((id) => brokers.replica(id, TOPIC, partition));
      await brokers.until(
        "one end, and all of it committed",
        () =>
          replicas.every(({ highWatermark, logEndOffset }) =>
            highWatermark === logEndOffset && logEndOffset === replicas[0].logEndOffset
          ),
      );
    }
    await brokers.pass(2000); // producers that wait are answered
  }

  check(): void {
    const brokers = this.#brokers;
    for (let partition = 0; partition < this.#partitions; partition++) {
      const logs = brokers.ids.map((id) => readAll(brokers.replica(id, TOPIC, partition).log));
      const { leader } = brokers.partition(TOPIC, partition);
      const leaders = logs[brokers.ids.indexOf(leader)];
      for (const log of logs) deepStrictEqual(log, leaders, `partition ${partition} differs`);
      const byOffset = new Map(leaders.map(({ offset, value }) => [Number(offset), value]));
      for (const each of this.acknowledged) {
        if (each.partition !== partition) continue;
        strictEqual(byOffset.get(each.offset), each.value, `lost: ${JSON.stringify(each)}`);
      }
    }
    for (const { id, lines } of brokers.members.values()) {
      const cut = lines.find(({ event }) =>
        event === "log cut below its high watermark" || event.includes("set aside")
      );
      ok(!cut, `${id} cut its log below the high watermark: ${JSON.stringify(cut?.fields)}`);
    }
  }
}
