/**
 * AlterPartitionReassignments, key 45: moves partitions to other replicas, or calls a move off
 * (KIP-455).
 */
import { array, bool, int16, int32, nullable, string, struct } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The new replicas of each partition; null calls off. */
export const AlterPartitionReassignmentsRequest = message({
  name: "AlterPartitionReassignmentsRequest",
  apiKey: 45,
  listeners: ["broker", "controller"],
  versions: [0, 1],
  flexibleFrom: 0,
  fields: {
    timeoutMs: int32({ default: 60000 }),
    allowReplicationFactorChange: bool({ since: 1, default: true }),
    topics: array(struct({
      name: string(),
      partitions: array(struct({
        partitionIndex: int32(),
        replicas: nullable(array(int32()), { default: null }),
      })),
    })),
  },
});
export type AlterPartitionReassignmentsRequest = ValueOf<typeof AlterPartitionReassignmentsRequest>;

/** How each move began. */
export const AlterPartitionReassignmentsResponse = message({
  name: "AlterPartitionReassignmentsResponse",
  apiKey: 45,
  versions: [0, 1],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: int32(),
    allowReplicationFactorChange: bool({ since: 1, default: true, ignorable: true }),
    errorCode: int16(),
    errorMessage: nullable(string()),
    responses: array(struct({
      name: string(),
      partitions: array(struct({
        partitionIndex: int32(),
        errorCode: int16(),
        errorMessage: nullable(string()),
      })),
    })),
  },
});
export type AlterPartitionReassignmentsResponse = ValueOf<
  typeof AlterPartitionReassignmentsResponse
>;
