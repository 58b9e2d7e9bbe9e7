/**
 * AlterConfigs, key 33: replaces all dynamic settings of resources; IncrementalAlterConfigs is what
 * to use instead.
 */
import { array, bool, int16, int32, int8, nullable, string, struct } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The resources with all their settings. */
export const AlterConfigsRequest = message({
  name: "AlterConfigsRequest",
  apiKey: 33,
  listeners: ["broker", "controller"],
  versions: [0, 2],
  flexibleFrom: 2,
  fields: {
    resources: array(struct({
      resourceType: int8(),
      resourceName: string(),
      configs: array(struct({
        name: string(),
        value: nullable(string()),
      })),
    })),
    validateOnly: bool(),
  },
});
export type AlterConfigsRequest = ValueOf<typeof AlterConfigsRequest>;

/** How each resource's change went. */
export const AlterConfigsResponse = message({
  name: "AlterConfigsResponse",
  apiKey: 33,
  versions: [0, 2],
  flexibleFrom: 2,
  fields: {
    throttleTimeMs: int32(),
    responses: array(struct({
      errorCode: int16(),
      errorMessage: nullable(string()),
      resourceType: int8(),
      resourceName: string(),
    })),
  },
});
export type AlterConfigsResponse = ValueOf<typeof AlterConfigsResponse>;
