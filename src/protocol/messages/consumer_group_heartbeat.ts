/**
 * ConsumerGroupHeartbeat, key 68: everything that a member of a consumer group says and hears
 * (KIP-848): joining, leaving, its subscription, what it owns and what it should. The pattern of
 * version 1 is resolved by the coordinator.
 */
import { array, int16, int32, nullable, string, struct, uuid } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The member; what has not changed since its last heartbeat is null. */
export const ConsumerGroupHeartbeatRequest = message({
  name: "ConsumerGroupHeartbeatRequest",
  apiKey: 68,
  listeners: ["broker"],
  versions: [0, 1],
  flexibleFrom: 0,
  fields: {
    groupId: string(),
    memberId: string(),
    memberEpoch: int32(),
    instanceId: nullable(string(), { default: null }),
    rackId: nullable(string(), { default: null }),
    rebalanceTimeoutMs: int32({ default: -1 }),
    subscribedTopicNames: nullable(array(string()), { default: null }),
    subscribedTopicRegex: nullable(string(), { since: 1, default: null }),
    serverAssignor: nullable(string(), { default: null }),
    topicPartitions: nullable(
      array(struct({
        topicId: uuid(),
        partitions: array(int32()),
      })),
      { default: null },
    ),
  },
});
export type ConsumerGroupHeartbeatRequest = ValueOf<typeof ConsumerGroupHeartbeatRequest>;

/** The member's epoch, and its assignment when that changed. */
export const ConsumerGroupHeartbeatResponse = message({
  name: "ConsumerGroupHeartbeatResponse",
  apiKey: 68,
  versions: [0, 1],
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
export type ConsumerGroupHeartbeatResponse = ValueOf<typeof ConsumerGroupHeartbeatResponse>;
