/**
 * SyncGroup, key 14: a classic group's leader hands in the assignment, and every member gets its
 * part.
 */
import { array, bytes, int16, int32, nullable, string, struct } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The assignment from the leader; an empty one from everyone else. */
export const SyncGroupRequest = message({
  name: "SyncGroupRequest",
  apiKey: 14,
  listeners: ["broker"],
  versions: [0, 5],
  flexibleFrom: 4,
  fields: {
    groupId: string(),
    generationId: int32(),
    memberId: string(),
    groupInstanceId: nullable(string(), { since: 3, default: null }), // KIP-345
    protocolType: nullable(string(), { since: 5, default: null, ignorable: true }), // KIP-559
    protocolName: nullable(string(), { since: 5, default: null, ignorable: true }),
    assignments: array(struct({
      memberId: string(),
      assignment: bytes(),
    })),
  },
});
export type SyncGroupRequest = ValueOf<typeof SyncGroupRequest>;

/** What the member is to read. */
export const SyncGroupResponse = message({
  name: "SyncGroupResponse",
  apiKey: 14,
  versions: [0, 5],
  flexibleFrom: 4,
  fields: {
    throttleTimeMs: int32({ since: 1, ignorable: true }),
    errorCode: int16(),
    protocolType: nullable(string(), { since: 5, default: null, ignorable: true }),
    protocolName: nullable(string(), { since: 5, default: null, ignorable: true }),
    assignment: bytes(),
  },
});
export type SyncGroupResponse = ValueOf<typeof SyncGroupResponse>;
