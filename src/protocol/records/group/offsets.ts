/** Records of `__consumer_offsets` that say how far groups have read. */
import { int32, int64, string, uuid } from "../../fields.ts";
import { message, type ValueOf } from "../../message.ts";

/** Type 0, as very old brokers wrote it. Read like type 1, never written. */
export const LegacyOffsetCommitKey = message({
  name: "LegacyOffsetCommitKey",
  apiKey: 0,
  versions: [0, 0],
  fields: {
    group: string(),
    topic: string(),
    partition: int32(),
  },
});
export type LegacyOffsetCommitKey = ValueOf<typeof LegacyOffsetCommitKey>;

/** The oldest form of a committed offset. */
export const LegacyOffsetCommitValue = message({
  name: "LegacyOffsetCommitValue",
  apiKey: 0,
  versions: [0, 0],
  fields: {
    offset: int64(),
    metadata: string(),
    commitTimestamp: int64(),
  },
});
export type LegacyOffsetCommitValue = ValueOf<typeof LegacyOffsetCommitValue>;

/** Type 1: one partition that one group reads. */
export const OffsetCommitKey = message({
  name: "OffsetCommitKey",
  apiKey: 1,
  versions: [0, 0],
  fields: {
    group: string(),
    topic: string(),
    partition: int32(),
  },
});
export type OffsetCommitKey = ValueOf<typeof OffsetCommitKey>;

/** How far the group has read. Version 1 alone carries an expiry; 4 adds the topic's id. */
export const OffsetCommitValue = message({
  name: "OffsetCommitValue",
  apiKey: 1,
  versions: [0, 4],
  flexibleFrom: 4,
  fields: {
    offset: int64(),
    leaderEpoch: int32({ since: 3, default: -1, ignorable: true }),
    metadata: string(),
    commitTimestamp: int64(),
    // -1: by the broker's retention
    expireTimestamp: int64({ since: 1, until: 1, default: -1, ignorable: true }),
    topicId: uuid({ since: 4, tag: 0, ignorable: true }),
  },
});
export type OffsetCommitValue = ValueOf<typeof OffsetCommitValue>;
