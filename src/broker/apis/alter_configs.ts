/**
 * AlterConfigs, key 33: replaces all settings of a resource at once. Deprecated since KIP-339,
 * still what kafkajs and old tools send.
 *
 * Served 0 to 2; 2 is flexible.
 */
import { AlterConfigsRequest, AlterConfigsResponse } from "../../protocol/mod.ts";
import { defineSharedApi } from "../api.ts";
import { errorFields } from "../errors.ts";

export const alterConfigs = defineSharedApi({
  key: 33,
  name: "AlterConfigs",
  request: AlterConfigsRequest,
  response: AlterConfigsResponse,
  versions: [0, 2],

  handle: (request, context, { controller }) => controller.alterConfigs(request, context),

  failed: ({ resources }, error) => ({
    responses: resources.map(({ resourceType, resourceName }) => ({
      resourceType,
      resourceName,
      ...errorFields(error),
    })),
  }),
});
