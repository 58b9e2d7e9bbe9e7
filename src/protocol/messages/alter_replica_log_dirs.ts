/**
 * AlterReplicaLogDirs, key 34: moves replicas to other log directories of their broker (KIP-113).
 */
import { array, int16, int32, string, struct } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** Which replicas go where. */
export const AlterReplicaLogDirsRequest = message({
  name: "AlterReplicaLogDirsRequest",
  apiKey: 34,
  listeners: ["broker"],
  versions: [1, 2],
  flexibleFrom: 2,
  fields: {
    dirs: array(struct({
      path: string(),
      topics: array(struct({
        name: string(),
        partitions: array(int32()),
      })),
    })),
  },
});
export type AlterReplicaLogDirsRequest = ValueOf<typeof AlterReplicaLogDirsRequest>;

/** How each move began. */
export const AlterReplicaLogDirsResponse = message({
  name: "AlterReplicaLogDirsResponse",
  apiKey: 34,
  versions: [1, 2],
  flexibleFrom: 2,
  fields: {
    throttleTimeMs: int32(),
    results: array(struct({
      topicName: string(),
      partitions: array(struct({
        partitionIndex: int32(),
        errorCode: int16(),
      })),
    })),
  },
});
export type AlterReplicaLogDirsResponse = ValueOf<typeof AlterReplicaLogDirsResponse>;
