/**
 * InitProducerId, key 22: gives a producer its id and epoch, and, with a transactional id, fences
 * its predecessors and ends what they left open. Version 6 prepares two-phase commit (KIP-939) and
 * is not stable.
 */
import { bool, int16, int32, int64, nullable, string } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The producer as it knows itself. */
export const InitProducerIdRequest = message({
  name: "InitProducerIdRequest",
  apiKey: 22,
  listeners: ["broker"],
  versions: [0, 6],
  flexibleFrom: 2,
  latestVersionUnstable: true,
  fields: {
    transactionalId: nullable(string()),
    transactionTimeoutMs: int32(),
    producerId: int64({ since: 3, default: -1 }), // -1: none yet
    producerEpoch: int16({ since: 3, default: -1 }),
    enable2Pc: bool({ since: 6 }),
    keepPreparedTxn: bool({ since: 6 }),
  },
});
export type InitProducerIdRequest = ValueOf<typeof InitProducerIdRequest>;

/** The producer's id and epoch. */
export const InitProducerIdResponse = message({
  name: "InitProducerIdResponse",
  apiKey: 22,
  versions: [0, 6],
  flexibleFrom: 2,
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    producerId: int64({ default: -1 }),
    producerEpoch: int16(),
    ongoingTxnProducerId: int64({ since: 6, default: -1 }),
    ongoingTxnProducerEpoch: int16({ since: 6, default: -1 }),
  },
});
export type InitProducerIdResponse = ValueOf<typeof InitProducerIdResponse>;
