/**
 * DescribeTopicPartitions, key 75: partitions of topics in pages, with the replicas that may lead
 * after those in the ISR (KIP-966).
 *
 * Served 0. Topics come in the order of their names, partitions in that of their numbers; at most
 * `max.request.partition.size.limit` partitions, or fewer if the client wants so. What did not fit
 * is named by the cursor, with which the client asks again. No topic named means all.
 *
 * A cursor must be at one of the topics that are named. Without names it may be at a topic that was
 * deleted meanwhile: then the next one is where to go on.
 */
import { ZERO_UUID } from "../../base/mod.ts";
import { isInternalTopic } from "../../controller/mod.ts";
import type { MetadataImage, TopicImage } from "../../metadata/mod.ts";
import {
  DescribeTopicPartitionsRequest,
  DescribeTopicPartitionsResponse,
  errorCode,
  type InputOf,
  KafkaError,
} from "../../protocol/mod.ts";
import type { Broker } from "../broker.ts";
import { defineApi, type RequestContext } from "../api.ts";
import { brokersOf, offlineReplicas } from "../cluster_view.ts";
import { TOPIC_OPERATIONS } from "../operations.ts";
import { isTopicName } from "../topic_names.ts";

type Cursor = NonNullable<DescribeTopicPartitionsRequest["cursor"]>;
type Response = InputOf<typeof DescribeTopicPartitionsResponse>;
type Topic = NonNullable<Response["topics"]>[number];
type Partition = NonNullable<Topic["partitions"]>[number];

export const describeTopicPartitions = defineApi({
  key: 75,
  name: "DescribeTopicPartitions",
  request: DescribeTopicPartitionsRequest,
  response: DescribeTopicPartitionsResponse,
  versions: [0, 0],

  handle(request, context, broker) {
    const image = broker.image();
    const describe = partitionDescriber(image, context);
    const { cursor, responsePartitionLimit } = request;
    const limit = Math.min(
      broker.config.get("max.request.partition.size.limit"),
      responsePartitionLimit,
    );
    let left = Math.max(1, limit);
    const topics: Topic[] = [];
    for (const name of namesFrom(request, image)) {
      if (left === 0) return { topics, nextCursor: nextPage(name, 0, broker) };
      const topic = image.topicByName(name);
      if (topic === undefined) {
        topics.push(unknown(name));
        continue;
      }
      const from = name === cursor?.topicName ? cursor.partitionIndex : 0;
      const partitions = topic.partitions
        .slice(from, from + left)
        .map((partition, i) => describe(partition, from + i));
      topics.push({
        name,
        topicId: topic.id,
        isInternal: isInternalTopic(name),
        partitions,
        topicAuthorizedOperations: TOPIC_OPERATIONS,
      });
      const next = from + partitions.length;
      if (next < topic.partitions.length) {
        return { topics, nextCursor: nextPage(name, next, broker) };
      }
      left -= partitions.length;
    }
    return { topics };
  },

  failed: ({ topics }, { code }) => ({
    topics: topics.map(({ name }) => ({ name, errorCode: code })),
  }),
});

function nextPage(topicName: string, partitionIndex: number, { figures }: Broker) {
  figures.limited("max.request.partition.size.limit");
  return { topicName, partitionIndex };
}

/** What is to be described, from the cursor on. */
function namesFrom(
  { topics, cursor }: DescribeTopicPartitionsRequest,
  image: MetadataImage,
): string[] {
  const isAll = topics.length === 0;
  const asked = isAll ? [...image.topicNames()] : topics.map(({ name }) => name);
  if (cursor !== null) checkCursor(cursor, isAll ? undefined : asked);
  const names = [...new Set(asked)].sort();
  return cursor === null ? names : names.filter((name) => name >= cursor.topicName);
}

function checkCursor({ topicName, partitionIndex }: Cursor, asked: string[] | undefined): void {
  if (partitionIndex < 0) {
    throw new KafkaError("INVALID_REQUEST", `The cursor is at partition ${partitionIndex}`);
  }
  if (asked === undefined || asked.includes(topicName)) return;
  throw new KafkaError(
    "INVALID_REQUEST",
    `The cursor is at "${topicName}", which is not asked for`,
  );
}

function partitionDescriber(image: MetadataImage, { connection }: RequestContext) {
  const reachable = new Set(brokersOf(image, connection.listener).map(({ nodeId }) => nodeId));
  return (partition: TopicImage["partitions"][number], partitionIndex: number): Partition => {
    const { leader, leaderEpoch, replicas, isr } = partition;
    const { eligibleLeaderReplicas, lastKnownElr } = partition;
    return {
      // Without a leader no error either, unlike in Metadata.
      errorCode: leader < 0 || reachable.has(leader) ? 0 : errorCode("LISTENER_NOT_FOUND"),
      partitionIndex,
      leaderId: leader,
      leaderEpoch,
      replicaNodes: replicas,
      isrNodes: isr,
      eligibleLeaderReplicas,
      lastKnownElr,
      offlineReplicas: offlineReplicas(image, partition, reachable),
    };
  };
}

const unknown = (name: string): Topic => ({
  errorCode: errorCode(
    isTopicName(name) ? "UNKNOWN_TOPIC_OR_PARTITION" : "INVALID_TOPIC_EXCEPTION",
  ),
  name,
  topicId: ZERO_UUID,
  isInternal: isInternalTopic(name),
  topicAuthorizedOperations: TOPIC_OPERATIONS,
});
