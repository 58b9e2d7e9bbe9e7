/** AllocateProducerIds, key 67: a broker gets a block of producer ids to give out (KIP-730). */
import { int16, int32, int64 } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The broker. */
export const AllocateProducerIdsRequest = message({
  name: "AllocateProducerIdsRequest",
  apiKey: 67,
  listeners: ["controller"],
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    brokerId: int32(),
    brokerEpoch: int64({ default: -1 }),
  },
});
export type AllocateProducerIdsRequest = ValueOf<typeof AllocateProducerIdsRequest>;

/** The block. */
export const AllocateProducerIdsResponse = message({
  name: "AllocateProducerIdsResponse",
  apiKey: 67,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    producerIdStart: int64(),
    producerIdLen: int32(),
  },
});
export type AllocateProducerIdsResponse = ValueOf<typeof AllocateProducerIdsResponse>;
