/**
 * ListConfigResources, key 74: the resources that have settings of their own (KIP-1142); in version
 * 0 those for client metrics.
 */
import { array, int16, int32, int8, string, struct } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The types of resources; none is all. */
export const ListConfigResourcesRequest = message({
  name: "ListConfigResourcesRequest",
  apiKey: 74,
  listeners: ["broker"],
  versions: [0, 1],
  flexibleFrom: 0,
  fields: {
    resourceTypes: array(int8(), { since: 1 }),
  },
});
export type ListConfigResourcesRequest = ValueOf<typeof ListConfigResourcesRequest>;

/** The resources. */
export const ListConfigResourcesResponse = message({
  name: "ListConfigResourcesResponse",
  apiKey: 74,
  versions: [0, 1],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    configResources: array(struct({
      resourceName: string(),
      resourceType: int8({ since: 1, default: 16, ignorable: true }),
    })),
  },
});
export type ListConfigResourcesResponse = ValueOf<typeof ListConfigResourcesResponse>;
