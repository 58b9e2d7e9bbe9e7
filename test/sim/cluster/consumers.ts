/** Who reads, here and there or one after another, and who commits how far. */
import { BrokenPromise } from "../ledger.ts";
import { decodeFetched } from "../records.ts";
import { type Actor, answerOf, pickTarget, type Stage, TRY_AGAIN } from "./actor.ts";
import type { ClusterClient } from "./cluster_client.ts";
import { Coordinator } from "./coordinator.ts";
import type { Target } from "./promises.ts";

const OK = 0, OUT_OF_RANGE = 1;
/** The group goes on with others, or its members aren't known here. */
const OTHER_GENERATION = [22, 25, 27];
const BACKOFF_MS = 100;

/**
 * Reads what is committed: none of it may ever be lost, and none of it be another later. Goes to a
 * follower when its leader says so (KIP-392), for as long as that serves.
 */
export class Reader implements Actor {
  readonly client: ClusterClient;
  readonly #rackId: string;
  readonly #positions = new Map<string, number>();
  /** By partition: the follower to read from. */
  readonly #preferred = new Map<string, number>();

  /** @param rackId where it is; empty: nowhere in particular */
  constructor(client: ClusterClient, rackId: string) {
    this.client = client;
    this.#rackId = rackId;
  }

  async play(stage: Stage): Promise<void> {
    const { random, clock } = this.client;
    while (!stage.isClosing) {
      const target = pickTarget(this, stage);
      if (target !== undefined) await this.#read(target);
      await clock.sleep(random.int(random.chance(0.1) ? 2000 : 150));
    }
  }

  async #read(target: Target): Promise<void> {
    const { client } = this;
    const { topic, partition, ledger } = target;
    const leader = await answerOf(client.leaderOf(topic, partition));
    if (leader === undefined) return client.forget();
    const node = this.#preferred.get(ledger.name) ?? leader;
    this.#preferred.delete(ledger.name);
    const fetchOffset = this.#positions.get(ledger.name) ?? 0;
    const partitions = [{ partition, fetchOffset, partitionMaxBytes: client.random.int(20_000) }];
    const request = {
      maxWaitMs: client.random.int(300),
      minBytes: 1,
      maxBytes: 1 << 20,
      topics: [{ topic, partitions }],
      rackId: this.#rackId,
    };
    const answer = await answerOf(client.askNode(node, "Fetch", 11, request));
    if (answer === undefined) return client.forget();
    const { errorCode, records, highWatermark, preferredReadReplica } =
      answer.responses[0].partitions[0];
    if (TRY_AGAIN.has(errorCode)) return client.forget();
    // A leader that has only just begun may not know yet how far all is committed.
    if (errorCode === OUT_OF_RANGE) return void this.#positions.delete(ledger.name);
    if (errorCode !== OK) throw new BrokenPromise(`${ledger.name}: a fetch gets ${errorCode}`);
    if (preferredReadReplica >= 0) this.#preferred.set(ledger.name, preferredReadReplica);
    else if (node !== leader) this.#preferred.set(ledger.name, node);
    const { found, nextOffset } = decodeFetched(records, fetchOffset, ledger.name);
    for (const each of found) {
      if (each.offset >= highWatermark) {
        throw new BrokenPromise(`${ledger.name}: ${each.offset} is read, beyond ${highWatermark}`);
      }
      ledger.onRead(each, true);
    }
    const isAnew = client.random.chance(0.05);
    this.#positions.set(ledger.name, isAnew ? client.random.int(nextOffset + 1) : nextOffset);
  }
}

/** Commits for a group how far it is, each time a step further, and looks what is committed. */
export class Committer implements Actor {
  readonly client: ClusterClient;
  readonly #group: string;
  readonly #coordinator: Coordinator;
  #last = 0;

  constructor(client: ClusterClient, group: string) {
    this.client = client;
    this.#group = group;
    this.#coordinator = new Coordinator(client, group);
  }

  async play(stage: Stage): Promise<void> {
    const { random, clock } = this.client;
    while (!stage.isClosing) {
      const target = pickTarget(this, stage);
      if (target !== undefined) await this.#commit(stage, target);
      if (target !== undefined && random.chance(0.3)) await this.#look(stage, target);
      await clock.sleep(random.int(random.chance(0.1) ? 2000 : 200));
    }
  }

  /** Looks at all that was ever committed, until it is answered. */
  async verify(stage: Stage): Promise<void> {
    for (const target of stage.promises.targets) {
      while (!await this.#look(stage, target)) await this.client.clock.sleep(BACKOFF_MS);
    }
  }

  async #commit({ promises }: Stage, target: Target): Promise<void> {
    const { topic: name, partition } = target;
    const commits = promises.commitsOf(this.#group, target);
    const committedOffset = ++this.#last;
    commits.send(committedOffset);
    const answer = await this.#coordinator.ask("OffsetCommit", 8, {
      groupId: this.#group,
      generationIdOrMemberEpoch: -1,
      memberId: "",
      topics: [{ name, partitions: [{ partitionIndex: partition, committedOffset }] }],
    });
    if (answer === undefined) return;
    const { errorCode } = answer.topics[0].partitions[0];
    if (errorCode === OK) commits.answer(committedOffset, answer.nodeId);
    else if (TRY_AGAIN.has(errorCode)) this.#coordinator.forget();
    else if (!OTHER_GENERATION.includes(errorCode)) {
      throw new BrokenPromise(`${commits.name}: a commit is refused with ${errorCode}`);
    }
  }

  /** Whether it is as it was promised; true once that is known. */
  async #look(stage: Stage, target: Target): Promise<boolean> {
    const { topic: name, partition } = target;
    const topics = [{ name, partitionIndexes: [partition] }];
    const request = { groupId: this.#group, topics };
    const answer = await this.#coordinator.ask("OffsetFetch", 7, request);
    if (answer === undefined) {
      stage.obstacle = `${this.#group} has no coordinator, or it does not answer`;
      return false;
    }
    const { errorCode, committedOffset } = answer.topics[0]?.partitions[0] ??
      { errorCode: OK, committedOffset: -1 };
    if (TRY_AGAIN.has(answer.errorCode) || TRY_AGAIN.has(errorCode)) {
      stage.obstacle = `${this.#group}: node ${answer.nodeId} says ${
        answer.errorCode || errorCode
      }`;
      this.#coordinator.forget();
      return false;
    }
    const { nodeId } = answer;
    if (stage.promises.commitsOf(this.#group, target).check(committedOffset, nodeId)) return true;
    stage.obstacle = `${this.#group}: node ${nodeId} has ${committedOffset}, which is of the past`;
    this.#coordinator.forget();
    return false;
  }
}
