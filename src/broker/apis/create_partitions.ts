/**
 * CreatePartitions, key 37: asks the controller to give topics more partitions. Records stay where
 * they are.
 *
 * Served 0 to 3: 2 is flexible, 3 is throttled strictly.
 */
import { CreatePartitionsRequest, CreatePartitionsResponse } from "../../protocol/mod.ts";
import { defineApi } from "../api.ts";
import { errorFields } from "../errors.ts";

export const createPartitions = defineApi({
  key: 37,
  name: "CreatePartitions",
  request: CreatePartitionsRequest,
  response: CreatePartitionsResponse,
  versions: [0, 3],

  handle: (request, _context, broker) => broker.controller.createPartitions(request),

  failed: ({ topics }, error) => ({
    results: topics.map(({ name }) => ({ name, ...errorFields(error) })),
  }),
});
