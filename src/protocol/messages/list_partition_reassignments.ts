/** ListPartitionReassignments, key 46: the partitions that are being moved (KIP-455). */
import { array, int16, int32, nullable, string, struct } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The partitions to look at; null is all. */
export const ListPartitionReassignmentsRequest = message({
  name: "ListPartitionReassignmentsRequest",
  apiKey: 46,
  listeners: ["broker", "controller"],
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    timeoutMs: int32({ default: 60000 }),
    topics: nullable(
      array(struct({
        name: string(),
        partitionIndexes: array(int32()),
      })),
      { default: null },
    ),
  },
});
export type ListPartitionReassignmentsRequest = ValueOf<typeof ListPartitionReassignmentsRequest>;

/** The moves under way. */
export const ListPartitionReassignmentsResponse = message({
  name: "ListPartitionReassignmentsResponse",
  apiKey: 46,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullable(string()),
    topics: array(struct({
      name: string(),
      partitions: array(struct({
        partitionIndex: int32(),
        replicas: array(int32()),
        addingReplicas: array(int32()),
        removingReplicas: array(int32()),
      })),
    })),
  },
});
export type ListPartitionReassignmentsResponse = ValueOf<typeof ListPartitionReassignmentsResponse>;
