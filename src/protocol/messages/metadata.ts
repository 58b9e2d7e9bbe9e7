/**
 * Metadata, key 3: the brokers, and where the partitions of topics are. Every client's first
 * question. Asks by topic id since version 10, answered without a name since 12 (KIP-516).
 */
import { array, bool, int16, int32, nullable, string, struct, uuid } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The topics to describe: null is all (in version 0 an empty list is), an empty list none. */
export const MetadataRequest = message({
  name: "MetadataRequest",
  apiKey: 3,
  listeners: ["broker"],
  versions: [0, 13],
  flexibleFrom: 9,
  fields: {
    topics: nullable(
      array(struct({
        topicId: uuid({ since: 10, ignorable: true }),
        name: nullable(string(), { nullableSince: 10 }),
      })),
      { nullableSince: 1 },
    ),
    allowAutoTopicCreation: bool({ since: 4, default: true }),
    includeClusterAuthorizedOperations: bool({ since: 8, until: 10 }),
    includeTopicAuthorizedOperations: bool({ since: 8 }),
  },
});
export type MetadataRequest = ValueOf<typeof MetadataRequest>;

/** Brokers, controller, and topics with their partitions. */
export const MetadataResponse = message({
  name: "MetadataResponse",
  apiKey: 3,
  versions: [0, 13],
  flexibleFrom: 9,
  fields: {
    throttleTimeMs: int32({ since: 3, ignorable: true }),
    brokers: array(struct({
      nodeId: int32(),
      host: string(),
      port: int32(),
      rack: nullable(string(), { since: 1, default: null, ignorable: true }),
    })),
    clusterId: nullable(string(), { since: 2, default: null, ignorable: true }),
    controllerId: int32({ since: 1, default: -1, ignorable: true }),
    topics: array(struct({
      errorCode: int16(),
      name: nullable(string(), { nullableSince: 12 }),
      topicId: uuid({ since: 10, ignorable: true }),
      isInternal: bool({ since: 1, ignorable: true }),
      partitions: array(struct({
        errorCode: int16(),
        partitionIndex: int32(),
        leaderId: int32(), // -1: none
        leaderEpoch: int32({ since: 7, default: -1, ignorable: true }),
        replicaNodes: array(int32()),
        isrNodes: array(int32()),
        offlineReplicas: array(int32(), { since: 5, ignorable: true }),
      })),
      topicAuthorizedOperations: int32({ since: 8, default: -2147483648 }),
    })),
    clusterAuthorizedOperations: int32({ since: 8, until: 10, default: -2147483648 }),
    errorCode: int16({ since: 13, ignorable: true }),
  },
});
export type MetadataResponse = ValueOf<typeof MetadataResponse>;
