/**
 * AllocateProducerIds, key 67: a broker gets its next block of producer ids (KIP-730).
 *
 * Served 0.
 */
import { AllocateProducerIdsRequest, AllocateProducerIdsResponse } from "../../protocol/mod.ts";
import { defineControllerApi } from "../api.ts";

export const allocateProducerIds = defineControllerApi({
  key: 67,
  name: "AllocateProducerIds",
  request: AllocateProducerIdsRequest,
  response: AllocateProducerIdsResponse,
  versions: [0, 0],

  handle: (request, _context, { controller }) => controller.allocateIds(request),

  failed: (_request, { code }) => ({ errorCode: code }),
});
