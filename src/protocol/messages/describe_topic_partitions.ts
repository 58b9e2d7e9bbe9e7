/**
 * DescribeTopicPartitions, key 75: partitions of topics in pages, for clusters with very many
 * (KIP-966).
 */
import { array, bool, int16, int32, nullable, string, struct, uuid } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The topics, how many partitions at most, and where to go on. */
export const DescribeTopicPartitionsRequest = message({
  name: "DescribeTopicPartitionsRequest",
  apiKey: 75,
  listeners: ["broker"],
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    topics: array(struct({
      name: string(),
    })),
    responsePartitionLimit: int32({ default: 2000 }),
    cursor: nullable(
      struct({
        topicName: string(),
        partitionIndex: int32(),
      }),
      { default: null },
    ),
  },
});
export type DescribeTopicPartitionsRequest = ValueOf<typeof DescribeTopicPartitionsRequest>;

/** The partitions, and where the next page begins. */
export const DescribeTopicPartitionsResponse = message({
  name: "DescribeTopicPartitionsResponse",
  apiKey: 75,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: int32(),
    topics: array(struct({
      errorCode: int16(),
      name: nullable(string()),
      topicId: uuid(),
      isInternal: bool(),
      partitions: array(struct({
        errorCode: int16(),
        partitionIndex: int32(),
        leaderId: int32(),
        leaderEpoch: int32({ default: -1 }),
        replicaNodes: array(int32()),
        isrNodes: array(int32()),
        eligibleLeaderReplicas: nullable(array(int32()), { default: null }),
        lastKnownElr: nullable(array(int32()), { default: null }),
        offlineReplicas: array(int32()),
      })),
      topicAuthorizedOperations: int32({ default: -2147483648 }),
    })),
    nextCursor: nullable(
      struct({
        topicName: string(),
        partitionIndex: int32(),
      }),
      { default: null },
    ),
  },
});
export type DescribeTopicPartitionsResponse = ValueOf<typeof DescribeTopicPartitionsResponse>;
