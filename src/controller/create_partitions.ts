/**
 * CreatePartitions (37): more partitions for topics that exist. What is there stays where it is.
 */
import { repeated } from "../base/mod.ts";
import type { TopicImage } from "../metadata/mod.ts";
import {
  type CreatePartitionsRequest,
  type CreatePartitionsResponse,
  KafkaError,
  type MetadataRecord,
} from "../protocol/mod.ts";
import { describeRefusal, MAX_PARTITIONS_A_REQUEST } from "./create_topics.ts";
import type { Decision, DecisionContext } from "./decision.ts";
import { checkAssignments, newPartition } from "./new_partitions.ts";
import { placeReplicas } from "./placement.ts";
import { ReplicaRoom } from "./replica_room.ts";

type Growth = CreatePartitionsRequest["topics"][number];

export function createPartitions(
  request: CreatePartitionsRequest,
  context: DecisionContext,
): Decision<CreatePartitionsResponse> {
  const records: MetadataRecord[] = [];
  const results: CreatePartitionsResponse["results"] = [];
  const room = new ReplicaRoom(context);
  const repeatedNames = repeated(request.topics.map(({ name }) => name));

  for (const topic of new Map(request.topics.map((topic) => [topic.name, topic])).values()) {
    const { name } = topic;
    try {
      if (repeatedNames.has(name)) {
        throw new KafkaError("INVALID_REQUEST", `The request names "${name}" more than once`);
      }
      const atMost = MAX_PARTITIONS_A_REQUEST - records.length;
      records.push(...grow(topic, { ...context, room, atMost }));
      results.push({ name, errorCode: 0, errorMessage: null });
    } catch (error) {
      const [errorCode, errorMessage] = describeRefusal(error);
      results.push({ name, errorCode, errorMessage });
    }
  }
  return { records: request.validateOnly ? [] : records, response: { throttleTimeMs: 0, results } };
}

function grow(
  { name, count, assignments }: Growth,
  context: DecisionContext & { room: ReplicaRoom; atMost: number },
): MetadataRecord[] {
  const { image, room, atMost } = context;
  const topic = image.topicByName(name);
  if (topic === undefined) throw new KafkaError("UNKNOWN_TOPIC_OR_PARTITION");
  const before = topic.partitions.length;
  const added = count - before;
  if (added <= 0) {
    throw new KafkaError(
      "INVALID_PARTITIONS",
      `Cannot have ${count} partitions: there are ${before}, and they only grow`,
    );
  }
  if (added > atMost) {
    context.limited("request.partitions");
    throw new KafkaError(
      "POLICY_VIOLATION",
      `The request asks for more than ${MAX_PARTITIONS_A_REQUEST} partitions`,
    );
  }
  context.quota.take(added);
  const replicas = assignments === null
    ? placedReplicas(topic, added, context)
    : assignedReplicas(topic, added, assignments.map(({ brokerIds }) => brokerIds), context);
  room.take(name, replicas);
  return replicas.map((brokerIds, i) => newPartition(image, topic.id, before + i, brokerIds));
}

function placedReplicas(topic: TopicImage, partitions: number, context: DecisionContext) {
  const replicationFactor = topic.partitions[0].replicas.length;
  return placeReplicas(context.image, context.random, { partitions, replicationFactor });
}

function assignedReplicas(
  topic: TopicImage,
  added: number,
  assignments: number[][],
  { image }: DecisionContext,
): number[][] {
  if (assignments.length !== added) {
    throw new KafkaError(
      "INVALID_REPLICA_ASSIGNMENT",
      `${added} partitions are added and ${assignments.length} are assigned`,
    );
  }
  checkAssignments(image, assignments, topic.partitions[0].replicas.length);
  return assignments;
}
