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
import { defineApi } from "../api.ts";
import { errorFields } from "../errors.ts";

export const listPartitionReassignments = defineApi({
  key: 46,
  name: "ListPartitionReassignments",
  request: ListPartitionReassignmentsRequest,
  response: ListPartitionReassignmentsResponse,
  versions: [0, 0],

  handle: (request, _context, broker) => list(request, broker.image()),

  failed: (_request, error) => errorFields(error),
});
