/** DescribeShareGroupOffsets, key 90: where share groups stand in their partitions (KIP-932). */
import { array, int16, int32, int64, nullable, string, struct, uuid } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The groups and partitions; null is all. */
export const DescribeShareGroupOffsetsRequest = message({
  name: "DescribeShareGroupOffsetsRequest",
  apiKey: 90,
  listeners: ["broker"],
  versions: [0, 1],
  flexibleFrom: 0,
  fields: {
    groups: array(struct({
      groupId: string(),
      topics: nullable(array(struct({
        topicName: string(),
        partitions: array(int32()),
      }))),
    })),
  },
});
export type DescribeShareGroupOffsetsRequest = ValueOf<typeof DescribeShareGroupOffsetsRequest>;

/** The start of what each group has not finished. */
export const DescribeShareGroupOffsetsResponse = message({
  name: "DescribeShareGroupOffsetsResponse",
  apiKey: 90,
  versions: [0, 1],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: int32(),
    groups: array(struct({
      groupId: string(),
      topics: array(struct({
        topicName: string(),
        topicId: uuid(),
        partitions: array(struct({
          partitionIndex: int32(),
          startOffset: int64(),
          leaderEpoch: int32(),
          lag: int64({ since: 1, default: -1, ignorable: true }),
          errorCode: int16(),
          errorMessage: nullable(string(), { default: null }),
        })),
      })),
      errorCode: int16(),
      errorMessage: nullable(string(), { default: null }),
    })),
  },
});
export type DescribeShareGroupOffsetsResponse = ValueOf<typeof DescribeShareGroupOffsetsResponse>;
