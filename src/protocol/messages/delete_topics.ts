/** DeleteTopics, key 20: deletes topics, by name, or by id since version 6 (KIP-516). */
import { array, int16, int32, nullable, string, struct, uuid } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The topics to delete. */
export const DeleteTopicsRequest = message({
  name: "DeleteTopicsRequest",
  apiKey: 20,
  listeners: ["broker", "controller"],
  versions: [1, 6],
  flexibleFrom: 4,
  fields: {
    topics: array(
      struct({
        name: nullable(string(), { default: null }),
        topicId: uuid(),
      }),
      { since: 6 },
    ),
    topicNames: array(string(), { until: 5, ignorable: true }),
    timeoutMs: int32(),
  },
});
export type DeleteTopicsRequest = ValueOf<typeof DeleteTopicsRequest>;

/** How each deletion went. */
export const DeleteTopicsResponse = message({
  name: "DeleteTopicsResponse",
  apiKey: 20,
  versions: [1, 6],
  flexibleFrom: 4,
  fields: {
    throttleTimeMs: int32(),
    responses: array(struct({
      name: nullable(string(), { nullableSince: 6 }),
      topicId: uuid({ since: 6, ignorable: true }),
      errorCode: int16(),
      errorMessage: nullable(string(), { since: 5, default: null, ignorable: true }),
    })),
  },
});
export type DeleteTopicsResponse = ValueOf<typeof DeleteTopicsResponse>;
