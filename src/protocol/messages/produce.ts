/**
 * Produce, key 0: appends record batches to partitions. Topics by name until version 12, by id
 * since 13 (KIP-516). Version 9 is the first flexible one, 10 tells of a new leader (KIP-951), 12
 * brings transactions that need no AddPartitionsToTxn (KIP-890). Batches stay as they came: the
 * codec hands out views.
 */
import { array, int16, int32, int64, nullable, records, string, struct, uuid } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** Record batches for partitions that the receiver leads. */
export const ProduceRequest = message({
  name: "ProduceRequest",
  apiKey: 0,
  listeners: ["broker"],
  versions: [3, 13],
  flexibleFrom: 9,
  fields: {
    transactionalId: nullable(string(), { default: null }), // null outside of transactions
    acks: int16(), // 0 none, 1 leader, -1 all in-sync replicas
    timeoutMs: int32(),
    topicData: array(struct({
      name: string({ until: 12, ignorable: true }),
      topicId: uuid({ since: 13, ignorable: true }),
      partitionData: array(struct({
        index: int32(),
        records: nullable(records()),
      })),
    })),
  },
});
export type ProduceRequest = ValueOf<typeof ProduceRequest>;

/** Where each batch landed, or why it did not. */
export const ProduceResponse = message({
  name: "ProduceResponse",
  apiKey: 0,
  versions: [3, 13],
  flexibleFrom: 9,
  fields: {
    responses: array(struct({
      name: string({ until: 12, ignorable: true }),
      topicId: uuid({ since: 13, ignorable: true }),
      partitionResponses: array(struct({
        index: int32(),
        errorCode: int16(),
        baseOffset: int64(),
        logAppendTimeMs: int64({ default: -1 }), // -1 unless the broker stamps records
        logStartOffset: int64({ since: 5, default: -1, ignorable: true }),
        // KIP-467
        recordErrors: array(
          struct({
            batchIndex: int32(),
            batchIndexErrorMessage: nullable(string(), { default: null }),
          }),
          { since: 8, ignorable: true },
        ),
        errorMessage: nullable(string(), { since: 8, default: null, ignorable: true }),
        // KIP-951
        currentLeader: struct({
          leaderId: int32({ default: -1 }),
          leaderEpoch: int32({ default: -1 }),
        }, { since: 10, tag: 0 }),
      })),
    })),
    throttleTimeMs: int32(),
    // KIP-951
    nodeEndpoints: array(
      struct({
        nodeId: int32(),
        host: string(),
        port: int32(),
        rack: nullable(string(), { default: null }),
      }),
      { since: 10, tag: 0 },
    ),
  },
});
export type ProduceResponse = ValueOf<typeof ProduceResponse>;
