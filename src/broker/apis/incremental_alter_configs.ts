/**
 * IncrementalAlterConfigs, key 44: sets, removes, appends to and subtracts from single settings
 * (KIP-339).
 *
 * Served 0 and 1; 1 is flexible. The controller checks and writes; whoever holds the resource hears
 * of it through metadata. Levels of loggers are this broker's own affair, and what one broker is set
 * to is asked of that one.
 */
import { repeated } from "../../base/mod.ts";
import {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
  KafkaError,
  RESOURCE,
} from "../../protocol/mod.ts";
import { defineSharedApi } from "../api.ts";
import type { Broker } from "../broker.ts";
import type { ControllerNode } from "../controller_apis/controller_node.ts";
import { asKafkaError, errorFields } from "../errors.ts";
import { alterLevels } from "../logger_levels.ts";
import { isOfOtherBroker, requireThisBroker } from "../own_resources.ts";

type Resource = IncrementalAlterConfigsRequest["resources"][number];

export const incrementalAlterConfigs = defineSharedApi({
  key: 44,
  name: "IncrementalAlterConfigs",
  request: IncrementalAlterConfigsRequest,
  response: IncrementalAlterConfigsResponse,
  versions: [0, 1],

  async handle(request, context, node) {
    const { resources, validateOnly } = request;
    const isOurs = (each: Resource) =>
      each.resourceType === RESOURCE.brokerLogger || isOfOtherBroker(each, node);
    if (!resources.some(isOurs)) return node.controller.incrementalAlterConfigs(request, context);
    const others = resources.filter((each) => !isOurs(each));
    const { responses = [] } = others.length === 0
      ? {}
      : await node.controller.incrementalAlterConfigs({ ...request, resources: others }, context);
    const ours = resources.filter(isOurs);
    const repeatedNames = repeated(ours.map(({ resourceName }) => resourceName));
    return {
      responses: [
        ...responses,
        ...ours.map((each) => alterHere(each, repeatedNames, validateOnly, node)),
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

/** Changes levels of this broker's loggers; nothing else of one broker is changed by itself. */
function alterHere(
  resource: Resource,
  repeatedNames: ReadonlySet<string>,
  validateOnly: boolean,
  node: Broker | ControllerNode,
) {
  const { resourceType, resourceName, configs } = resource;
  try {
    if (repeatedNames.has(resourceName)) {
      throw new KafkaError("INVALID_REQUEST", "The request names the resource more than once");
    }
    requireThisBroker(resourceName, node.nodeId);
    alterLevels(node.loggers, configs, { validateOnly });
    return { resourceType, resourceName, errorCode: 0, errorMessage: null };
  } catch (error) {
    return { resourceType, resourceName, ...errorFields(asKafkaError(error, node.log)) };
  }
}
