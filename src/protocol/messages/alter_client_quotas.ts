/** AlterClientQuotas, key 49: sets and removes quotas (KIP-546). */
import { array, bool, float64, int16, int32, nullable, string, struct } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The changes, by entity. */
export const AlterClientQuotasRequest = message({
  name: "AlterClientQuotasRequest",
  apiKey: 49,
  listeners: ["broker", "controller"],
  versions: [0, 1],
  flexibleFrom: 1,
  fields: {
    entries: array(struct({
      entity: array(struct({
        entityType: string(),
        entityName: nullable(string()),
      })),
      ops: array(struct({
        key: string(),
        value: float64(),
        remove: bool(),
      })),
    })),
    validateOnly: bool(),
  },
});
export type AlterClientQuotasRequest = ValueOf<typeof AlterClientQuotasRequest>;

/** How each entity's changes went. */
export const AlterClientQuotasResponse = message({
  name: "AlterClientQuotasResponse",
  apiKey: 49,
  versions: [0, 1],
  flexibleFrom: 1,
  fields: {
    throttleTimeMs: int32(),
    entries: array(struct({
      errorCode: int16(),
      errorMessage: nullable(string()),
      entity: array(struct({
        entityType: string(),
        entityName: nullable(string()),
      })),
    })),
  },
});
export type AlterClientQuotasResponse = ValueOf<typeof AlterClientQuotasResponse>;
