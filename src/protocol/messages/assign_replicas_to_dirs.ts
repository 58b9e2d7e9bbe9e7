/**
 * AssignReplicasToDirs, key 73: a broker tells the controller in which log directories its replicas
 * are (KIP-858).
 */
import { array, int16, int32, int64, struct, uuid } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The replicas, by directory. */
export const AssignReplicasToDirsRequest = message({
  name: "AssignReplicasToDirsRequest",
  apiKey: 73,
  listeners: ["controller"],
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    brokerId: int32(),
    brokerEpoch: int64({ default: -1 }),
    directories: array(struct({
      id: uuid(),
      topics: array(struct({
        topicId: uuid(),
        partitions: array(struct({
          partitionIndex: int32(),
        })),
      })),
    })),
  },
});
export type AssignReplicasToDirsRequest = ValueOf<typeof AssignReplicasToDirsRequest>;

/** How each assignment went. */
export const AssignReplicasToDirsResponse = message({
  name: "AssignReplicasToDirsResponse",
  apiKey: 73,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    directories: array(struct({
      id: uuid(),
      topics: array(struct({
        topicId: uuid(),
        partitions: array(struct({
          partitionIndex: int32(),
          errorCode: int16(),
        })),
      })),
    })),
  },
});
export type AssignReplicasToDirsResponse = ValueOf<typeof AssignReplicasToDirsResponse>;
