/**
 * AlterPartitionReassignments, key 45: asks the controller to move partitions to other brokers, or
 * to take back a move that is under way (KIP-455).
 *
 * Served 0 and 1: 1 may forbid that the number of replicas changes (KIP-860).
 */
import {
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse,
  errorCode,
} from "../../protocol/mod.ts";
import { defineSharedApi, MAX_PARTITIONS_AT_ONCE } from "../api.ts";

export const alterPartitionReassignments = defineSharedApi({
  key: 45,
  name: "AlterPartitionReassignments",
  request: AlterPartitionReassignmentsRequest,
  response: AlterPartitionReassignmentsResponse,
  versions: [0, 1],
  maxElements: MAX_PARTITIONS_AT_ONCE,

  handle(request, context, { controller }) {
    if (request.timeoutMs <= 0 && request.topics.length > 0) {
      return failed(request, { code: errorCode("REQUEST_TIMED_OUT"), message: null });
    }
    return controller.alterPartitionReassignments(request, context);
  },

  failed: (request, error) => failed(request, error),
});

/** The error in every place that can hold one. */
function failed(
  { topics, allowReplicationFactorChange }: AlterPartitionReassignmentsRequest,
  { code, message }: { readonly code: number; readonly message: string | null },
) {
  const error = { errorCode: code, errorMessage: message };
  return {
    ...error,
    allowReplicationFactorChange,
    responses: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, ...error })),
    })),
  };
}
