/**
 * ListPartitionReassignments, key 46: which partitions are being moved (KIP-455). The image tells;
 * partitions that do not exist, or stay where they are, are left out.
 *
 * Served 0.
 */
import { listPartitionReassignments as list } from "../../controller/mod.ts";
import {
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsResponse,
} from "../../protocol/mod.ts";
import { defineSharedApi, MAX_PARTITIONS_AT_ONCE } from "../api.ts";
import { errorFields } from "../errors.ts";

export const listPartitionReassignments = defineSharedApi({
  key: 46,
  name: "ListPartitionReassignments",
  request: ListPartitionReassignmentsRequest,
  response: ListPartitionReassignmentsResponse,
  versions: [0, 0],
  maxElements: MAX_PARTITIONS_AT_ONCE,

  handle: (request, _context, { image }) => list(request, image()),

  failed: (_request, error) => errorFields(error),
});
