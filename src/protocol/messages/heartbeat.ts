/** Heartbeat, key 12: a classic group's member says that it is alive and learns of a rebalance. */
import { int16, int32, nullable, string } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The member's sign of life. */
export const HeartbeatRequest = message({
  name: "HeartbeatRequest",
  apiKey: 12,
  listeners: ["broker"],
  versions: [0, 4],
  flexibleFrom: 4,
  fields: {
    groupId: string(),
    generationId: int32(),
    memberId: string(),
    groupInstanceId: nullable(string(), { since: 3, default: null }), // KIP-345
  },
});
export type HeartbeatRequest = ValueOf<typeof HeartbeatRequest>;

/** Whether the group is as the member believes. */
export const HeartbeatResponse = message({
  name: "HeartbeatResponse",
  apiKey: 12,
  versions: [0, 4],
  flexibleFrom: 4,
  fields: {
    throttleTimeMs: int32({ since: 1, ignorable: true }),
    errorCode: int16(),
  },
});
export type HeartbeatResponse = ValueOf<typeof HeartbeatResponse>;
