/**
 * ShareGroupHeartbeat, key 76: everything that a member of a share group says and hears (KIP-932).
 */
import { array, int16, int32, nullable, string, struct, uuid } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The member; what has not changed since its last heartbeat is null. */
export const ShareGroupHeartbeatRequest = message({
  name: "ShareGroupHeartbeatRequest",
  apiKey: 76,
  listeners: ["broker"],
  versions: [1, 1],
  flexibleFrom: 0,
  fields: {
    groupId: string(),
    memberId: string(),
    memberEpoch: int32(),
    rackId: nullable(string(), { default: null }),
    subscribedTopicNames: nullable(array(string()), { default: null }),
  },
});
export type ShareGroupHeartbeatRequest = ValueOf<typeof ShareGroupHeartbeatRequest>;

/** The member's epoch, and its assignment when that changed. */
export const ShareGroupHeartbeatResponse = message({
  name: "ShareGroupHeartbeatResponse",
  apiKey: 76,
  versions: [1, 1],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullable(string(), { default: null }),
    memberId: nullable(string(), { default: null }),
    memberEpoch: int32(),
    heartbeatIntervalMs: int32(),
    assignment: nullable(
      struct({
        topicPartitions: array(struct({
          topicId: uuid(),
          partitions: array(int32()),
        })),
      }),
      { default: null },
    ),
  },
});
export type ShareGroupHeartbeatResponse = ValueOf<typeof ShareGroupHeartbeatResponse>;
