/**
 * Records of `__share_group_state`: what became of records that share groups have read (KIP-932). A
 * snapshot replaces all before it, updates add to it.
 */
import { array, int16, int32, int64, int8, string, struct, uuid } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** Type 0: the whole state of one partition. */
export const ShareSnapshotKey = message({
  name: "ShareSnapshotKey",
  apiKey: 0,
  versions: [0, 0],
  fields: {
    groupId: string(),
    topicId: uuid(),
    partition: int32(),
  },
});
export type ShareSnapshotKey = ValueOf<typeof ShareSnapshotKey>;

/** Where the state begins, and the batches that are not finished. */
export const ShareSnapshotValue = message({
  name: "ShareSnapshotValue",
  apiKey: 0,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    snapshotEpoch: int32(),
    stateEpoch: int32(),
    leaderEpoch: int32(),
    startOffset: int64(),
    deliveryCompleteCount: int32({ tag: 0, default: -1 }),
    createTimestamp: int64(),
    writeTimestamp: int64(),
    stateBatches: array(struct({
      firstOffset: int64(),
      lastOffset: int64(),
      deliveryState: int8(),
      deliveryCount: int16(),
    })),
  },
});
export type ShareSnapshotValue = ValueOf<typeof ShareSnapshotValue>;

/** Type 1: a change of one partition's state. */
export const ShareUpdateKey = message({
  name: "ShareUpdateKey",
  apiKey: 1,
  versions: [0, 0],
  fields: {
    groupId: string(),
    topicId: uuid(),
    partition: int32(),
  },
});
export type ShareUpdateKey = ValueOf<typeof ShareUpdateKey>;

/** What changed since the snapshot of the same epoch. */
export const ShareUpdateValue = message({
  name: "ShareUpdateValue",
  apiKey: 1,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    snapshotEpoch: int32(),
    leaderEpoch: int32(),
    startOffset: int64(),
    deliveryCompleteCount: int32({ tag: 0, default: -1 }),
    stateBatches: array(struct({
      firstOffset: int64(),
      lastOffset: int64(),
      deliveryState: int8(),
      deliveryCount: int16(),
    })),
  },
});
export type ShareUpdateValue = ValueOf<typeof ShareUpdateValue>;
