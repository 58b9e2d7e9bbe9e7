/**
 * Fetch, key 1: reads record batches, as a consumer, a follower, or a voter of the metadata quorum.
 * Version 7 keeps sessions, so that only changes are sent (KIP-227), 12 tells a follower where its
 * log diverges (KIP-595), 13 names topics by id (KIP-516), 15 says which incarnation of a replica
 * asks (KIP-903), 16 where a new leader is (KIP-951), 17 the replica's directory (KIP-853), 18 the
 * high watermark it knows (KIP-1166).
 */
import {
  array,
  int16,
  int32,
  int64,
  int8,
  nullable,
  records,
  string,
  struct,
  uuid,
} from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** Which partitions to read from where, and how long to wait for how much. */
export const FetchRequest = message({
  name: "FetchRequest",
  apiKey: 1,
  listeners: ["broker", "controller"],
  versions: [4, 18],
  flexibleFrom: 12,
  fields: {
    // checked on the metadata partition
    clusterId: nullable(string(), { since: 12, tag: 0, default: null, ignorable: true }),
    replicaId: int32({ until: 14, default: -1 }), // -1 for consumers
    // KIP-903
    replicaState: struct({
      replicaId: int32({ default: -1 }),
      replicaEpoch: int64({ default: -1 }),
    }, { since: 15, tag: 1 }),
    maxWaitMs: int32(),
    minBytes: int32(),
    maxBytes: int32({ default: 0x7fffffff }),
    isolationLevel: int8(), // 0 read uncommitted, 1 read committed
    sessionId: int32({ since: 7, ignorable: true }), // KIP-227
    sessionEpoch: int32({ since: 7, default: -1, ignorable: true }),
    topics: array(struct({
      topic: string({ until: 12, ignorable: true }),
      topicId: uuid({ since: 13, ignorable: true }),
      partitions: array(struct({
        partition: int32(),
        currentLeaderEpoch: int32({ since: 9, default: -1, ignorable: true }), // KIP-320
        fetchOffset: int64(),
        lastFetchedEpoch: int32({ since: 12, default: -1 }), // KIP-595
        logStartOffset: int64({ since: 5, default: -1, ignorable: true }),
        partitionMaxBytes: int32(),
        replicaDirectoryId: uuid({ since: 17, tag: 0, ignorable: true }), // KIP-853
        // KIP-1166; no limit: not told
        highWatermark: int64({
          since: 18,
          tag: 1,
          default: Number.MAX_SAFE_INTEGER,
          ignorable: true,
        }),
      })),
    })),
    forgottenTopicsData: array(
      struct({
        topic: string({ until: 12, ignorable: true }),
        topicId: uuid({ since: 13, ignorable: true }),
        partitions: array(int32()),
      }),
      { since: 7 },
    ),
    rackId: string({ since: 11, ignorable: true }), // KIP-392
  },
});
export type FetchRequest = ValueOf<typeof FetchRequest>;

/** Record batches of each partition, with how far its log reaches. */
export const FetchResponse = message({
  name: "FetchResponse",
  apiKey: 1,
  versions: [4, 18],
  flexibleFrom: 12,
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16({ since: 7, ignorable: true }),
    sessionId: int32({ since: 7 }),
    responses: array(struct({
      topic: string({ until: 12, ignorable: true }),
      topicId: uuid({ since: 13, ignorable: true }),
      partitions: array(struct({
        partitionIndex: int32(),
        errorCode: int16(),
        highWatermark: int64(),
        lastStableOffset: int64({ default: -1 }),
        logStartOffset: int64({ since: 5, default: -1, ignorable: true }),
        // KIP-595
        divergingEpoch: struct({
          epoch: int32({ default: -1 }),
          endOffset: int64({ default: -1 }),
        }, { since: 12, tag: 0 }),
        // KIP-595, KIP-951
        currentLeader: struct({
          leaderId: int32({ default: -1 }),
          leaderEpoch: int32({ default: -1 }),
        }, { since: 12, tag: 1 }),
        // KIP-630
        snapshotId: struct({
          endOffset: int64({ default: -1 }),
          epoch: int32({ default: -1 }),
        }, { since: 12, tag: 2 }),
        // null for read uncommitted
        abortedTransactions: nullable(array(struct({
          producerId: int64(),
          firstOffset: int64(),
        }))),
        preferredReadReplica: int32({ since: 11, default: -1 }), // KIP-392; -1: none
        records: nullable(records()),
      })),
    })),
    // KIP-951
    nodeEndpoints: array(
      struct({
        nodeId: int32(),
        host: string(),
        port: int32(),
        rack: nullable(string(), { default: null }),
      }),
      { since: 16, tag: 0 },
    ),
  },
});
export type FetchResponse = ValueOf<typeof FetchResponse>;
