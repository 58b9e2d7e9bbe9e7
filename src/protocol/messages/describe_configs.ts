/**
 * DescribeConfigs, key 32: the settings of topics, brokers, loggers, groups and client metrics,
 * with where each value comes from. Their documentation since version 3.
 */
import { array, bool, int16, int32, int8, nullable, string, struct } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The resources, and which of their settings; null is all. */
export const DescribeConfigsRequest = message({
  name: "DescribeConfigsRequest",
  apiKey: 32,
  listeners: ["broker", "controller"],
  versions: [1, 4],
  flexibleFrom: 4,
  fields: {
    resources: array(struct({
      resourceType: int8(),
      resourceName: string(),
      configurationKeys: nullable(array(string())),
    })),
    includeSynonyms: bool(),
    includeDocumentation: bool({ since: 3 }),
  },
});
export type DescribeConfigsRequest = ValueOf<typeof DescribeConfigsRequest>;

/** The settings. */
export const DescribeConfigsResponse = message({
  name: "DescribeConfigsResponse",
  apiKey: 32,
  versions: [1, 4],
  flexibleFrom: 4,
  fields: {
    throttleTimeMs: int32(),
    results: array(struct({
      errorCode: int16(),
      errorMessage: nullable(string()),
      resourceType: int8(),
      resourceName: string(),
      configs: array(struct({
        name: string(),
        value: nullable(string()),
        readOnly: bool(),
        configSource: int8({ default: -1 }),
        isSensitive: bool(),
        synonyms: array(struct({
          name: string(),
          value: nullable(string()),
          source: int8(),
        })),
        configType: int8({ since: 3, ignorable: true }),
        documentation: nullable(string(), { since: 3, ignorable: true }),
      })),
    })),
  },
});
export type DescribeConfigsResponse = ValueOf<typeof DescribeConfigsResponse>;
