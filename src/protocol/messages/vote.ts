/**
 * Vote, key 52: a voter of the metadata quorum asks for votes (KIP-595; pre-votes since version 2,
 * KIP-996).
 */
import {
  array,
  bool,
  int16,
  int32,
  int64,
  nullable,
  string,
  struct,
  uint16,
  uuid,
} from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The candidate and the end of its log. */
export const VoteRequest = message({
  name: "VoteRequest",
  apiKey: 52,
  listeners: ["controller"],
  versions: [0, 2],
  flexibleFrom: 0,
  fields: {
    clusterId: nullable(string(), { default: null }),
    voterId: int32({ since: 1, default: -1, ignorable: true }),
    topics: array(struct({
      topicName: string(),
      partitions: array(struct({
        partitionIndex: int32(),
        replicaEpoch: int32(),
        replicaId: int32(),
        replicaDirectoryId: uuid({ since: 1, ignorable: true }),
        voterDirectoryId: uuid({ since: 1, ignorable: true }),
        lastOffsetEpoch: int32(),
        lastOffset: int64(),
        preVote: bool({ since: 2 }),
      })),
    })),
  },
});
export type VoteRequest = ValueOf<typeof VoteRequest>;

/** The vote. */
export const VoteResponse = message({
  name: "VoteResponse",
  apiKey: 52,
  versions: [0, 2],
  flexibleFrom: 0,
  fields: {
    errorCode: int16(),
    topics: array(struct({
      topicName: string(),
      partitions: array(struct({
        partitionIndex: int32(),
        errorCode: int16(),
        leaderId: int32(),
        leaderEpoch: int32(),
        voteGranted: bool(),
      })),
    })),
    nodeEndpoints: array(
      struct({
        nodeId: int32(),
        host: string(),
        port: uint16(),
      }),
      { since: 1, tag: 0 },
    ),
  },
});
export type VoteResponse = ValueOf<typeof VoteResponse>;
