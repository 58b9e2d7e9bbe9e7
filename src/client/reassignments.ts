/** Partitions on their way from some brokers to others (KIP-455). */
import type { TopicPartition } from "../base/mod.ts";
import {
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse,
  DescribeLogDirsRequest,
  DescribeLogDirsResponse,
  errorName,
  KafkaError,
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsResponse,
} from "../protocol/mod.ts";
import { type Cluster, throwIfError } from "./cluster.ts";

/** Where the replicas of a partition are to be; the first is the preferred leader. */
export interface Assignment extends TopicPartition {
  replicas: number[];
}

/** One that is under way. */
export interface Reassignment extends Assignment {
  adding: number[];
  removing: number[];
}

export interface ReassignmentRefusal extends TopicPartition {
  error: string;
  message: string;
}

const TIMEOUT_MS = 30_000;
const CALL = { timeoutMs: TIMEOUT_MS + 5000 };
/** So many partitions are moved by one request: what comes of one must fit the controller. */
const PARTITIONS_AT_ONCE = 1000;

/** What moves now, of all topics; in order. */
export async function listReassignments(
  cluster: Cluster,
  { forMs, timeoutMs = CALL.timeoutMs }: { forMs?: number; timeoutMs?: number } = {},
): Promise<Reassignment[]> {
  return await cluster.retrying(async () => {
    const answer = await cluster.call(
      ListPartitionReassignmentsRequest,
      ListPartitionReassignmentsResponse,
      { timeoutMs: TIMEOUT_MS, topics: null },
      { timeoutMs },
    );
    const what = "Cannot list what moves";
    throwIfError(errorName(answer.errorCode), answer.errorMessage, what);
    return answer.topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partitionIndex, replicas, addingReplicas, removingReplicas }) => ({
        topic: name,
        partition: partitionIndex,
        replicas,
        adding: addingReplicas,
        removing: removingReplicas,
      }))
    ).sort((one, other) =>
      one.topic < other.topic ? -1 : one.topic > other.topic ? 1 : one.partition - other.partition
    );
  }, { forMs });
}

/**
 * Begins to move partitions, or with null replicas stops it and goes back; resolves to those that
 * were refused, in the brokers' words.
 */
export async function alterReassignments(
  cluster: Cluster,
  changes: readonly (TopicPartition & { replicas: readonly number[] | null })[],
): Promise<ReassignmentRefusal[]> {
  const refused: ReassignmentRefusal[] = [];
  for (let at = 0; at < changes.length; at += PARTITIONS_AT_ONCE) {
    const some = changes.slice(at, at + PARTITIONS_AT_ONCE);
    refused.push(...await cluster.retrying(() => alterSome(cluster, some)));
  }
  return refused;
}

async function alterSome(
  cluster: Cluster,
  changes: readonly (TopicPartition & { replicas: readonly number[] | null })[],
): Promise<ReassignmentRefusal[]> {
  const answer = await cluster.call(
    AlterPartitionReassignmentsRequest,
    AlterPartitionReassignmentsResponse,
    {
      timeoutMs: TIMEOUT_MS,
      topics: [...Map.groupBy(changes, ({ topic }) => topic)].map(([name, partitions]) => ({
        name,
        partitions: partitions.map(({ partition, replicas }) => ({
          partitionIndex: partition,
          replicas: replicas && [...replicas],
        })),
      })),
    },
    CALL,
  );
  throwIfError(errorName(answer.errorCode), answer.errorMessage, "Cannot move partitions");
  return answer.responses.flatMap(({ name, partitions }) =>
    partitions.filter(({ errorCode }) => errorCode !== 0).map((
      { partitionIndex, errorCode, errorMessage },
    ) => {
      const error = errorName(errorCode);
      const message = errorMessage || new KafkaError(error).message;
      return { topic: name, partition: partitionIndex, error, message };
    })
  );
}

/** Bytes of each of these partitions on a broker, by `topic-partition`; none of those it has not. */
export async function replicaSizes(
  cluster: Cluster,
  broker: number,
  partitions: readonly TopicPartition[],
): Promise<Map<string, number>> {
  const connection = await cluster.broker(broker);
  const answer = await connection.call(DescribeLogDirsRequest, DescribeLogDirsResponse, {
    topics: [...Map.groupBy(partitions, ({ topic }) => topic)].map(([topic, all]) => ({
      topic,
      partitions: all.map(({ partition }) => partition),
    })),
  });
  return new Map(
    answer.results.flatMap(({ topics }) =>
      topics.flatMap(({ name, partitions }) =>
        partitions.filter(({ isFutureKey }) => !isFutureKey).map((
          { partitionIndex, partitionSize },
        ) => [`${name}-${partitionIndex}`, partitionSize] as const)
      )
    ),
  );
}
