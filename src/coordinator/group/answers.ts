/**
 * Answers to JoinGroup and SyncGroup, which may be given long after the request came, when its
 * version is all that is left of it.
 */
import {
  errorCode,
  type ErrorName,
  type InputOf,
  type JoinGroupResponse,
  type SyncGroupResponse,
} from "../../protocol/mod.ts";
import type { ClassicGroup, Member, Parked } from "./group.ts";
import type { Turn } from "./outcome.ts";

type JoinAnswer = InputOf<typeof JoinGroupResponse>;
type SyncAnswer = InputOf<typeof SyncGroupResponse>;

/** Before version 7 a protocol name can't be null. */
function joinError(error: ErrorName, { version }: Parked<unknown>, memberId: string): JoinAnswer {
  const protocolName = version >= 7 ? null : "";
  return { errorCode: errorCode(error), generationId: -1, protocolName, memberId };
}

export function refuseJoin<T>(
  turn: Turn<T>,
  parked: Parked<T>,
  error: ErrorName,
  memberId = "",
): void {
  const response = joinError(error, parked, memberId);
  turn.answer(parked.to, response, () => response);
}

/**
 * Welcomes a member to the present generation. Says so to nobody yet if the turn's records are
 * refused.
 */
export function acceptJoin<T>(
  turn: Turn<T>,
  parked: Parked<T>,
  group: ClassicGroup<T>,
  member: Member<T>,
  { leader = group.leaderId ?? "", skipAssignment = false, withMembers = false } = {},
): void {
  const members = withMembers
    ? [...group.members].map((each) => ({
      memberId: each.memberId,
      groupInstanceId: each.groupInstanceId,
      metadata: group.metadataOf(each),
    }))
    : [];
  const response: JoinAnswer = {
    errorCode: 0,
    generationId: group.generationId,
    protocolType: group.protocolType ?? null,
    protocolName: group.protocolName ?? "",
    leader,
    skipAssignment,
    memberId: member.memberId,
    members,
  };
  turn.answer(parked.to, response, (error) => joinError(error, parked, ""));
}

const syncError = (error: ErrorName): SyncAnswer => ({
  errorCode: errorCode(error),
  assignment: new Uint8Array(0),
});

export function refuseSync<T>(turn: Turn<T>, parked: Parked<T>, error: ErrorName): void {
  const response = syncError(error);
  turn.answer(parked.to, response, () => response);
}

export function acceptSync<T>(
  turn: Turn<T>,
  parked: Parked<T>,
  group: ClassicGroup<T>,
  assignment: Uint8Array,
): void {
  const response: SyncAnswer = {
    errorCode: 0,
    protocolType: group.protocolType ?? null,
    protocolName: group.protocolName,
    assignment,
  };
  turn.answer(parked.to, response, syncError);
}
