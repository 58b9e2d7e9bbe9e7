/**
 * ListOffsets over all leaders of a topic: where its logs begin and end, and where a time is in
 * them.
 */
import type { Offset } from "../base/mod.ts";
import { errorName, KafkaError, ListOffsetsRequest, ListOffsetsResponse } from "../protocol/mod.ts";
import type { Cluster } from "./cluster.ts";
import { ClientError } from "./errors.ts";

/** The next offset to be written, of committed transactions only. */
export const LATEST = -1;
/** The first offset there is. */
export const EARLIEST = -2;

export interface OffsetQuestion {
  partition: number;
  /** Milliseconds since 1970, {@link LATEST} or {@link EARLIEST}. */
  timestamp: number;
}

/** The offset for each question, in their order; -1 where no record is at or after the time. */
export async function listOffsets(
  cluster: Cluster,
  topic: string,
  questions: readonly OffsetQuestion[],
): Promise<{ partition: number; offset: Offset }[]> {
  return await cluster.retrying(async () => {
    const leaders = await leadersOf(cluster, topic);
    const byLeader = Map.groupBy(questions, ({ partition }) => {
      const leader = leaders.get(partition);
      if (leader === undefined) {
        throw new ClientError(`Topic "${topic}" has no partition ${partition}`);
      }
      if (leader < 0) throw new KafkaError("LEADER_NOT_AVAILABLE");
      return leader;
    });
    const found = new Map<number, Offset>();
    await Promise.all(
      [...byLeader].map(([leader, asked]) => askLeader(cluster, leader, topic, asked, found)),
    );
    return questions.map(({ partition }) => ({ partition, offset: found.get(partition) ?? -1 }));
  });
}

/** The leader of each partition; -1 where there is none. */
async function leadersOf(cluster: Cluster, topic: string): Promise<Map<number, number>> {
  const { topics } = await cluster.metadata([topic]);
  const found = topics.find(({ name }) => name === topic);
  const error = errorName(found?.errorCode ?? 3);
  if (error === "UNKNOWN_TOPIC_OR_PARTITION") {
    throw new KafkaError(error, `Topic "${topic}" does not exist`);
  }
  if (error !== "NONE") throw new KafkaError(error);
  return new Map(
    found!.partitions.map(({ partitionIndex, leaderId }) => [partitionIndex, leaderId]),
  );
}

async function askLeader(
  cluster: Cluster,
  leader: number,
  topic: string,
  asked: readonly OffsetQuestion[],
  found: Map<number, Offset>,
): Promise<void> {
  const connection = await cluster.broker(leader);
  const partitions = asked.map(({ partition, timestamp }) => ({
    partitionIndex: partition,
    timestamp,
  }));
  const body = { replicaId: -1, isolationLevel: 1, topics: [{ name: topic, partitions }] };
  const answer = await connection.call(ListOffsetsRequest, ListOffsetsResponse, body);
  for (const { partitionIndex, errorCode, offset } of answer.topics[0]?.partitions ?? []) {
    const error = errorName(errorCode);
    if (error !== "NONE") throw new KafkaError(error);
    found.set(partitionIndex, offset);
  }
}
