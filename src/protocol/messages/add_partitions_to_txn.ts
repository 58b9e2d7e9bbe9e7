/**
 * AddPartitionsToTxn, key 24: adds partitions to an open transaction. Until version 3 sent by
 * producers; since 4 also by brokers, which check or add for many transactions at once (KIP-890).
 */
import { array, bool, int16, int32, int64, string, struct } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

const addPartitionsToTxnTopic = struct({
  name: string(),
  partitions: array(int32()),
});

/** Partitions for one transaction, or for several. */
export const AddPartitionsToTxnRequest = message({
  name: "AddPartitionsToTxnRequest",
  apiKey: 24,
  listeners: ["broker"],
  versions: [0, 5],
  flexibleFrom: 3,
  fields: {
    transactions: array(
      struct({
        transactionalId: string(),
        producerId: int64(),
        producerEpoch: int16(),
        verifyOnly: bool(),
        topics: array(addPartitionsToTxnTopic),
      }),
      { since: 4 },
    ),
    v3AndBelowTransactionalId: string({ until: 3 }),
    v3AndBelowProducerId: int64({ until: 3 }),
    v3AndBelowProducerEpoch: int16({ until: 3 }),
    v3AndBelowTopics: array(addPartitionsToTxnTopic, { until: 3 }),
  },
});
export type AddPartitionsToTxnRequest = ValueOf<typeof AddPartitionsToTxnRequest>;

const addPartitionsToTxnTopicResult = struct({
  name: string(),
  resultsByPartition: array(struct({
    partitionIndex: int32(),
    partitionErrorCode: int16(),
  })),
});

/** How each addition went. */
export const AddPartitionsToTxnResponse = message({
  name: "AddPartitionsToTxnResponse",
  apiKey: 24,
  versions: [0, 5],
  flexibleFrom: 3,
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16({ since: 4, ignorable: true }),
    resultsByTransaction: array(
      struct({
        transactionalId: string(),
        topicResults: array(addPartitionsToTxnTopicResult),
      }),
      { since: 4 },
    ),
    resultsByTopicV3AndBelow: array(addPartitionsToTxnTopicResult, { until: 3 }),
  },
});
export type AddPartitionsToTxnResponse = ValueOf<typeof AddPartitionsToTxnResponse>;
