/** CreatePartitions, key 37: adds partitions to topics. */
import { array, bool, int16, int32, nullable, string, struct } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The new number of partitions of each topic, and where the added ones go. */
export const CreatePartitionsRequest = message({
  name: "CreatePartitionsRequest",
  apiKey: 37,
  listeners: ["broker", "controller"],
  versions: [0, 3],
  flexibleFrom: 2,
  fields: {
    topics: array(struct({
      name: string(),
      count: int32(),
      assignments: nullable(array(struct({
        brokerIds: array(int32()),
      }))),
    })),
    timeoutMs: int32(),
    validateOnly: bool(),
  },
});
export type CreatePartitionsRequest = ValueOf<typeof CreatePartitionsRequest>;

/** How each topic's change went. */
export const CreatePartitionsResponse = message({
  name: "CreatePartitionsResponse",
  apiKey: 37,
  versions: [0, 3],
  flexibleFrom: 2,
  fields: {
    throttleTimeMs: int32(),
    results: array(struct({
      name: string(),
      errorCode: int16(),
      errorMessage: nullable(string(), { default: null }),
    })),
  },
});
export type CreatePartitionsResponse = ValueOf<typeof CreatePartitionsResponse>;
