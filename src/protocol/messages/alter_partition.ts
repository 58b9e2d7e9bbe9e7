/**
 * AlterPartition, key 56: a partition's leader proposes another ISR to the controller (KIP-497).
 */
import { array, int16, int32, int64, int8, struct, uuid } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The new ISR of each partition, with the epochs it was decided in. */
export const AlterPartitionRequest = message({
  name: "AlterPartitionRequest",
  apiKey: 56,
  listeners: ["controller"],
  versions: [2, 3],
  flexibleFrom: 0,
  fields: {
    brokerId: int32(),
    brokerEpoch: int64({ default: -1 }),
    topics: array(struct({
      topicId: uuid(),
      partitions: array(struct({
        partitionIndex: int32(),
        leaderEpoch: int32(),
        newIsr: array(int32(), { until: 2 }),
        newIsrWithEpochs: array(
          struct({
            brokerId: int32(),
            brokerEpoch: int64({ default: -1 }),
          }),
          { since: 3 },
        ),
        leaderRecoveryState: int8(),
        partitionEpoch: int32(),
      })),
    })),
  },
});
export type AlterPartitionRequest = ValueOf<typeof AlterPartitionRequest>;

/** What the controller made of it. */
export const AlterPartitionResponse = message({
  name: "AlterPartitionResponse",
  apiKey: 56,
  versions: [2, 3],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    topics: array(struct({
      topicId: uuid(),
      partitions: array(struct({
        partitionIndex: int32(),
        errorCode: int16(),
        leaderId: int32(),
        leaderEpoch: int32(),
        isr: array(int32()),
        leaderRecoveryState: int8(),
        partitionEpoch: int32(),
      })),
    })),
  },
});
export type AlterPartitionResponse = ValueOf<typeof AlterPartitionResponse>;
