/**
 * OffsetCommit, key 8: stores how far a group has read, for classic and consumer groups alike.
 * Static members since version 7 (KIP-345), member epochs since 9 (KIP-848), topics by id since 10.
 */
import { array, int16, int32, int64, nullable, string, struct, uuid } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** Offsets to store, with the member that commits them. */
export const OffsetCommitRequest = message({
  name: "OffsetCommitRequest",
  apiKey: 8,
  listeners: ["broker"],
  versions: [2, 10],
  flexibleFrom: 8,
  fields: {
    groupId: string(),
    generationIdOrMemberEpoch: int32({ default: -1 }),
    memberId: string(),
    groupInstanceId: nullable(string(), { since: 7, default: null }), // KIP-345
    retentionTimeMs: int64({ until: 4, default: -1, ignorable: true }), // -1: the broker's own
    topics: array(struct({
      name: string({ until: 9, ignorable: true }),
      topicId: uuid({ since: 10, ignorable: true }),
      partitions: array(struct({
        partitionIndex: int32(),
        committedOffset: int64(),
        committedLeaderEpoch: int32({ since: 6, default: -1, ignorable: true }),
        committedMetadata: nullable(string()),
      })),
    })),
  },
});
export type OffsetCommitRequest = ValueOf<typeof OffsetCommitRequest>;

/** How each partition's commit went. */
export const OffsetCommitResponse = message({
  name: "OffsetCommitResponse",
  apiKey: 8,
  versions: [2, 10],
  flexibleFrom: 8,
  fields: {
    throttleTimeMs: int32({ since: 3, ignorable: true }),
    topics: array(struct({
      name: string({ until: 9, ignorable: true }),
      topicId: uuid({ since: 10, ignorable: true }),
      partitions: array(struct({
        partitionIndex: int32(),
        errorCode: int16(),
      })),
    })),
  },
});
export type OffsetCommitResponse = ValueOf<typeof OffsetCommitResponse>;
