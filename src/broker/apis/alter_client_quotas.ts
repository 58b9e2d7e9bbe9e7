/**
 * AlterClientQuotas, key 49: sets and removes limits of users, client ids and addresses (KIP-546).
 *
 * Served 0 and 1; 1 is flexible. The controller checks and writes; brokers hear of it through
 * metadata, and connections that are open feel it with their next request.
 */
import { AlterClientQuotasRequest, AlterClientQuotasResponse } from "../../protocol/mod.ts";
import { defineSharedApi } from "../api.ts";
import { errorFields } from "../errors.ts";

export const alterClientQuotas = defineSharedApi({
  key: 49,
  name: "AlterClientQuotas",
  request: AlterClientQuotasRequest,
  response: AlterClientQuotasResponse,
  versions: [0, 1],

  handle: (request, context, { controller }) => controller.alterClientQuotas(request, context),

  failed: ({ entries }, error) => ({
    entries: entries.map(({ entity }) => ({ entity, ...errorFields(error) })),
  }),
});
