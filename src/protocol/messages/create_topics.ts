/**
 * CreateTopics, key 19: creates topics. Only checked with `validateOnly`; defaults for -1 since
 * version 4 (KIP-464), the settings in the answer since 5 (KIP-525), topic ids since 7.
 */
import { array, bool, int16, int32, int8, nullable, string, struct, uuid } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The topics to create. */
export const CreateTopicsRequest = message({
  name: "CreateTopicsRequest",
  apiKey: 19,
  listeners: ["broker", "controller"],
  versions: [2, 7],
  flexibleFrom: 5,
  fields: {
    topics: array(struct({
      name: string(),
      numPartitions: int32(),
      replicationFactor: int16(),
      assignments: array(struct({
        partitionIndex: int32(),
        brokerIds: array(int32()),
      })),
      configs: array(struct({
        name: string(),
        value: nullable(string()),
      })),
    })),
    timeoutMs: int32({ default: 60000 }),
    validateOnly: bool(),
  },
});
export type CreateTopicsRequest = ValueOf<typeof CreateTopicsRequest>;

/** How each creation went. */
export const CreateTopicsResponse = message({
  name: "CreateTopicsResponse",
  apiKey: 19,
  versions: [2, 7],
  flexibleFrom: 5,
  fields: {
    throttleTimeMs: int32(),
    topics: array(struct({
      name: string(),
      topicId: uuid({ since: 7, ignorable: true }),
      errorCode: int16(),
      errorMessage: nullable(string()),
      topicConfigErrorCode: int16({ since: 5, tag: 0, ignorable: true }),
      numPartitions: int32({ since: 5, default: -1, ignorable: true }),
      replicationFactor: int16({ since: 5, default: -1, ignorable: true }),
      configs: nullable(
        array(struct({
          name: string(),
          value: nullable(string()),
          readOnly: bool(),
          configSource: int8({ default: -1 }),
          isSensitive: bool(),
        })),
        { since: 5, ignorable: true },
      ),
    })),
  },
});
export type CreateTopicsResponse = ValueOf<typeof CreateTopicsResponse>;
