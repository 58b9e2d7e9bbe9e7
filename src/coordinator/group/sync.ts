/**
 * SyncGroup: the leader hands in the assignments, and every member gets its own. The generation is
 * decided when the record that holds it is written: the group becomes Stable by its replay, and the
 * answers leave once it is committed.
 */
import type { ErrorName, SyncGroupRequest } from "../../protocol/mod.ts";
import { acceptSync, refuseSync } from "./answers.ts";
import type { Coordination } from "./coordination.ts";
import type { ClassicGroup, Parked } from "./group.ts";
import { checkGeneration } from "./membership.ts";
import type { Turn } from "./outcome.ts";
import { encodeGroup } from "./records.ts";

const NO_BYTES = new Uint8Array(0);

export function syncGroup<T>(
  coordination: Coordination<T>,
  request: SyncGroupRequest,
  parked: Parked<T>,
  turn: Turn<T>,
): void {
  const { groupId, memberId, protocolType, protocolName } = request;
  // Nullable, and yet not optional: Kafka asks for both before anything else (KIP-559).
  if (parked.version >= 5 && (protocolType === null || protocolName === null)) {
    return refuseSync(turn, parked, "INCONSISTENT_GROUP_PROTOCOL");
  }
  if (groupId === "") return refuseSync(turn, parked, "INVALID_GROUP_ID");
  const group = coordination.groups.get(groupId);
  if (group === undefined) return refuseSync(turn, parked, "UNKNOWN_MEMBER_ID");
  const error = checkSync(group, request);
  if (error !== "NONE") return refuseSync(turn, parked, error);

  const { timers, rebalance } = coordination;
  const member = group.member(memberId)!;
  rebalance.onSynced(group, memberId);
  if (group.state === "Stable") {
    acceptSync(turn, parked, group, member.assignment);
    return timers.touch(group, member, turn.now);
  }
  if (group.leaderId === memberId && !hasRoomToKeep(coordination, request)) {
    turn.limited("group.coordinator.max.bytes");
    return refuseSync(turn, parked, "GROUP_MAX_SIZE_REACHED");
  }
  const before = group.parkSync(memberId, parked);
  if (before !== undefined) refuseSync(turn, before, "REBALANCE_IN_PROGRESS"); // the same member twice
  timers.cancelSession(groupId, memberId);
  if (group.leaderId === memberId) assign(coordination, group, request, turn);
}

/** What a SyncGroup is refused for; NONE in CompletingRebalance and Stable only. */
function checkSync<T>(group: ClassicGroup<T>, request: SyncGroupRequest): ErrorName {
  const error = checkGeneration(group, request);
  if (error !== "NONE") return error;
  const isConsistent = agree(request.protocolType, group.protocolType ?? null) &&
    agree(request.protocolName, group.protocolName);
  if (!isConsistent) return "INCONSISTENT_GROUP_PROTOCOL";
  if (group.state === "Empty") return "UNKNOWN_MEMBER_ID";
  return group.state === "PreparingRebalance" ? "REBALANCE_IN_PROGRESS" : "NONE";
}

/**
 * Versions before 5 do not say what they believe in, and a group without a generation has nothing
 * to compare with.
 */
const agree = (theirs: string | null, ours: string | null): boolean =>
  theirs === null || ours === null || theirs === ours;

/** Assignments that are as large as the group's record is now take no more room. */
function hasRoomToKeep<T>(
  { room, stored }: Coordination<T>,
  { groupId, assignments }: SyncGroupRequest,
): boolean {
  let more = -stored.bytesOf(groupId);
  for (const { assignment } of assignments) more += assignment.length;
  return more <= 0 || more <= room.bytes();
}

function assign<T>(
  { rebalance, timers }: Coordination<T>,
  group: ClassicGroup<T>,
  { assignments }: SyncGroupRequest,
  turn: Turn<T>,
): void {
  const byMember = new Map(assignments.map(({ memberId, assignment }) => [memberId, assignment]));
  const assignmentOf = (memberId: string) => byMember.get(memberId) ?? NO_BYTES;
  turn.write(encodeGroup(group.groupId, group.toStored(({ memberId }) => assignmentOf(memberId))));
  for (const member of group.members) {
    const waiting = group.takeSync(member.memberId);
    if (waiting === undefined) continue; // it will ask, and be answered from the stable group
    acceptSync(turn, waiting, group, assignmentOf(member.memberId).slice());
    timers.touch(group, member, turn.now);
  }
  // What the leader worked out is lost: it has to be asked again.
  turn.ifRefused((undoing) => {
    group.forgetAssignments();
    rebalance.begin(group, undoing, "the assignment could not be written");
  });
  turn.say("group stable", {
    group: group.groupId,
    generation: group.generationId,
    members: group.size,
  });
}
