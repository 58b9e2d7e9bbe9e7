/** FetchSnapshot, key 59: reads a piece of a snapshot of the metadata log (KIP-630). */
import {
  array,
  int16,
  int32,
  int64,
  nullable,
  records,
  string,
  struct,
  uint16,
  uuid,
} from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The snapshot and the position to read from. */
export const FetchSnapshotRequest = message({
  name: "FetchSnapshotRequest",
  apiKey: 59,
  listeners: ["controller"],
  versions: [0, 1],
  flexibleFrom: 0,
  fields: {
    clusterId: nullable(string(), { tag: 0, default: null }),
    replicaId: int32({ default: -1 }),
    maxBytes: int32({ default: 0x7fffffff }),
    topics: array(struct({
      name: string(),
      partitions: array(struct({
        partition: int32(),
        currentLeaderEpoch: int32(),
        snapshotId: struct({
          endOffset: int64(),
          epoch: int32(),
        }),
        position: int64(),
        replicaDirectoryId: uuid({ since: 1, tag: 0, ignorable: true }),
      })),
    })),
  },
});
export type FetchSnapshotRequest = ValueOf<typeof FetchSnapshotRequest>;

/** The piece. */
export const FetchSnapshotResponse = message({
  name: "FetchSnapshotResponse",
  apiKey: 59,
  versions: [0, 1],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    topics: array(struct({
      name: string(),
      partitions: array(struct({
        index: int32(),
        errorCode: int16(),
        snapshotId: struct({
          endOffset: int64(),
          epoch: int32(),
        }),
        currentLeader: struct({
          leaderId: int32(),
          leaderEpoch: int32(),
        }, { tag: 0 }),
        size: int64(),
        position: int64(),
        unalignedRecords: records(),
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
export type FetchSnapshotResponse = ValueOf<typeof FetchSnapshotResponse>;
