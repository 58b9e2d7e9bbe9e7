/** Records of `__remote_log_metadata`: segments in remote storage (KIP-405). */
import {
  array,
  bool,
  bytes,
  int32,
  int64,
  int8,
  nullable,
  string,
  struct,
  uuid,
} from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** A segment is being copied, or has been. */
export const RemoteLogSegmentMetadataRecord = message({
  name: "RemoteLogSegmentMetadataRecord",
  apiKey: 0,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    remoteLogSegmentId: struct({
      topicIdPartition: struct({
        name: string(),
        id: uuid(),
        partition: int32(),
      }),
      id: uuid(),
    }),
    startOffset: int64(),
    endOffset: int64(),
    brokerId: int32(),
    maxTimestampMs: int64(),
    eventTimestampMs: int64(),
    segmentLeaderEpochs: array(struct({
      leaderEpoch: int32(),
      offset: int64(),
    })),
    segmentSizeInBytes: int32(),
    customMetadata: nullable(bytes(), { default: null }),
    remoteLogSegmentState: int8(),
    txnIndexEmpty: bool({ tag: 0 }),
  },
});
export type RemoteLogSegmentMetadataRecord = ValueOf<typeof RemoteLogSegmentMetadataRecord>;

/** A remote segment changed its state. */
export const RemoteLogSegmentMetadataUpdateRecord = message({
  name: "RemoteLogSegmentMetadataUpdateRecord",
  apiKey: 1,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    remoteLogSegmentId: struct({
      topicIdPartition: struct({
        name: string(),
        id: uuid(),
        partition: int32(),
      }),
      id: uuid(),
    }),
    brokerId: int32(),
    eventTimestampMs: int64(),
    customMetadata: nullable(bytes(), { default: null }),
    remoteLogSegmentState: int8(),
  },
});
export type RemoteLogSegmentMetadataUpdateRecord = ValueOf<
  typeof RemoteLogSegmentMetadataUpdateRecord
>;

/** A partition's remote segments are being deleted. */
export const RemotePartitionDeleteMetadataRecord = message({
  name: "RemotePartitionDeleteMetadataRecord",
  apiKey: 2,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    topicIdPartition: struct({
      name: string(),
      id: uuid(),
      partition: int32(),
    }),
    brokerId: int32(),
    eventTimestampMs: int64(),
    remotePartitionDeleteState: int8(),
  },
});
export type RemotePartitionDeleteMetadataRecord = ValueOf<
  typeof RemotePartitionDeleteMetadataRecord
>;

/** A segment as a broker's own snapshot file has it. */
export const RemoteLogSegmentMetadataSnapshotRecord = message({
  name: "RemoteLogSegmentMetadataSnapshotRecord",
  apiKey: 3,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    segmentId: uuid(),
    startOffset: int64(),
    endOffset: int64(),
    brokerId: int32(),
    maxTimestampMs: int64(),
    eventTimestampMs: int64(),
    segmentLeaderEpochs: array(struct({
      leaderEpoch: int32(),
      offset: int64(),
    })),
    segmentSizeInBytes: int32(),
    customMetadata: nullable(bytes(), { default: null }),
    remoteLogSegmentState: int8(),
    txnIndexEmpty: bool({ tag: 0 }),
  },
});
export type RemoteLogSegmentMetadataSnapshotRecord = ValueOf<
  typeof RemoteLogSegmentMetadataSnapshotRecord
>;
