/**
 * JoinGroup, key 11: enters a classic group or stays in it for another generation. The answer comes
 * when the group has come together. A new member gets its id first since version 4 (KIP-394),
 * static members since 5 (KIP-345).
 */
import { array, bool, bytes, int16, int32, nullable, string, struct } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The member and the protocols that it can follow. */
export const JoinGroupRequest = message({
  name: "JoinGroupRequest",
  apiKey: 11,
  listeners: ["broker"],
  versions: [0, 9],
  flexibleFrom: 6,
  fields: {
    groupId: string(),
    sessionTimeoutMs: int32(),
    rebalanceTimeoutMs: int32({ since: 1, default: -1, ignorable: true }),
    memberId: string(),
    groupInstanceId: nullable(string(), { since: 5, default: null }), // KIP-345
    protocolType: string(),
    protocols: array(struct({
      name: string(),
      metadata: bytes(),
    })),
    reason: nullable(string(), { since: 8, default: null, ignorable: true }), // KIP-800
  },
});
export type JoinGroupRequest = ValueOf<typeof JoinGroupRequest>;

/** The generation; for its leader also all members and what they said. */
export const JoinGroupResponse = message({
  name: "JoinGroupResponse",
  apiKey: 11,
  versions: [0, 9],
  flexibleFrom: 6,
  fields: {
    throttleTimeMs: int32({ since: 2, ignorable: true }),
    errorCode: int16(),
    generationId: int32({ default: -1 }),
    protocolType: nullable(string(), { since: 7, default: null, ignorable: true }),
    protocolName: nullable(string(), { nullableSince: 7 }),
    leader: string(),
    skipAssignment: bool({ since: 9 }), // KIP-814
    memberId: string(),
    members: array(struct({
      memberId: string(),
      groupInstanceId: nullable(string(), { since: 5, default: null, ignorable: true }),
      metadata: bytes(),
    })),
  },
});
export type JoinGroupResponse = ValueOf<typeof JoinGroupResponse>;
