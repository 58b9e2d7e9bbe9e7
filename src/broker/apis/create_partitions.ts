/**
 * CreatePartitions, key 37: asks the controller to give topics more partitions. Records stay where
 * they are.
 *
 * Served 0 to 3: 2 is flexible, 3 is throttled strictly.
 */
import { CreatePartitionsRequest, CreatePartitionsResponse } from "../../protocol/mod.ts";
import { defineSharedApi } from "../api.ts";
import { errorFields } from "../errors.ts";

export const createPartitions = defineSharedApi({
  key: 37,
  name: "CreatePartitions",
  request: CreatePartitionsRequest,
  response: CreatePartitionsResponse,
  versions: [0, 3],

  async handle(request, context, { controller }) {
    const drawing = context.drawMutations({ strictSince: 3 });
    const answer = await controller.createPartitions(request, context, drawing);
    context.throttle(Math.max(drawing.throttleMs, answer.throttleTimeMs ?? 0));
    return answer;
  },

  failed: ({ topics }, error) => ({
    results: topics.map(({ name }) => ({ name, ...errorFields(error) })),
  }),
});
