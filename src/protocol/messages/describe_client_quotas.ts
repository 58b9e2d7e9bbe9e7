/**
 * DescribeClientQuotas, key 48: the quotas of users, clients and addresses that match a filter
 * (KIP-546).
 */
import { array, bool, float64, int16, int32, int8, nullable, string, struct } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The filter. */
export const DescribeClientQuotasRequest = message({
  name: "DescribeClientQuotasRequest",
  apiKey: 48,
  listeners: ["broker"],
  versions: [0, 1],
  flexibleFrom: 1,
  fields: {
    components: array(struct({
      entityType: string(),
      matchType: int8(),
      match: nullable(string()),
    })),
    strict: bool(),
  },
});
export type DescribeClientQuotasRequest = ValueOf<typeof DescribeClientQuotasRequest>;

/** The quotas, by entity. */
export const DescribeClientQuotasResponse = message({
  name: "DescribeClientQuotasResponse",
  apiKey: 48,
  versions: [0, 1],
  flexibleFrom: 1,
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullable(string()),
    entries: nullable(array(struct({
      entity: array(struct({
        entityType: string(),
        entityName: nullable(string()),
      })),
      values: array(struct({
        key: string(),
        value: float64(),
      })),
    }))),
  },
});
export type DescribeClientQuotasResponse = ValueOf<typeof DescribeClientQuotasResponse>;
