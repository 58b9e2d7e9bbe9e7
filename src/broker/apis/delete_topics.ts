/**
 * DeleteTopics, key 20: asks the controller to remove topics.
 *
 * Served 1 to 6: 4 is flexible, 5 gives the reason in words and is
 * throttled strictly, 6 takes ids as well as names
 * (KIP-516).
 */
import { DeleteTopicsRequest, DeleteTopicsResponse } from "../../protocol/mod.ts";
import { defineSharedApi } from "../api.ts";
import { errorFields } from "../errors.ts";

export const deleteTopics = defineSharedApi({
  key: 20,
  name: "DeleteTopics",
  request: DeleteTopicsRequest,
  response: DeleteTopicsResponse,
  versions: [1, 6],

  async handle(request, context, { controller }) {
    const drawing = context.drawMutations({ strictSince: 5 });
    const answer = await controller.deleteTopics(request, context, drawing);
    context.throttle(Math.max(drawing.throttleMs, answer.throttleTimeMs ?? 0));
    return answer;
  },

  failed: ({ topics, topicNames }, error, { version }) => ({
    responses: version >= 6
      ? topics.map(({ name, topicId }) => ({ name, topicId, ...errorFields(error) }))
      : topicNames.map((name) => ({ name, ...errorFields(error) })),
  }),
});
