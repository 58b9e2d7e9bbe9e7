/**
 * AlterPartitionReassignments (45) and ListPartitionReassignments (46), KIP-455: which brokers
 * shall have a partition's replicas. While one is under way the partition has the old replicas and
 * the new ones; it is done when the new ones are in the ISR, which `partition_change.ts` sees at
 * every change of it. A reassignment takes the place of one under way; null takes one back.
 */
import type { PartitionImage, TopicImage } from "../metadata/mod.ts";
import {
  type AlterPartitionReassignmentsRequest,
  type AlterPartitionReassignmentsResponse,
  KafkaError,
  type ListPartitionReassignmentsRequest,
  type ListPartitionReassignmentsResponse,
  type MetadataRecord,
} from "../protocol/mod.ts";
import type { MetadataImage } from "../metadata/mod.ts";
import type { Decision, DecisionContext } from "./decision.ts";
import { rulesOf } from "./elections.ts";
import { changePartition, type PartitionTarget } from "./partition_change.ts";

export function alterPartitionReassignments(
  request: AlterPartitionReassignmentsRequest,
  context: DecisionContext,
): Decision<AlterPartitionReassignmentsResponse> {
  const { topics, allowReplicationFactorChange } = request;
  const records: MetadataRecord[] = [];
  const responses = topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex, replicas }) => {
      try {
        const { topic, partition } = find(context.image, name, partitionIndex);
        const target = replicas === null
          ? cancelled(topic, partition, context)
          : reassigned(partition, replicas, context, allowReplicationFactorChange);
        const record = changePartition(topic, partitionIndex, target, rulesOf(context));
        if (record !== undefined) records.push(record);
        return { partitionIndex, errorCode: 0, errorMessage: null };
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error;
        return { partitionIndex, errorCode: error.code, errorMessage: error.message };
      }
    }),
  }));
  // Kafka's message of success is null, and "" for a request that names nothing.
  const errorMessage = topics.length === 0 ? "" : null;
  return {
    records,
    response: {
      throttleTimeMs: 0,
      allowReplicationFactorChange,
      errorCode: 0,
      errorMessage,
      responses,
    },
  };
}

function find(image: MetadataImage, name: string, index: number) {
  const topic = image.topicByName(name);
  const partition = topic?.partitions[index];
  if (topic !== undefined && partition !== undefined) return { topic, partition };
  const what = topic === undefined ? `topic "${name}"` : `partition ${name}-${index}`;
  throw new KafkaError("UNKNOWN_TOPIC_OR_PARTITION", `There is no ${what}`);
}

const isMoving = ({ addingReplicas, removingReplicas }: PartitionImage): boolean =>
  addingReplicas.length + removingReplicas.length > 0;

/** Where it was before what was added, or where it shall be once what goes is gone. */
const without = (ids: readonly number[], gone: readonly number[]): number[] =>
  ids.filter((id) => !gone.includes(id));

function reassigned(
  partition: PartitionImage,
  target: readonly number[],
  { image }: DecisionContext,
  mayChangeFactor: boolean,
): PartitionTarget {
  const refuse = (why: string) => {
    const what = `Cannot assign replicas to [${target.join(", ")}]`;
    throw new KafkaError("INVALID_REPLICA_ASSIGNMENT", `${what}: ${why}`);
  };
  if (target.length === 0) refuse("a partition needs a replica");
  if (new Set(target).size < target.length) refuse("a broker holds one replica at most");
  const unknown = target.find((id) => !image.brokers.has(id));
  if (unknown !== undefined) refuse(`no broker ${unknown} is registered`);
  // A reassignment under way is measured, and taken back, by where the partition was before it.
  const current = without(partition.replicas, partition.addingReplicas);
  if (!mayChangeFactor && target.length !== current.length) {
    throw new KafkaError(
      "INVALID_REPLICATION_FACTOR",
      `The partition has ${current.length} replicas, and would have ${target.length}`,
    );
  }
  // Whom the one under way has brought into the ISR goes when this one is done, not before: an ISR
  // of others than replicas counts for min.insync.replicas, and its leader can never change it. It
  // counts as added all the same, so that it goes as well when this one is taken back.
  const stays = (id: number) => current.includes(id) || partition.isr.includes(id);
  const removingReplicas = without(partition.replicas.filter(stays), target);
  const replicas = [...target, ...removingReplicas];
  const added = [...partition.addingReplicas, ...target].filter((id) => replicas.includes(id));
  return {
    replicas,
    removingReplicas,
    addingReplicas: [...new Set(without(added, current))],
  };
}

function cancelled(
  topic: TopicImage,
  partition: PartitionImage,
  context: DecisionContext,
): PartitionTarget {
  if (!isMoving(partition)) throw new KafkaError("NO_REASSIGNMENT_IN_PROGRESS");
  const replicas = without(partition.replicas, partition.addingReplicas);
  const isr = partition.isr.filter((id) => replicas.includes(id));
  const isUncleanAllowed = rulesOf(context).isUncleanAllowed(topic);
  if (isr.length === 0 && !isUncleanAllowed) {
    throw new KafkaError(
      "INVALID_REPLICA_ASSIGNMENT",
      "Cannot take the reassignment back: none of the former replicas is in the ISR",
    );
  }
  return {
    replicas,
    isr,
    removingReplicas: [],
    addingReplicas: [],
    election: isUncleanAllowed ? "unclean" : "online",
  };
}

/** What is under way; a partition that is not there, or does not move, is left out. */
export function listPartitionReassignments(
  { topics }: ListPartitionReassignmentsRequest,
  image: MetadataImage,
): ListPartitionReassignmentsResponse {
  const asked = topics ??
    [...image.topics.values()].map(({ name, partitions }) => ({
      name,
      partitionIndexes: partitions.map((_, i) => i),
    }));
  const moving = asked.map(({ name, partitionIndexes }) => ({
    name,
    partitions: partitionIndexes.flatMap((partitionIndex) => {
      const partition = image.partition(name, partitionIndex);
      if (partition === undefined || !isMoving(partition)) return [];
      const { replicas, addingReplicas, removingReplicas } = partition;
      return [{
        partitionIndex,
        replicas: [...replicas],
        addingReplicas: [...addingReplicas],
        removingReplicas: [...removingReplicas],
      }];
    }),
  }));
  return {
    throttleTimeMs: 0,
    errorCode: 0,
    errorMessage: null,
    topics: moving.filter(({ partitions }) => partitions.length > 0),
  };
}
