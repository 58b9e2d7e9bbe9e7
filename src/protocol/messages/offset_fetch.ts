/**
 * OffsetFetch, key 9: reads the offsets that groups have committed. One group until version 7, many
 * in one request since 8 (KIP-709), member epochs since 9 (KIP-848), topics by id since 10.
 */
import { array, bool, int16, int32, int64, nullable, string, struct, uuid } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The groups and partitions to look up; null topics are all of a group's. */
export const OffsetFetchRequest = message({
  name: "OffsetFetchRequest",
  apiKey: 9,
  listeners: ["broker"],
  versions: [1, 10],
  flexibleFrom: 6,
  fields: {
    groupId: string({ until: 7 }),
    topics: nullable(
      array(struct({
        name: string(),
        partitionIndexes: array(int32()),
      })),
      { until: 7, nullableSince: 2 },
    ),
    groups: array(
      struct({
        groupId: string(),
        memberId: nullable(string(), { since: 9, default: null, ignorable: true }),
        memberEpoch: int32({ since: 9, default: -1, ignorable: true }),
        topics: nullable(array(struct({
          name: string({ until: 9, ignorable: true }),
          topicId: uuid({ since: 10, ignorable: true }),
          partitionIndexes: array(int32()),
        }))),
      }),
      { since: 8 },
    ),
    requireStable: bool({ since: 7 }),
  },
});
export type OffsetFetchRequest = ValueOf<typeof OffsetFetchRequest>;

/** Committed offsets; -1 where there is none. */
export const OffsetFetchResponse = message({
  name: "OffsetFetchResponse",
  apiKey: 9,
  versions: [1, 10],
  flexibleFrom: 6,
  fields: {
    throttleTimeMs: int32({ since: 3, ignorable: true }),
    topics: array(
      struct({
        name: string(),
        partitions: array(struct({
          partitionIndex: int32(),
          committedOffset: int64(),
          committedLeaderEpoch: int32({ since: 5, default: -1, ignorable: true }),
          metadata: nullable(string()),
          errorCode: int16(),
        })),
      }),
      { until: 7 },
    ),
    errorCode: int16({ since: 2, until: 7, ignorable: true }),
    groups: array(
      struct({
        groupId: string(),
        topics: array(struct({
          name: string({ until: 9, ignorable: true }),
          topicId: uuid({ since: 10, ignorable: true }),
          partitions: array(struct({
            partitionIndex: int32(),
            committedOffset: int64(),
            committedLeaderEpoch: int32({ default: -1 }),
            metadata: nullable(string()),
            errorCode: int16(),
          })),
        })),
        errorCode: int16(),
      }),
      { since: 8 },
    ),
  },
});
export type OffsetFetchResponse = ValueOf<typeof OffsetFetchResponse>;
