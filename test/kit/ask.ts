/**
 * Plain questions to one node of a cluster, with an end to each: a node may be dead, hung or behind a
 * cut link.
 */
import { encodeBatch } from "../../src/records/mod.ts";
import type { ApiName } from "../../src/protocol/mod.ts";
import type { Member } from "./makes.ts";
import { pause } from "./programs.ts";
import { RawClient } from "./wire.ts";

/** The promise's own end, or undefined when it takes longer. */
export function within<Value>(ms: number, promise: Promise<Value>): Promise<Value | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(resolve, ms, undefined);
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Tries until something comes of it; throws with the last reason when that takes too long. */
export async function until<Value>(
  what: string,
  attempt: () => Promise<Value | undefined>,
  { withinMs, everyMs = 50, else: tell = () => "" }: {
    withinMs: number;
    everyMs?: number;
    else?: () => string;
  },
): Promise<Value> {
  const end = performance.now() + withinMs;
  let reason: unknown;
  while (performance.now() < end) {
    try {
      const value = await attempt();
      if (value !== undefined) return value;
    } catch (error) {
      reason = error;
    }
    await pause(everyMs);
  }
  const why = reason instanceof Error ? `: ${reason.message}` : "";
  throw new Error(`${what}: not within ${withinMs} ms${why}${tell()}`);
}

const CONNECT_MS = 1000;

/** A connection to a node that is kept, and made anew when it fails. */
export class Asker implements Disposable {
  #client: RawClient | undefined;

  constructor(readonly member: Member) {}

  /** The answer, or undefined when there is none: the node is gone, hung or out of reach. */
  async ask(api: ApiName, version: number, body: unknown, withinMs = 3000): Promise<any> {
    try {
      const client = this.#client ?? await this.#connect();
      if (client === undefined) return undefined;
      this.#client = client;
      const answer = await within(withinMs, client.ask(api, version, body));
      if (typeof answer === "object") return answer;
    } catch {
      // As good as no answer.
    }
    this[Symbol.dispose]();
    return undefined;
  }

  async #connect(): Promise<RawClient | undefined> {
    const connecting = RawClient.connect(this.member.port, this.member.address);
    const client = await within(CONNECT_MS, connecting);
    if (client === undefined) connecting.then((late) => late[Symbol.dispose](), () => {});
    return client;
  }

  [Symbol.dispose](): void {
    this.#client?.[Symbol.dispose]();
    this.#client = undefined;
  }
}

export interface PartitionState {
  readonly topic: string;
  readonly partition: number;
  readonly leader: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
  readonly errorCode: number;
}

/** All partitions of these topics (default: of all) as a node tells of them. */
export async function partitionsOf(
  asker: Asker,
  topics?: readonly string[],
): Promise<PartitionState[] | undefined> {
  const answer = await asker.ask("Metadata", 12, {
    topics: topics?.map((name) => ({ name })) ?? null,
    allowAutoTopicCreation: false,
  });
  return answer?.topics.flatMap(({ name, partitions }: any) =>
    partitions.map((each: any) => ({
      topic: name,
      partition: each.partitionIndex,
      leader: each.leaderId,
      replicas: each.replicaNodes,
      isr: each.isrNodes,
      errorCode: each.errorCode,
    }))
  );
}

/** Produces one record with acks=all; whether it was acknowledged. */
export async function produceOne(
  asker: Asker,
  topic: string,
  partition: number,
  { bytes = 1, withinMs = 3000 }: { bytes?: number; withinMs?: number } = {},
): Promise<boolean> {
  const value = new Uint8Array(bytes);
  const records = encodeBatch([{ timestamp: Date.now(), value }]);
  const answer = await asker.ask("Produce", 9, {
    transactionalId: null,
    acks: -1,
    timeoutMs: withinMs,
    topicData: [{ name: topic, partitionData: [{ index: partition, records }] }],
  }, withinMs);
  return answer?.responses[0].partitionResponses[0].errorCode === 0;
}

/** Until all replicas of all partitions are in sync, and each of the nodes knows it. */
export async function untilInSync(
  nodes: () => Iterable<{ readonly asker: Asker; readonly id: number }>,
  { withinMs, tell }: { withinMs: number; tell: () => string },
): Promise<void> {
  let last = "";
  await until("All replicas are in sync", async () => {
    for (const { asker, id } of nodes()) {
      const partitions = await partitionsOf(asker);
      if (partitions === undefined) return void (last = `node ${id} says nothing`);
      const poor = partitions.find(({ isr, replicas, leader }) =>
        isr.length < replicas.length || leader < 0
      );
      if (poor) return void (last = `node ${id}: ${JSON.stringify(poor)}`);
    }
    return true;
  }, { withinMs, else: () => `: ${last}${tell()}` });
}
