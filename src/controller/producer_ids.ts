/**
 * AllocateProducerIds (67): producer ids go to brokers in blocks (KIP-730), so that a producer
 * waits for no controller.
 */
import { metadataRecord } from "../metadata/mod.ts";
import {
  type AllocateProducerIdsRequest,
  type AllocateProducerIdsResponse,
  errorCode,
} from "../protocol/mod.ts";
import type { Decision, DecisionContext } from "./decision.ts";

/** Ids in a block, as in Kafka. What is left of one at a restart is lost, and there are 2^53. */
export const PRODUCER_ID_BLOCK = 1000;

export function allocateProducerIds(
  { brokerId, brokerEpoch }: AllocateProducerIdsRequest,
  { image }: DecisionContext,
): Decision<AllocateProducerIdsResponse> {
  const refuse = (code: number) => ({
    records: [],
    response: { throttleTimeMs: 0, errorCode: code, producerIdStart: 0, producerIdLen: 0 },
  });
  if (image.brokers.get(brokerId)?.brokerEpoch !== brokerEpoch) {
    return refuse(errorCode("STALE_BROKER_EPOCH"));
  }
  const start = image.nextProducerId;
  const next = start + PRODUCER_ID_BLOCK;
  if (next > Number.MAX_SAFE_INTEGER) return refuse(errorCode("UNKNOWN_SERVER_ERROR"));
  return {
    records: [
      metadataRecord("ProducerIdsRecord", 0, { brokerId, brokerEpoch, nextProducerId: next }),
    ],
    response: {
      throttleTimeMs: 0,
      errorCode: 0,
      producerIdStart: start,
      producerIdLen: PRODUCER_ID_BLOCK,
    },
  };
}
