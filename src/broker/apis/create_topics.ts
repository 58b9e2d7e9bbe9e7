/**
 * CreateTopics, key 19: asks the controller for new topics.
 *
 * Served 2 to 7: 4 takes -1 for the cluster's own number of partitions and replicas (KIP-464), 5 is
 * flexible and tells what was made (KIP-525), 6 is throttled strictly, 7 gives the topic's id.
 *
 * The answer leaves when the records are committed and this broker has applied them, so that a
 * client that asks this broker next finds its topic; other brokers may be a moment behind.
 */
import { CreateTopicsRequest, CreateTopicsResponse } from "../../protocol/mod.ts";
import { defineSharedApi } from "../api.ts";
import { errorFields } from "../errors.ts";

export const createTopics = defineSharedApi({
  key: 19,
  name: "CreateTopics",
  request: CreateTopicsRequest,
  response: CreateTopicsResponse,
  versions: [2, 7],

  async handle(request, context, { controller }) {
    const drawing = context.drawMutations({ strictSince: 6 });
    const answer = await controller.createTopics(request, context, drawing);
    context.throttle(Math.max(drawing.throttleMs, answer.throttleTimeMs ?? 0));
    return answer;
  },

  failed: ({ topics }, error) => ({
    topics: topics.map(({ name }) => ({ name, ...errorFields(error) })),
  }),
});
