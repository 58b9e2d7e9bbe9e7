/**
 * Everyday things over a {@link RawClient}: a topic, some records, what a group has committed. No
 * retries, no cache.
 */
import { batchesOf, type Codec, encodeBatch, recordsOf } from "../../src/records/mod.ts";
import { pause } from "./programs.ts";
import { HUNG_UP, type RawClient } from "./wire.ts";

export interface Stored {
  readonly offset: number;
  readonly value: string;
}

/** Creates the topic; the error code. */
export async function createTopic(
  client: RawClient,
  name: string,
  { partitions = 1, configs = {} }: { partitions?: number; configs?: Record<string, string> } = {},
): Promise<number> {
  const response = await client.ask("CreateTopics", 7, {
    topics: [{
      name,
      numPartitions: partitions,
      replicationFactor: 1,
      configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
    }],
    timeoutMs: 10_000,
  });
  return response.topics[0].errorCode;
}

export async function deleteTopic(client: RawClient, name: string): Promise<number> {
  const response = await client.ask("DeleteTopics", 4, { topicNames: [name], timeoutMs: 10_000 });
  return response.responses[0].errorCode;
}

/** Produces values as one batch. */
export function produce(
  client: RawClient,
  { topic, partition = 0, acks = -1, codec = "none" }: {
    topic: string;
    partition?: number;
    acks?: number;
    codec?: Codec;
  },
  values: readonly string[],
): Promise<{ errorCode: number; errorMessage: string; baseOffset: number } | typeof HUNG_UP> {
  const timestamp = Date.now();
  const records = values.map((value) => ({ value: new TextEncoder().encode(value), timestamp }));
  return produceBytes(client, { topic, partition, acks }, encodeBatch(records, { codec }));
}

/** Produces any bytes as if they were a batch. */
export async function produceBytes(
  client: RawClient,
  { topic, partition = 0, acks = -1 }: { topic: string; partition?: number; acks?: number },
  records: Uint8Array,
): Promise<{ errorCode: number; errorMessage: string; baseOffset: number } | typeof HUNG_UP> {
  const response = await client.ask("Produce", 9, {
    transactionalId: null,
    acks,
    timeoutMs: 10_000,
    topicData: [{ name: topic, partitionData: [{ index: partition, records }] }],
  });
  return response === HUNG_UP ? HUNG_UP : response.responses[0].partitionResponses[0];
}

/**
 * All that a consumer of the partition sees. Throws when there is less than the high watermark
 * promises.
 */
export async function readAll(
  client: RawClient,
  { topic, partition = 0, from = 0 }: { topic: string; partition?: number; from?: number },
): Promise<Stored[]> {
  const stored: Stored[] = [];
  for (let at = from;;) {
    const response = await client.ask("Fetch", 11, {
      maxWaitMs: 0,
      minBytes: 0,
      maxBytes: 50_000_000,
      topics: [{
        topic,
        partitions: [{ partition, fetchOffset: at, partitionMaxBytes: 4_000_000 }],
      }],
    });
    const { errorCode, highWatermark, records } = response.responses[0].partitions[0];
    if (errorCode !== 0) throw new Error(`Fetch of ${topic}-${partition} at ${at}: ${errorCode}`);
    const before = at;
    for (const batch of batchesOf(records ?? new Uint8Array())) {
      if (!batch.isCrcValid()) throw new Error(`${topic}-${partition}: bad batch at ${at}`);
      for (const { offset, value } of recordsOf(batch, { maxDecompressedBytes: 1 << 26 })) {
        if (offset < at) continue;
        stored.push({ offset, value: new TextDecoder().decode(value ?? new Uint8Array()) });
        at = offset + 1;
      }
    }
    if (at > before) continue;
    if (at < highWatermark) throw new Error(`${topic}-${partition}: nothing at ${at}`);
    return stored;
  }
}

const NOT_YET = [14, 15, 16]; // the coordinator loads, is not there, is not here

/** Commits an offset of a group without members. */
export async function commitOffset(
  client: RawClient,
  { group, topic, offset }: { group: string; topic: string; offset: number },
): Promise<void> {
  await untilServed(async () => {
    await client.ask("FindCoordinator", 4, { keyType: 0, coordinatorKeys: [group] });
    const response = await client.ask("OffsetCommit", 8, {
      groupId: group,
      generationIdOrMemberEpoch: -1,
      memberId: "",
      topics: [{ name: topic, partitions: [{ partitionIndex: 0, committedOffset: offset }] }],
    });
    return response.topics[0].partitions[0].errorCode;
  });
}

/** What the group has committed for partition 0; -1 for nothing. */
export async function committedOffset(
  client: RawClient,
  { group, topic }: { group: string; topic: string },
): Promise<number> {
  let offset = -1;
  await untilServed(async () => {
    const topics = [{ name: topic, partitionIndexes: [0] }];
    const response = await client.ask("OffsetFetch", 7, { groupId: group, topics });
    offset = response.topics[0]?.partitions[0].committedOffset ?? -1;
    return response.errorCode;
  });
  return offset;
}

async function untilServed(ask: () => Promise<number>): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const code = await ask();
    if (code === 0) return;
    if (!NOT_YET.includes(code)) throw new Error(`The coordinator answers ${code}`);
    await pause(50);
  }
  throw new Error("The coordinator never comes");
}
