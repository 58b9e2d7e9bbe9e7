/**
 * AlterConfigs, key 33: replaces all settings of a resource at once. Deprecated since KIP-339,
 * still what kafkajs and old tools send.
 *
 * Served 0 to 2; 2 is flexible.
 */
import { AlterConfigsRequest, AlterConfigsResponse } from "../../protocol/mod.ts";
import { defineSharedApi } from "../api.ts";
import { errorFields } from "../errors.ts";
import { isOfOtherBroker, notThisBroker } from "../own_resources.ts";

export const alterConfigs = defineSharedApi({
  key: 33,
  name: "AlterConfigs",
  request: AlterConfigsRequest,
  response: AlterConfigsResponse,
  versions: [0, 2],

  async handle(request, context, node) {
    const refused = request.resources.filter((each) => isOfOtherBroker(each, node));
    if (refused.length === 0) return node.controller.alterConfigs(request, context);
    const resources = request.resources.filter((each) => !refused.includes(each));
    const { responses = [] } = resources.length === 0
      ? {}
      : await node.controller.alterConfigs({ ...request, resources }, context);
    return {
      responses: [
        ...responses,
        ...refused.map(({ resourceType, resourceName }) => ({
          resourceType,
          resourceName,
          ...errorFields(notThisBroker(resourceName, node.nodeId)),
        })),
      ],
    };
  },

  failed: ({ resources }, error) => ({
    responses: resources.map(({ resourceType, resourceName }) => ({
      resourceType,
      resourceName,
      ...errorFields(error),
    })),
  }),
});
