/**
 * ListConfigResources, key 74: the resources that have settings, or could have them (KIP-1142).
 *
 * Served 0 and 1; 0 asks for client metrics alone, and was called ListClientMetricsResources.
 * Topics and brokers are listed whether they have settings or not, groups and client metrics that
 * have some.
 */
import type { MetadataImage } from "../../metadata/mod.ts";
import {
  KafkaError,
  ListConfigResourcesRequest,
  ListConfigResourcesResponse,
  RESOURCE,
} from "../../protocol/mod.ts";
import { defineApi } from "../api.ts";
import { errorFields } from "../errors.ts";

const ALL: readonly number[] = Object.values(RESOURCE);

export const listConfigResources = defineApi({
  key: 74,
  name: "ListConfigResources",
  request: ListConfigResourcesRequest,
  response: ListConfigResourcesResponse,
  versions: [0, 1],

  handle({ resourceTypes }, { version }, broker) {
    const strange = resourceTypes.find((type) => !ALL.includes(type));
    if (strange !== undefined) {
      throw new KafkaError("UNSUPPORTED_VERSION", `Resources of type ${strange} are not listed`);
    }
    const asked = version === 0
      ? [RESOURCE.clientMetrics]
      : resourceTypes.length === 0
      ? ALL
      : [...new Set(resourceTypes)];
    const configResources = asked.flatMap((resourceType) =>
      namesOf(resourceType, broker.image())
        .map((resourceName) => ({ resourceName, resourceType }))
    );
    return { errorCode: 0, configResources };
  },

  failed: (_request, error) => ({ errorCode: errorFields(error).errorCode, configResources: [] }),
});

function namesOf(type: number, image: MetadataImage): string[] {
  const { topic, broker, brokerLogger } = RESOURCE;
  if (type === topic) return [...image.topicNames()];
  if (type === broker || type === brokerLogger) return [...image.brokers.keys()].map(String);
  return image.configResources().filter((each) => each.type === type).map(({ name }) => name);
}
