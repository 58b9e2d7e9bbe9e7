/**
 * JoinGroup: who may become a member, and what it sets in motion. Section 9.1 of the behaviour.
 *
 *     group unknown ── member id given ──► UNKNOWN_MEMBER_ID
 *          │ none: the group begins
 *          ▼
 *     no member id ── dynamic, v4+ ──► MEMBER_ID_REQUIRED with an id to come back with (KIP-394)
 *          │        ── static, known ──► takes the place of the old member id (KIP-345)
 *          ▼
 *     a member, parked until the rebalance ends
 */
import { LIMITS } from "../../config/mod.ts";
import type { JoinGroupRequest } from "../../protocol/mod.ts";
import { acceptJoin, refuseJoin, refuseSync } from "./answers.ts";
import type { Coordination, RequestContext } from "./coordination.ts";
import { ClassicGroup, type Member, type Parked } from "./group.ts";
import { checkMember } from "./membership.ts";
import type { Turn } from "./outcome.ts";
import { isSameProtocols, type MemberProtocol } from "./protocol_choice.ts";
import { encodeGroup } from "./records.ts";
import { weightOfMember } from "./weight.ts";

/**
 * As many ids may be out in one group. Each is kept for a session, which may last half an hour:
 * without an end, a client that asks for ids and never comes back with one would fill our memory.
 */
export const MAX_PENDING_MEMBERS = LIMITS["group.pending.members"].fixed;

/** A JoinGroup with all that its handling needs. */
interface Join<T> extends Parked<T> {
  readonly request: JoinGroupRequest;
  readonly context: RequestContext;
  readonly protocols: readonly MemberProtocol[];
}

export function joinGroup<T>(
  coordination: Coordination<T>,
  request: JoinGroupRequest,
  context: RequestContext,
  parked: Parked<T>,
  turn: Turn<T>,
): void {
  const { groupId, memberId, sessionTimeoutMs } = request;
  const { config, stored, groups } = coordination;
  if (groupId === "") return refuseJoin(turn, parked, "INVALID_GROUP_ID", memberId);
  if (
    sessionTimeoutMs < config.minSessionTimeoutMs || sessionTimeoutMs > config.maxSessionTimeoutMs
  ) {
    return refuseJoin(turn, parked, "INVALID_SESSION_TIMEOUT", memberId);
  }
  if (stored.others.has(groupId)) {
    return refuseJoin(turn, parked, "INCONSISTENT_GROUP_PROTOCOL", memberId);
  }
  const join = { ...parked, request, context, protocols: protocolsOf(request) };
  const group = groups.get(groupId);
  if (group !== undefined) return joinExisting(coordination, group, join, turn);
  if (memberId !== "") return refuseJoin(turn, parked, "UNKNOWN_MEMBER_ID", memberId);
  if (request.protocolType === "" || join.protocols.length === 0) {
    return refuseJoin(turn, parked, "INCONSISTENT_GROUP_PROTOCOL");
  }
  if (coordination.room.groups() <= 0) {
    turn.limited("group.coordinator.max.groups");
    return refuseJoin(turn, parked, "GROUP_MAX_SIZE_REACHED");
  }
  if (!hasRoomToKeep(coordination, undefined, join)) {
    turn.limited("group.coordinator.max.bytes");
    return refuseJoin(turn, parked, "GROUP_MAX_SIZE_REACHED");
  }
  createGroup(coordination, join, turn);
}

/** What the member says of itself now is kept in place of what it said before. */
function hasRoomToKeep<T>(
  { room }: Coordination<T>,
  group: ClassicGroup<T> | undefined,
  { request: { memberId, groupInstanceId }, protocols }: Join<T>,
): boolean {
  const known = group?.member(memberId) ?? group?.staticMember(groupInstanceId ?? "");
  const more = weightOfMember(protocols) - (known ? weightOfMember(known.protocols) : 0);
  return more <= 0 || more <= room.bytes();
}

/** As sent, but for a name that comes twice. The bytes are ours: they outlive the request. */
function protocolsOf({ protocols }: JoinGroupRequest): MemberProtocol[] {
  const byName = new Map<string, MemberProtocol>();
  for (const { name, metadata } of protocols) {
    if (!byName.has(name)) byName.set(name, { name, metadata: metadata.slice() });
  }
  return [...byName.values()];
}

/**
 * A group is there from its first join on, and the log says so before the joiner hears anything.
 */
function createGroup<T>(coordination: Coordination<T>, join: Join<T>, turn: Turn<T>): void {
  const { groupId } = join.request;
  const { groups, timers } = coordination;
  const group = new ClassicGroup<T>(groupId, turn.now, coordination.weight);
  groups.set(groupId, group);
  turn.write(encodeGroup(groupId, group.toStored()));
  turn.ifRefused((undoing, error) => {
    for (const { memberId } of group.members) {
      const waiting = group.takeJoin(memberId);
      if (waiting !== undefined) refuseJoin(undoing, waiting, error);
    }
    timers.forget(group);
    group.release();
    groups.delete(groupId);
  });
  joinExisting(coordination, group, join, turn);
}

function joinExisting<T>(
  coordination: Coordination<T>,
  group: ClassicGroup<T>,
  join: Join<T>,
  turn: Turn<T>,
): void {
  const { memberId, protocolType } = join.request;
  if (!hasRoomFor(group, memberId, coordination.config.maxSize)) {
    // A full group that calls everyone back takes the first that come: the rest are members no
    // more.
    const member = group.member(memberId);
    if (member !== undefined) coordination.rebalance.remove(group, member, turn);
    forgetPending(coordination, group, memberId);
    turn.limited("group.max.size");
    refuseJoin(turn, join, "GROUP_MAX_SIZE_REACHED");
    return coordination.rebalance.maybeComplete(group, turn);
  }
  if (!group.supports(protocolType, join.protocols)) {
    return refuseJoin(turn, join, "INCONSISTENT_GROUP_PROTOCOL", memberId);
  }
  if (!hasRoomToKeep(coordination, group, join)) {
    turn.limited("group.coordinator.max.bytes");
    return refuseJoin(turn, join, "GROUP_MAX_SIZE_REACHED", memberId);
  }
  if (memberId === "") return joinWithoutId(coordination, group, join, turn);
  if (group.pendingMembers.has(memberId)) {
    if (join.request.groupInstanceId !== null) {
      return refuseJoin(turn, join, "UNKNOWN_MEMBER_ID", memberId); // the id was given to a dynamic member
    }
    return addMember(coordination, group, join, memberId, turn);
  }
  const error = checkMember(group, memberId, join.request.groupInstanceId);
  if (error !== "NONE") return refuseJoin(turn, join, error, memberId);
  rejoin(coordination, group, group.member(memberId)!, join, turn);
}

function hasRoomFor<T>(group: ClassicGroup<T>, memberId: string, maxSize: number): boolean {
  switch (group.state) {
    case "Empty":
      return true;
    case "PreparingRebalance":
      return group.isAwaitingJoin(memberId) || group.awaitingJoinCount < maxSize;
    default:
      return group.member(memberId) !== undefined || group.size < maxSize;
  }
}

function forgetPending<T>(
  { timers }: Coordination<T>,
  group: ClassicGroup<T>,
  memberId: string,
): void {
  if (group.pendingMembers.delete(memberId)) timers.cancelSession(group.groupId, memberId);
}

function joinWithoutId<T>(
  coordination: Coordination<T>,
  group: ClassicGroup<T>,
  join: Join<T>,
  turn: Turn<T>,
): void {
  const { groupInstanceId, sessionTimeoutMs } = join.request;
  const memberId = coordination.newMemberId(groupInstanceId ?? join.context.clientId ?? "");
  if (groupInstanceId !== null) {
    const known = group.staticMember(groupInstanceId);
    if (known !== undefined) return replace(coordination, group, known, join, memberId, turn);
  } else if (join.version >= 4) {
    if (group.pendingMembers.size >= MAX_PENDING_MEMBERS) {
      turn.limited("group.pending.members");
      return refuseJoin(turn, join, "GROUP_MAX_SIZE_REACHED");
    }
    // Else every retry of a JoinGroup whose answer was lost would leave one more dead member behind
    // (KIP-394).
    group.pendingMembers.add(memberId);
    coordination.timers.setSession(group.groupId, memberId, turn.now + sessionTimeoutMs);
    return refuseJoin(turn, join, "MEMBER_ID_REQUIRED", memberId);
  }
  addMember(coordination, group, join, memberId, turn);
}

function newMember<T>(
  { request, context, protocols, version }: Join<T>,
  memberId: string,
): Member<T> {
  return {
    memberId,
    groupInstanceId: request.groupInstanceId,
    clientId: context.clientId ?? "",
    clientHost: context.clientHost,
    sessionTimeoutMs: request.sessionTimeoutMs,
    rebalanceTimeoutMs: rebalanceTimeoutOf(request, version),
    protocols,
    assignment: new Uint8Array(0),
    isNew: true,
  };
}

/** Version 0 has one timeout for both. */
const rebalanceTimeoutOf = (request: JoinGroupRequest, version: number): number =>
  version === 0 ? request.sessionTimeoutMs : request.rebalanceTimeoutMs;

function addMember<T>(
  { config, timers, rebalance }: Coordination<T>,
  group: ClassicGroup<T>,
  join: Join<T>,
  memberId: string,
  turn: Turn<T>,
): void {
  if (group.isEmpty) group.protocolType = join.request.protocolType;
  if (group.initialDelay !== undefined) group.hasNewcomer = true;
  group.add(newMember(join, memberId));
  group.parkJoin(memberId, join);
  timers.setSession(group.groupId, memberId, turn.now + config.newMemberJoinTimeoutMs);
  rebalance.onChange(group, turn, "a member joined");
}

/**
 * A member that we know joins: because it was called, because it wants something else, or by
 * mistake.
 */
function rejoin<T>(
  coordination: Coordination<T>,
  group: ClassicGroup<T>,
  member: Member<T>,
  join: Join<T>,
  turn: Turn<T>,
): void {
  const isLeader = group.leaderId === member.memberId;
  const isUnchanged = isSameProtocols(member.protocols, join.protocols);
  switch (group.state) {
    case "PreparingRebalance":
      return parkRejoin(coordination, group, member, join, turn, "a member rejoined");
    case "CompletingRebalance":
      // Most likely it did not get our answer; it is told again. The generation goes on.
      if (isUnchanged) return acceptJoin(turn, join, group, member, { withMembers: isLeader });
      return parkRejoin(coordination, group, member, join, turn, "a member's protocols changed");
    case "Stable":
      // A leader joins when it has seen topics or partitions change: that takes a new assignment.
      if (isLeader) {
        return parkRejoin(coordination, group, member, join, turn, "the leader rejoined");
      }
      if (isUnchanged) return acceptJoin(turn, join, group, member);
      return parkRejoin(coordination, group, member, join, turn, "a member's protocols changed");
    case "Empty":
      return refuseJoin(turn, join, "UNKNOWN_MEMBER_ID", member.memberId);
  }
}

function parkRejoin<T>(
  { rebalance, timers }: Coordination<T>,
  group: ClassicGroup<T>,
  member: Member<T>,
  join: Join<T>,
  turn: Turn<T>,
  reason: string,
): void {
  update(group, member, join);
  const before = group.parkJoin(member.memberId, join);
  // The same member twice: whoever waits for the first answer has given up, or is about to retry.
  if (before !== undefined) refuseJoin(turn, before, "REBALANCE_IN_PROGRESS", member.memberId);
  if (!member.isNew) timers.cancelSession(group.groupId, member.memberId);
  rebalance.onChange(group, turn, reason);
}

function update<T>(
  group: ClassicGroup<T>,
  member: Member<T>,
  { request, context, protocols, version }: Join<T>,
): void {
  group.setProtocols(member, protocols);
  member.sessionTimeoutMs = request.sessionTimeoutMs;
  member.rebalanceTimeoutMs = rebalanceTimeoutOf(request, version);
  member.clientId = context.clientId ?? "";
  member.clientHost = context.clientHost;
}

/**
 * A static member has restarted: it comes without the member id that it had, takes its own place
 * under a new one, and fences whoever still uses the old. Unless the protocol changes by it, a
 * stable group need not rebalance.
 */
function replace<T>(
  { config, rebalance, timers }: Coordination<T>,
  group: ClassicGroup<T>,
  old: Member<T>,
  join: Join<T>,
  memberId: string,
  turn: Turn<T>,
): void {
  const { groupId } = group;
  const oldLeader = group.leaderId;
  const oldJoin = group.takeJoin(old.memberId);
  if (oldJoin !== undefined) refuseJoin(turn, oldJoin, "FENCED_INSTANCE_ID", old.memberId);
  dismissSync(group, old, turn);
  const member: Member<T> = {
    ...newMember(join, memberId),
    assignment: old.assignment,
    isNew: old.isNew,
  };
  group.replace(old.memberId, member);
  timers.cancelSession(groupId, old.memberId);
  turn.say("static member replaced", {
    group: groupId,
    instance: member.groupInstanceId,
    from: old.memberId,
    to: memberId,
  });

  if (group.state !== "Stable" || group.chooseProtocol() !== group.protocolName) {
    group.parkJoin(memberId, join);
    if (member.isNew) {
      timers.setSession(groupId, memberId, turn.now + config.newMemberJoinTimeoutMs);
    }
    return rebalance.onChange(group, turn, "a static member was replaced");
  }
  timers.touch(group, member, turn.now);
  turn.write(encodeGroup(groupId, group.toStored()));
  turn.ifRefused((undoing) => {
    group.replace(memberId, old);
    timers.cancelSession(groupId, memberId);
    timers.touch(group, old, undoing.now);
  });
  if (join.version >= 9) {
    const isLeader = group.leaderId === memberId;
    acceptJoin(turn, join, group, member, { withMembers: isLeader, skipAssignment: isLeader });
  } else {
    // Told that it leads, it would send an assignment that a stable group gives to nobody
    // (KIP-814). The old leader's id is not its own, so it won't.
    acceptJoin(turn, join, group, member, { leader: oldLeader ?? "" });
  }
}

function dismissSync<T>(group: ClassicGroup<T>, old: Member<T>, turn: Turn<T>): void {
  const parked = group.takeSync(old.memberId);
  if (parked !== undefined) refuseSync(turn, parked, "FENCED_INSTANCE_ID");
}
