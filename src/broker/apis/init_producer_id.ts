/**
 * InitProducerId, key 22: gives an idempotent producer its id (KIP-98).
 *
 * Served 0 to 5 (6 is unstable in 4.3): 2 is flexible, 3 lets a producer keep its id and raise its
 * epoch (KIP-360), 4 knows PRODUCER_FENCED, 5 knows TRANSACTION_ABORTABLE.
 *
 * Without a transactional id nothing is remembered of the producer: it gets a new id with epoch 0,
 * whatever id it had. Differs from Kafka: transactions are not served yet, and a transactional id
 * is refused with TRANSACTIONAL_ID_AUTHORIZATION_FAILED, at which clients give up at once instead
 * of trying for a minute.
 */
import { InitProducerIdRequest, InitProducerIdResponse, KafkaError } from "../../protocol/mod.ts";
import { defineApi } from "../api.ts";

export const initProducerId = defineApi({
  key: 22,
  name: "InitProducerId",
  request: InitProducerIdRequest,
  response: InitProducerIdResponse,
  versions: [0, 5],

  async handle({ transactionalId, producerId, producerEpoch }, _context, broker) {
    if (transactionalId === "") {
      throw new KafkaError("INVALID_REQUEST", "Cannot begin with an empty transactional id");
    }
    if (transactionalId !== null) {
      throw new KafkaError(
        "TRANSACTIONAL_ID_AUTHORIZATION_FAILED",
        "Cannot begin transactions: they are not served by this broker",
      );
    }
    if ((producerId < 0) !== (producerEpoch < 0)) {
      throw new KafkaError("INVALID_REQUEST", "A producer has an id and an epoch, or neither");
    }
    return { producerId: await broker.producerIds.next(), producerEpoch: 0 };
  },

  failed: (_request, { code }) => ({ errorCode: code, producerId: -1, producerEpoch: -1 }),
});
