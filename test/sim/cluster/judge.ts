/**
 * Who looks, after all is mended, whether everything is as it was promised: the records as their
 * leaders serve them, the files of all replicas, what groups have committed, the metadata log of
 * those who vote.
 *
 * Who has just been elected learns only from the next fetches of the others how far all is
 * committed, and who has not heard yet that another leads serves what was: neither has lost
 * anything. So what is not there is waited for, and what stands in the way is told.
 */
import { BrokenPromise, type Found } from "../ledger.ts";
import { decodeFetched } from "../records.ts";
import { answerOf, type Stage } from "./actor.ts";
import type { ClusterClient } from "./cluster_client.ts";
import { checkReplicasAgree } from "./logs_check.ts";
import type { Machine } from "./machine.ts";
import type { Target } from "./promises.ts";
import type { RaftCheck } from "./raft_check.ts";

const OK = 0;
const EARLIEST = -2;
const PAUSE_MS = 100;
const METADATA = "__cluster_metadata-0";

interface JudgeOptions {
  readonly client: ClusterClient;
  readonly stage: Stage;
  readonly machines: readonly Machine[];
}

/** A partition as its leader serves it. */
interface Served {
  readonly found: Found[];
  readonly start: number;
  readonly end: number;
}

export class Judge {
  readonly #client: ClusterClient;
  readonly #stage: Stage;
  readonly #machines: readonly Machine[];

  constructor({ client, stage, machines }: JudgeOptions) {
    this.#client = client;
    this.#stage = stage;
    this.#machines = machines;
  }

  /** Until all nodes serve, and each partition has all its replicas in sync. */
  async settle(): Promise<void> {
    for (;;) {
      const why = await this.#unsettled();
      if (why === undefined) return;
      this.#stage.obstacle = why;
      await this.#client.clock.sleep(PAUSE_MS);
    }
  }

  async #unsettled(): Promise<string | undefined> {
    const { promises } = this.#stage;
    const idle = this.#machines.find(({ isServing }) => !isServing);
    if (idle !== undefined) return `${idle.name} does not serve`;
    await answerOf(this.#client.refresh());
    for (const { name, id } of promises.topics.values()) {
      const seen = this.#client.idOf(name);
      if (seen !== id) return `${name} is ${seen}, and should be ${id}`;
    }
    for (const [name, id] of this.#client.topicIds) {
      if (promises.deletedIds.has(id)) return `${name}, ${id}, was deleted and is there`;
    }
    for (const { topic, partition, ledger } of promises.targets) {
      const seen = this.#client.partition(topic, partition);
      const isSettled = seen !== undefined && seen.leaderId >= 0 &&
        seen.isr.length === seen.replicas.length;
      if (!isSettled) return `${ledger.name} ${JSON.stringify(seen)}`;
    }
  }

  async look(): Promise<void> {
    for (const target of this.#stage.promises.targets) await this.#lookAt(target);
  }

  /** The metadata logs of those who vote are the same as far as all of them have it. */
  checkMetadata(controllers: readonly number[], raft: RaftCheck): void {
    const voters = this.#machines.filter(({ nodeId }) => controllers.includes(nodeId));
    const end = Math.min(...voters.map(({ nodeId }) => raft.appliedEnd(nodeId)));
    checkReplicasAgree(voters, METADATA, end, { mayBeginLater: true });
  }

  async #lookAt(target: Target): Promise<void> {
    const { ledger } = target;
    for (;;) {
      const served = await this.#readAll(target);
      if (typeof served === "object") {
        const { found, start, end } = served;
        ledger.check(found, { start, end });
        return await this.#compareReplicas(target, end);
      }
      this.#stage.obstacle = `${ledger.name}: ${served}`;
      this.#client.forget();
      await this.#client.clock.sleep(PAUSE_MS);
    }
  }

  /** Or why that was not to be had. */
  async #readAll(target: Target): Promise<Served | string> {
    const { topic, partition, ledger } = target;
    const client = this.#client;
    const leader = await answerOf(client.leaderOf(topic, partition));
    const seen = JSON.stringify(client.partition(topic, partition));
    if (leader === undefined) return `nobody leads, ${seen}`;
    const start = await this.#startOf(target, leader);
    if (start === undefined) return `node ${leader} does not say where it begins`;
    const topicId = this.#stage.promises.topics.get(topic)!.id;
    const found: Found[] = [];
    for (let at = start;;) {
      const partitions = [{ partition, fetchOffset: at, partitionMaxBytes: 1 << 20 }];
      const topics = [{ topicId, partitions }];
      const request = { maxWaitMs: 0, minBytes: 0, maxBytes: 1 << 22, topics };
      const answer = await answerOf(client.askNode(leader, "Fetch", 13, request));
      const part = answer?.responses[0].partitions[0];
      if (part?.errorCode !== OK) return `node ${leader} says ${part?.errorCode ?? "nothing"}`;
      if (part.logStartOffset !== start) return `node ${leader} begins at ${part.logStartOffset}`;
      const { found: some, nextOffset } = decodeFetched(part.records, at, ledger.name);
      found.push(...some);
      if (nextOffset > at) {
        at = nextOffset;
        continue;
      }
      if (at !== part.highWatermark) throw new BrokenPromise(`${ledger.name}: nothing is at ${at}`);
      if (at >= ledger.end) return { found, start, end: at };
      return `known is all to ${ledger.end}, and node ${leader} ends at ${at}, ${seen}`;
    }
  }

  async #startOf(
    { topic, partition, ledger }: Target,
    leader: number,
  ): Promise<number | undefined> {
    if (!ledger.mayForget) return 0;
    const partitions = [{ partitionIndex: partition, timestamp: EARLIEST }];
    const request = { replicaId: -1, topics: [{ name: topic, partitions }] };
    const answer = await answerOf(this.#client.askNode(leader, "ListOffsets", 7, request));
    const { errorCode, offset } = answer?.topics[0].partitions[0] ?? {};
    return errorCode === OK ? offset : undefined;
  }

  /** Those in sync have all of it: at once, or the controller has not yet told who is in sync. */
  async #compareReplicas({ topic, partition, ledger }: Target, end: number): Promise<void> {
    const client = this.#client;
    for (;;) {
      const seen = client.partition(topic, partition);
      const isr = seen?.isr ?? [];
      const replicas = this.#machines.filter(({ nodeId }) => isr.includes(nodeId));
      const mayBeginLater = ledger.mayForget;
      const behind = checkReplicasAgree(replicas, ledger.name, end, { mayBeginLater });
      if (behind === undefined && isr.length > 0) return;
      this.#stage.obstacle = `${behind}, ${JSON.stringify(seen)}`;
      await client.clock.sleep(PAUSE_MS);
      await answerOf(client.refresh());
    }
  }
}
