/** TxnOffsetCommit, key 28: stores a group's offsets as part of a transaction. */
import { array, int16, int32, int64, nullable, string, struct } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** Offsets that count once the transaction commits. */
export const TxnOffsetCommitRequest = message({
  name: "TxnOffsetCommitRequest",
  apiKey: 28,
  listeners: ["broker"],
  versions: [0, 5],
  flexibleFrom: 3,
  fields: {
    transactionalId: string(),
    groupId: string(),
    producerId: int64(),
    producerEpoch: int16(),
    generationId: int32({ since: 3, default: -1 }),
    memberId: string({ since: 3 }),
    groupInstanceId: nullable(string(), { since: 3, default: null }),
    topics: array(struct({
      name: string(),
      partitions: array(struct({
        partitionIndex: int32(),
        committedOffset: int64(),
        committedLeaderEpoch: int32({ since: 2, default: -1, ignorable: true }),
        committedMetadata: nullable(string()),
      })),
    })),
  },
});
export type TxnOffsetCommitRequest = ValueOf<typeof TxnOffsetCommitRequest>;

/** How each partition's commit went. */
export const TxnOffsetCommitResponse = message({
  name: "TxnOffsetCommitResponse",
  apiKey: 28,
  versions: [0, 5],
  flexibleFrom: 3,
  fields: {
    throttleTimeMs: int32(),
    topics: array(struct({
      name: string(),
      partitions: array(struct({
        partitionIndex: int32(),
        errorCode: int16(),
      })),
    })),
  },
});
export type TxnOffsetCommitResponse = ValueOf<typeof TxnOffsetCommitResponse>;
