/**
 * UnregisterBroker, key 64: asks the controller to forget a broker that will not come back. Of the
 * one that is asked it takes what it leads, until it starts again; Kafka's does the same.
 *
 * Served 0.
 */
import { UnregisterBrokerRequest, UnregisterBrokerResponse } from "../../protocol/mod.ts";
import { defineSharedApi } from "../api.ts";
import { errorFields } from "../errors.ts";

export const unregisterBroker = defineSharedApi({
  key: 64,
  name: "UnregisterBroker",
  request: UnregisterBrokerRequest,
  response: UnregisterBrokerResponse,
  versions: [0, 0],

  handle: (request, context, { controller }) => controller.unregisterBroker(request, context),

  failed: (_request, error) => errorFields(error),
});
