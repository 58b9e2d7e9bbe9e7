/**
 * IncrementalAlterConfigs, key 44: sets, removes, appends to and subtracts from single settings
 * (KIP-339).
 *
 * Served 0 and 1; 1 is flexible. The controller checks and writes; whoever holds the resource hears
 * of it through metadata. Levels of loggers are this broker's own affair.
 */
import { repeated } from "../../base/mod.ts";
import {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
  KafkaError,
  RESOURCE,
} from "../../protocol/mod.ts";
import { defineApi } from "../api.ts";
import type { Broker } from "../broker.ts";
import { asKafkaError, errorFields } from "../errors.ts";
import { alterLevels, requireThisBroker } from "../logger_levels.ts";

type Resource = IncrementalAlterConfigsRequest["resources"][number];

export const incrementalAlterConfigs = defineApi({
  key: 44,
  name: "IncrementalAlterConfigs",
  request: IncrementalAlterConfigsRequest,
  response: IncrementalAlterConfigsResponse,
  versions: [0, 1],

  async handle(request, _context, broker) {
    const { resources, validateOnly } = request;
    const isOurs = ({ resourceType }: Resource) => resourceType === RESOURCE.brokerLogger;
    if (!resources.some(isOurs)) return broker.controller.incrementalAlterConfigs(request);
    const others = resources.filter((each) => !isOurs(each));
    const { responses = [] } = others.length === 0
      ? {}
      : await broker.controller.incrementalAlterConfigs({ ...request, resources: others });
    const ours = resources.filter(isOurs);
    const repeatedNames = repeated(ours.map(({ resourceName }) => resourceName));
    return {
      responses: [
        ...responses,
        ...ours.map((each) => alterLoggers(each, repeatedNames, validateOnly, broker)),
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

function alterLoggers(
  resource: Resource,
  repeatedNames: ReadonlySet<string>,
  validateOnly: boolean,
  broker: Broker,
) {
  const { resourceType, resourceName, configs } = resource;
  try {
    if (repeatedNames.has(resourceName)) {
      throw new KafkaError("INVALID_REQUEST", "The request names the resource more than once");
    }
    requireThisBroker(resourceName, broker.nodeId);
    alterLevels(broker.loggers, configs, { validateOnly });
    return { resourceType, resourceName, errorCode: 0, errorMessage: null };
  } catch (error) {
    return { resourceType, resourceName, ...errorFields(asKafkaError(error, broker.log)) };
  }
}
