/**
 * IncrementalAlterConfigs, key 44: sets, deletes, appends to or subtracts from single settings of
 * resources (KIP-339).
 */
import { array, bool, int16, int32, int8, nullable, string, struct } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The changes, by resource. */
export const IncrementalAlterConfigsRequest = message({
  name: "IncrementalAlterConfigsRequest",
  apiKey: 44,
  listeners: ["broker", "controller"],
  versions: [0, 1],
  flexibleFrom: 1,
  fields: {
    resources: array(struct({
      resourceType: int8(),
      resourceName: string(),
      configs: array(struct({
        name: string(),
        configOperation: int8(),
        value: nullable(string()),
      })),
    })),
    validateOnly: bool(),
  },
});
export type IncrementalAlterConfigsRequest = ValueOf<typeof IncrementalAlterConfigsRequest>;

/** How each resource's changes went. */
export const IncrementalAlterConfigsResponse = message({
  name: "IncrementalAlterConfigsResponse",
  apiKey: 44,
  versions: [0, 1],
  flexibleFrom: 1,
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
export type IncrementalAlterConfigsResponse = ValueOf<typeof IncrementalAlterConfigsResponse>;
