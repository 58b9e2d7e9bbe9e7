/** DescribeProducers, key 61: the producers that a partition's leader remembers (KIP-664). */
import { array, int16, int32, int64, nullable, string, struct } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The partitions. */
export const DescribeProducersRequest = message({
  name: "DescribeProducersRequest",
  apiKey: 61,
  listeners: ["broker"],
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    topics: array(struct({
      name: string(),
      partitionIndexes: array(int32()),
    })),
  },
});
export type DescribeProducersRequest = ValueOf<typeof DescribeProducersRequest>;

/** The producers of each partition. */
export const DescribeProducersResponse = message({
  name: "DescribeProducersResponse",
  apiKey: 61,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: int32(),
    topics: array(struct({
      name: string(),
      partitions: array(struct({
        partitionIndex: int32(),
        errorCode: int16(),
        errorMessage: nullable(string(), { default: null }),
        activeProducers: array(struct({
          producerId: int64(),
          producerEpoch: int32(),
          lastSequence: int32({ default: -1 }),
          lastTimestamp: int64({ default: -1 }),
          coordinatorEpoch: int32(),
          currentTxnStartOffset: int64({ default: -1 }),
        })),
      })),
    })),
  },
});
export type DescribeProducersResponse = ValueOf<typeof DescribeProducersResponse>;
