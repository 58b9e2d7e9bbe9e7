/**
 * Coordinators on partitions that move: three brokers copy from each other, lose power and come
 * back, links are cut, brokers hear of the metadata late. Meanwhile clients take numbers (see
 * `numbers.ts`) and commit offsets of groups, from whoever takes himself for their coordinator.
 *
 * A client knows only what it was answered in time: a number must never have been given to another,
 * and be larger than all that were given before it was asked for; an offset that is fetched must be
 * no older than the last that was acknowledged before.
 */
import { ok, strictEqual } from "node:assert/strict";
import {
  CoordinatorRuntime,
  CoordinatorShard,
  type Reply,
} from "../../../src/broker/coordinators/mod.ts";
import { OFFSETS_TOPIC } from "../../../src/broker/mod.ts";
import {
  type ErrorName,
  errorName,
  OffsetCommitRequest,
  OffsetCommitResponse,
  OffsetFetchRequest,
  OffsetFetchResponse,
} from "../../../src/protocol/mod.ts";
import type { SeededRandom } from "../../../src/platform/memory/mod.ts";
import { readAll } from "../../log/kit.ts";
import { Brokers } from "../../replication/brokers.ts";
import type { Member } from "../../replication/member.ts";
import { type Answer, Numbers } from "./numbers.ts";

const NUMBERS_TOPIC = "__numbers";
const KEYS = ["a", "b", "c"];
const GROUPS = ["shop", "cafe", "bank"];
/** How long a client waits. */
const PATIENCE_MS = 3000;

export interface MovingResult {
  readonly numbers: number;
  readonly commits: number;
  readonly refused: number;
  readonly leaderEpochs: number;
  readonly crashes: number;
}

export async function runMoving(seed: number, { steps = 50 } = {}): Promise<MovingResult> {
  const upTo = (most: number) => (random: SeededRandom) => random.int(most + 1);
  const brokers = await Brokers.start({
    seed,
    latencyMs: upTo(4),
    metadataMs: upTo(20),
    syncMs: upTo(6),
    settings: {
      "replica.lag.time.max.ms": "300",
      "replica.fetch.wait.max.ms": "50",
      "replica.fetch.backoff.ms": "100",
      "replica.socket.timeout.ms": "200",
      "min.insync.replicas": "2",
      "offsets.commit.timeout.ms": "1000",
      // Some are so long in being read that they are lost meanwhile.
      "offsets.load.buffer.size": seed % 2 === 0 ? "100" : "100000",
    },
  });
  const moving = new Moving(brokers, seed);
  for (const id of brokers.ids) moving.attach(id);
  brokers.createTopic(NUMBERS_TOPIC, { partitions: 2 });
  brokers.createTopic(OFFSETS_TOPIC, { partitions: 2, configs: { "cleanup.policy": "compact" } });
  brokers.createTopic("orders");
  await brokers.pass(100); // all know of them
  for (let step = 0; step < steps; step++) await moving.step();
  await moving.recover();
  await moving.checkEnd();
  await brokers.close();
  return moving.result;
}

class Moving {
  readonly #brokers: Brokers;
  readonly #random: SeededRandom;
  readonly #loadBytes: number;
  readonly #runtimes = new Map<number, CoordinatorRuntime<Numbers>>();
  /** Numbers that clients have got, by key, and the largest of them. */
  readonly #given = new Map<string, Set<number>>();
  readonly #largest = new Map<string, number>();
  /** By group. */
  readonly #sent = new Map<string, number>();
  readonly #acknowledged = new Map<string, number>();
  readonly #committing = new Set<string>();
  #commits = 0;
  #refused = 0;
  #crashes = 0;
  /** What a client has seen that must not be. */
  readonly #wrong: string[] = [];

  constructor(brokers: Brokers, seed: number) {
    this.#brokers = brokers;
    this.#random = brokers.random;
    this.#loadBytes = seed % 2 === 0 ? 100 : 100_000;
  }

  get result(): MovingResult {
    const sizes = [...this.#given.values()].map(({ size }) => size);
    return {
      numbers: sizes.reduce((sum, size) => sum + size, 0),
      commits: this.#commits,
      refused: this.#refused,
      leaderEpochs: this.#brokers.partition(NUMBERS_TOPIC, 0).leaderEpoch,
      crashes: this.#crashes,
    };
  }

  /** Coordinators of numbers on a broker that has just started. */
  attach(id: number): void {
    const { replicas, broker } = this.#brokers.member(id);
    const { clock } = this.#brokers;
    const runtime: CoordinatorRuntime<Numbers> = new CoordinatorRuntime({
      clock,
      partitionCount: () => this.#brokers.image.topicByName(NUMBERS_TOPIC)?.partitions.length,
      createTopic: () => Promise.resolve(),
      newShard: (replica, onFailed) =>
        new CoordinatorShard({
          codec: "none",
          loadBytes: this.#loadBytes,
          commitTimeoutMs: 1000,
          replica,
          machine: new Numbers(),
          clock,
          log: broker.log,
          what: "numbers",
          onFailed,
        }),
    });
    this.#runtimes.set(id, runtime);
    const isOurs = (topic: string) => topic === NUMBERS_TOPIC;
    replicas.onChange({
      led: (replica) => {
        if (isOurs(replica.topicPartition.topic)) runtime.onLed(replica);
      },
      lost: ({ topic, partition }) => {
        if (isOurs(topic)) runtime.onLost(partition);
      },
      deleted: () => {},
    });
  }

  async step(): Promise<void> {
    const brokers = this.#brokers;
    const random = this.#random;
    const choice = random.int(100);
    if (choice < 60) {
      for (let i = random.int(5); i >= 0; i--) this.#ask();
    } else if (choice < 72) await this.#crashOrStart();
    else if (choice < 78) {
      const [a, b] = [1 + random.int(3), 1 + random.int(3)];
      if (a !== b) brokers.cut(a, b);
    } else if (choice < 88) brokers.heal();
    else if (choice < 90) brokers.isControllerAway = !brokers.isControllerAway;
    else this.#changeLeader();
    await brokers.pass(random.pick([0, 1, 5, 20, 100]));
    if (random.chance(0.05)) await brokers.pass(400);
  }

  #ask(): void {
    const dice = this.#random.int(4);
    const key = this.#random.pick(KEYS);
    const group = this.#random.pick(GROUPS);
    if (dice === 0) void this.#take(key);
    else if (dice === 1) void this.#peek(key);
    else if (dice === 2) void this.#commit(group);
    else void this.#fetch(group);
  }

  /** One of those that take themselves for the leader. */
  #leaderOf(topic: string, partition: number): Member | undefined {
    const leaders = [...this.#brokers.members.values()].filter(({ isUp, replicas }) =>
      isUp && replicas.get(topic, partition)?.isLeader
    );
    return leaders.length === 0 ? undefined : this.#random.pick(leaders);
  }

  /** The answer, if it comes in time and the broker lives until it does. */
  async #answerOf<T>(member: Member, ask: () => Promise<T>): Promise<T | undefined> {
    const { life } = member;
    const { clock } = this.#brokers;
    try {
      const answer = await Promise.race([ask(), clock.sleep(PATIENCE_MS).then(() => undefined)]);
      return life.signal.aborted ? undefined : answer;
    } catch {
      this.#refused++;
      return undefined;
    }
  }

  async #number(key: string, what: "take" | "peek"): Promise<number | undefined> {
    const runtime = [...this.#runtimes.values()][0];
    const member = this.#leaderOf(NUMBERS_TOPIC, runtime.partitionFor(key));
    if (member === undefined) return undefined;
    const answer = await this.#answerOf(
      member,
      async () =>
        await this.#runtimes.get(member.id)!.run<Answer>(
          key,
          (numbers, reply: Reply) => numbers[what](reply),
        ) as Answer,
    );
    return answer !== undefined && "number" in answer ? answer.number : undefined;
  }

  /** Keys share a partition's numbers. */
  #partitionName(key: string): string {
    return `${[...this.#runtimes.values()][0].partitionFor(key)}`;
  }

  async #take(key: string): Promise<void> {
    const name = this.#partitionName(key);
    const before = this.#largest.get(name) ?? 0;
    const number = await this.#number(key, "take");
    if (number === undefined) return;
    const given = this.#given.get(name) ?? new Set();
    this.#given.set(name, given);
    if (given.has(number)) this.#wrong.push(`${number} of ${name} was given twice`);
    if (number <= before) this.#wrong.push(`${number} of ${name} was given after ${before}`);
    given.add(number);
    this.#largest.set(name, Math.max(this.#largest.get(name) ?? 0, number));
  }

  async #peek(key: string): Promise<void> {
    const name = this.#partitionName(key);
    const before = this.#largest.get(name) ?? 0;
    const number = await this.#number(key, "peek");
    if (number !== undefined && number < before) {
      this.#wrong.push(`${number} of ${name} was told after ${before} was given`);
    }
  }

  /** One commit of a group at a time: of two, the older counts if it comes later. */
  async #commit(groupId: string): Promise<void> {
    const member = this.#groupLeader(groupId);
    if (member === undefined || this.#committing.has(groupId)) return;
    this.#committing.add(groupId);
    await this.#commitTo(member, groupId);
    this.#committing.delete(groupId);
  }

  async #commitTo(member: Member, groupId: string): Promise<void> {
    const offset = (this.#sent.get(groupId) ?? 0) + 1;
    this.#sent.set(groupId, offset);
    const answer = await this.#answerOf(
      member,
      () =>
        member.ask([OffsetCommitRequest, OffsetCommitResponse], 8, {
          groupId,
          generationIdOrMemberEpoch: -1,
          memberId: "",
          topics: [{
            name: "orders",
            partitions: [{ partitionIndex: 0, committedOffset: offset, committedMetadata: "" }],
          }],
        }),
    );
    if (answer === undefined) return;
    const error = errorName(answer.topics[0].partitions[0].errorCode);
    this.#checkError(error);
    if (error !== "NONE") return void this.#refused++;
    this.#commits++;
    this.#acknowledged.set(groupId, Math.max(this.#acknowledged.get(groupId) ?? 0, offset));
  }

  async #fetch(groupId: string): Promise<void> {
    const member = this.#groupLeader(groupId);
    if (member === undefined) return;
    const before = this.#acknowledged.get(groupId) ?? 0;
    const offset = await this.#fetchFrom(member, groupId);
    if (offset === undefined) return;
    if (offset < before) {
      this.#wrong.push(`${groupId} fetched ${offset} after ${before} was acknowledged`);
    }
    const sent = this.#sent.get(groupId) ?? 0;
    if (offset > sent) this.#wrong.push(`${groupId} fetched ${offset}, ${sent} was sent`);
  }

  async #fetchFrom(member: Member, groupId: string): Promise<number | undefined> {
    const answer = await this.#answerOf(
      member,
      () =>
        member.ask([OffsetFetchRequest, OffsetFetchResponse], 8, {
          groups: [{ groupId, topics: [{ name: "orders", partitionIndexes: [0] }] }],
        }),
    );
    if (answer === undefined) return undefined;
    const [{ errorCode, topics }] = answer.groups;
    this.#checkError(errorName(errorCode));
    if (errorCode !== 0) return undefined;
    return Math.max(0, topics[0].partitions[0].committedOffset);
  }

  /** Clients know what to do about these. */
  #checkError(error: ErrorName): void {
    const known: ErrorName[] = [
      "NONE",
      "NOT_COORDINATOR",
      "COORDINATOR_NOT_AVAILABLE",
      "COORDINATOR_LOAD_IN_PROGRESS",
    ];
    if (!known.includes(error)) this.#wrong.push(`a client was told ${error}`);
  }

  #groupLeader(groupId: string): Member | undefined {
    const { groups } = this.#brokers.member(1).broker;
    return this.#leaderOf(OFFSETS_TOPIC, groups.partitionFor(groupId));
  }

  async #crashOrStart(): Promise<void> {
    const brokers = this.#brokers;
    const random = this.#random;
    const down = [...brokers.members.values()].filter(({ isUp }) => !isUp);
    if (down.length > 0 && random.chance(0.6)) return await this.#start(random.pick(down).id);
    const id = random.pick(brokers.ids);
    if (!brokers.member(id).isUp) return;
    this.#runtimes.get(id)!.close();
    if (random.chance(0.25)) return await brokers.settle(brokers.stop(id));
    this.#crashes++;
    brokers.crash(id, { losesPower: random.chance(0.8), isKnown: false });
    const { brokerEpoch } = brokers.member(id);
    brokers.clock.after(random.int(100), () => brokers.fence(id, brokerEpoch));
  }

  async #start(id: number): Promise<void> {
    await this.#brokers.settle(this.#brokers.startMember(id));
    this.attach(id);
  }

  /** As if it had been silent for a while: fenced, and back; or it leads on in another epoch. */
  #changeLeader(): void {
    const topic = this.#random.pick([NUMBERS_TOPIC, OFFSETS_TOPIC]);
    const { leader } = this.#brokers.partition(topic, this.#random.int(2));
    if (leader < 0) return;
    this.#brokers.fence(leader);
    this.#brokers.unfence(leader);
  }

  async recover(): Promise<void> {
    const brokers = this.#brokers;
    brokers.heal();
    brokers.isControllerAway = false;
    for (const { id, isUp } of brokers.members.values()) if (!isUp) await this.#start(id);
    for (const topic of [NUMBERS_TOPIC, OFFSETS_TOPIC]) {
      for (const partition of [0, 1]) await brokers.untilInSync(topic, brokers.ids, partition);
    }
    await brokers.pass(PATIENCE_MS + 1);
  }

  /** All is well: everyone is served, and nothing of what was acknowledged is forgotten. */
  async checkEnd(): Promise<void> {
    const brokers = this.#brokers;
    strictEqual(this.#wrong.join("\n"), "");
    for (const groupId of GROUPS) {
      const fetched = await brokers.settle(this.#fetchFrom(this.#groupLeader(groupId)!, groupId));
      ok(fetched !== undefined, `${groupId} is not served`);
      const acknowledged = this.#acknowledged.get(groupId) ?? 0;
      ok(fetched >= acknowledged, `${groupId} has ${fetched}, ${acknowledged} was acknowledged`);
    }
    for (const key of KEYS) {
      const { size } = this.#given.get(this.#partitionName(key)) ?? new Set();
      await brokers.settle(this.#take(key));
      ok(this.#given.get(this.#partitionName(key))!.size > size, `${key} is not served`);
    }
    strictEqual(this.#wrong.join("\n"), "");
    for (const partition of [0, 1]) {
      const { leader } = brokers.partition(NUMBERS_TOPIC, partition);
      const written = readAll(brokers.replica(leader, NUMBERS_TOPIC, partition).log);
      written.forEach(({ value }, i) => strictEqual(value, `${i + 1}`, "a number was left out"));
    }
  }
}
