/**
 * IncrementalAlterConfigs, key 44: sets, removes, appends to and subtracts from single settings
 * (KIP-339).
 *
 * Served 0 and 1; 1 is flexible. The controller checks and writes; whoever holds the resource hears
 * of it through metadata.
 */
import {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from "../../protocol/mod.ts";
import { defineApi } from "../api.ts";
import { errorFields } from "../errors.ts";

export const incrementalAlterConfigs = defineApi({
  key: 44,
  name: "IncrementalAlterConfigs",
  request: IncrementalAlterConfigsRequest,
  response: IncrementalAlterConfigsResponse,
  versions: [0, 1],

  handle: (request, _context, broker) => broker.controller.incrementalAlterConfigs(request),

  failed: ({ resources }, error) => ({
    responses: resources.map(({ resourceType, resourceName }) => ({
      resourceType,
      resourceName,
      ...errorFields(error),
    })),
  }),
});
