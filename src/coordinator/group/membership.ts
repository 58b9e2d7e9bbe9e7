/**
 * Heartbeat and LeaveGroup, and what both and others ask first: is this one of the group's members?
 */
import {
  errorCode,
  type ErrorName,
  type HeartbeatRequest,
  type HeartbeatResponse,
  type InputOf,
  type LeaveGroupRequest,
  type LeaveGroupResponse,
} from "../../protocol/mod.ts";
import type { Coordination } from "./coordination.ts";
import type { ClassicGroup } from "./group.ts";
import type { Turn } from "./outcome.ts";

/**
 * Whether a member id is one of the group's. An instance id is stronger: who has it under another
 * member id has been replaced, and must not go on.
 */
export function checkMember<T>(
  group: ClassicGroup<T>,
  memberId: string,
  groupInstanceId: string | null,
): ErrorName {
  if (groupInstanceId !== null) {
    const known = group.staticMember(groupInstanceId);
    if (known === undefined) return "UNKNOWN_MEMBER_ID";
    if (known.memberId !== memberId) return "FENCED_INSTANCE_ID";
  }
  return group.member(memberId) === undefined ? "UNKNOWN_MEMBER_ID" : "NONE";
}

/** As {@link checkMember}, and the generation is the present one. */
export function checkGeneration<T>(
  group: ClassicGroup<T>,
  { memberId, groupInstanceId, generationId }: {
    memberId: string;
    groupInstanceId: string | null;
    generationId: number;
  },
): ErrorName {
  const error = checkMember(group, memberId, groupInstanceId);
  if (error !== "NONE") return error;
  return generationId === group.generationId ? "NONE" : "ILLEGAL_GENERATION";
}

export function heartbeat<T>(
  { groups, timers }: Coordination<T>,
  request: HeartbeatRequest,
  to: T,
  turn: Turn<T>,
): void {
  const answer = (error: ErrorName) => {
    const response: InputOf<typeof HeartbeatResponse> = { errorCode: errorCode(error) };
    turn.answer(to, response, () => response);
  };
  if (request.groupId === "") return answer("INVALID_GROUP_ID");
  const group = groups.get(request.groupId);
  if (group === undefined) return answer("UNKNOWN_MEMBER_ID");
  const error = checkGeneration(group, request);
  if (error !== "NONE") return answer(error);
  timers.touch(group, group.member(request.memberId)!, turn.now);
  answer(group.state === "PreparingRebalance" ? "REBALANCE_IN_PROGRESS" : "NONE");
}

/** As much of a client's own words as the log will show. */
const MAX_REASON_CHARS = 255;

type Leaving = LeaveGroupRequest["members"][number];
type Left = NonNullable<InputOf<typeof LeaveGroupResponse>["members"]>[number];

/** Before version 3 a member leaves by itself and hears of it in the top-level error. */
export function leaveGroup<T>(
  coordination: Coordination<T>,
  request: LeaveGroupRequest,
  version: number,
  to: T,
  turn: Turn<T>,
): void {
  const { groupId } = request;
  const answer = (response: InputOf<typeof LeaveGroupResponse>) =>
    turn.answer(to, response, (error) => ({ errorCode: errorCode(error), members: [] }));
  if (groupId === "") return answer({ errorCode: errorCode("INVALID_GROUP_ID"), members: [] });

  const leaving: readonly Leaving[] = version >= 3
    ? request.members
    : [{ memberId: request.memberId, groupInstanceId: null, reason: null }];
  const group = coordination.groups.get(groupId);
  const members = leaving.map((each): Left => {
    const error = group === undefined
      ? "UNKNOWN_MEMBER_ID"
      : leave(coordination, group, each, turn);
    const { memberId, groupInstanceId } = each;
    return { memberId, groupInstanceId, errorCode: errorCode(error) };
  });
  const hasChanged = members.some(({ errorCode }) => errorCode === 0);
  if (group !== undefined && hasChanged) {
    const reason = leaving.find(({ reason }) => reason)?.reason;
    const why = reason ? `a member left: ${reason.slice(0, MAX_REASON_CHARS)}` : "a member left";
    coordination.rebalance.onRemoved(group, turn, why);
  }
  answer(
    version >= 3 ? { errorCode: 0, members } : { errorCode: members[0].errorCode, members: [] },
  );
}

function leave<T>(
  { rebalance, timers }: Coordination<T>,
  group: ClassicGroup<T>,
  { memberId, groupInstanceId }: Leaving,
  turn: Turn<T>,
): ErrorName {
  const { groupId } = group;
  if (memberId === "") { // an operator removes a static member, and knows it by its instance id alone
    const known = groupInstanceId === null ? undefined : group.staticMember(groupInstanceId);
    if (known === undefined) return "UNKNOWN_MEMBER_ID";
    rebalance.remove(group, known, turn);
    turn.say("member removed", { group: groupId, member: known.memberId });
    return "NONE";
  }
  if (group.pendingMembers.delete(memberId)) {
    timers.cancelSession(groupId, memberId);
    return "NONE";
  }
  const error = checkMember(group, memberId, groupInstanceId);
  if (error !== "NONE") return error;
  rebalance.remove(group, group.member(memberId)!, turn);
  turn.say("member left", { group: groupId, member: memberId });
  return "NONE";
}
