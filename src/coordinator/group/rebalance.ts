/**
 * How a group comes together: everyone is called back, waited for, and counted.
 *
 * The call is silent: members learn of it from their next heartbeat (REBALANCE_IN_PROGRESS) and
 * send JoinGroup, which is parked. The answers go out when all have come, or when the slowest has
 * had its time; who did not come by then is dropped, but for static members (KIP-345), whose
 * session goes on. From Empty there is no "all": a group that starts waits a little for members
 * that start with it (KIP-134), and as long again for each that comes meanwhile.
 */
import type { GroupConfig } from "./config.ts";
import { acceptJoin, refuseJoin, refuseSync } from "./answers.ts";
import type { ClassicGroup, Member } from "./group.ts";
import type { Turn } from "./outcome.ts";
import type { ErrorName } from "../../protocol/mod.ts";
import { encodeGroup } from "./records.ts";
import type { GroupTimers } from "./timers.ts";

export class Rebalance<T> {
  readonly #config: GroupConfig;
  readonly #timers: GroupTimers;

  constructor(config: GroupConfig, timers: GroupTimers) {
    this.#config = config;
    this.#timers = timers;
  }

  // --- how it starts
  // -----------------------------------------------------------------------------------------

  /** Something about the members has changed. What that means depends on where the group is. */
  onChange(group: ClassicGroup<T>, turn: Turn<T>, reason: string): void {
    if (group.state === "PreparingRebalance") this.maybeComplete(group, turn);
    else this.begin(group, turn, reason);
  }

  /** As {@link onChange}, after members have gone: a group without any has nobody to call. */
  onRemoved(group: ClassicGroup<T>, turn: Turn<T>, reason: string): void {
    if (group.state !== "Empty") this.onChange(group, turn, reason);
  }

  /** Calls everyone back. */
  begin(group: ClassicGroup<T>, turn: Turn<T>, reason: string): void {
    const { groupId, generationId } = group;
    if (group.state === "CompletingRebalance") {
      this.dismissSyncs(group, turn, "REBALANCE_IN_PROGRESS");
    }
    this.#timers.cancelSync(groupId);
    const isFromEmpty = group.state === "Empty";
    group.transitionTo("PreparingRebalance", turn.now);
    turn.say("group rebalance", { group: groupId, generation: generationId, reason });
    if (isFromEmpty) return this.#waitForMore(group, turn);
    if (group.hasAllJoined) return this.complete(group, turn);
    this.#timers.setJoin(groupId, turn.now + group.rebalanceTimeoutMs);
  }

  #waitForMore(group: ClassicGroup<T>, turn: Turn<T>): void {
    const delayMs = this.#config.initialRebalanceDelayMs;
    group.initialDelay = {
      delayMs,
      remainingMs: Math.max(group.rebalanceTimeoutMs - delayMs, 0),
    };
    group.hasNewcomer = false;
    this.#timers.setJoin(group.groupId, turn.now + delayMs);
  }

  /** Everyone who waits for an assignment is told that it won't come. */
  dismissSyncs(group: ClassicGroup<T>, turn: Turn<T>, error: ErrorName): void {
    group.forgetAssignments();
    for (const member of group.members) {
      const parked = group.takeSync(member.memberId);
      if (parked === undefined) continue;
      refuseSync(turn, parked, error);
      this.#timers.touch(group, member, turn.now);
    }
  }

  // --- how it ends
  // -------------------------------------------------------------------------------------------

  /** A start from Empty is not cut short: its time is what it waits for. */
  maybeComplete(group: ClassicGroup<T>, turn: Turn<T>): void {
    if (group.state !== "PreparingRebalance" || group.initialDelay !== undefined) return;
    if (group.hasAllJoined) this.complete(group, turn);
  }

  /** Time is up for those that did not join. */
  onJoinDeadline(group: ClassicGroup<T>, turn: Turn<T>): void {
    if (group.state !== "PreparingRebalance") return;
    const { initialDelay } = group;
    if (initialDelay === undefined || !group.hasNewcomer || initialDelay.remainingMs === 0) {
      return this.complete(group, turn);
    }
    const { delayMs, remainingMs } = initialDelay;
    group.hasNewcomer = false;
    group.initialDelay = {
      delayMs: Math.min(this.#config.initialRebalanceDelayMs, remainingMs),
      remainingMs: Math.max(remainingMs - delayMs, 0),
    };
    this.#timers.setJoin(group.groupId, turn.now + group.initialDelay.delayMs);
  }

  complete(group: ClassicGroup<T>, turn: Turn<T>): void {
    this.#timers.cancelJoin(group.groupId);
    this.#dropAbsent(group, turn);
    if (group.isEmpty) return this.#becomeEmpty(group, turn);
    if (!electLeader(group)) {
      // Only static members that are away: nobody is there to assign anything. They come back or
      // expire.
      return this.#timers.setJoin(group.groupId, turn.now + group.rebalanceTimeoutMs);
    }
    group.startGeneration(turn.now);
    for (const member of group.members) {
      member.isNew = false;
      const parked = group.takeJoin(member.memberId);
      const withMembers = group.leaderId === member.memberId;
      if (parked !== undefined) acceptJoin(turn, parked, group, member, { withMembers });
      this.#timers.touch(group, member, turn.now);
    }
    this.#timers.setSync(group.groupId, turn.now + group.rebalanceTimeoutMs);
    turn.say("group generation", {
      group: group.groupId,
      generation: group.generationId,
      protocol: group.protocolName,
      leader: group.leaderId,
      members: group.size,
    });
  }

  #dropAbsent(group: ClassicGroup<T>, turn: Turn<T>): void {
    for (const member of [...group.members]) {
      if (member.groupInstanceId === null && !group.isAwaitingJoin(member.memberId)) {
        this.remove(group, member, turn);
        turn.say("member did not rejoin", { group: group.groupId, member: member.memberId });
      }
    }
  }

  /**
   * If the log does not take the record it keeps the last generation, whose members are gone:
   * harmless.
   */
  #becomeEmpty(group: ClassicGroup<T>, turn: Turn<T>): void {
    const stored = group.toStoredEmpty(turn.now);
    turn.write(encodeGroup(group.groupId, stored));
    turn.ifRefused(() => group.becomeEmpty(stored));
    turn.say("group empty", { group: group.groupId, generation: stored.generation });
  }

  /** Members that joined but did not ask for their assignment hold up the others: they go. */
  onSyncDeadline(group: ClassicGroup<T>, turn: Turn<T>): void {
    if (group.state !== "CompletingRebalance" && group.state !== "Stable") return;
    if (group.awaitedSyncs.size === 0) return;
    for (const memberId of [...group.awaitedSyncs]) {
      const member = group.member(memberId);
      if (member !== undefined) this.remove(group, member, turn);
      turn.say("member did not sync", { group: group.groupId, member: memberId });
    }
    this.begin(group, turn, "members did not sync");
  }

  // --- members
  // -----------------------------------------------------------------------------------------------

  /** A SyncGroup has come; there is nothing to wait for after the last. */
  onSynced(group: ClassicGroup<T>, memberId: string): void {
    group.awaitedSyncs.delete(memberId);
    if (group.awaitedSyncs.size === 0) this.#timers.cancelSync(group.groupId);
  }

  /**
   * Takes a member out and answers what it waits for. The caller decides what follows from that.
   */
  remove(group: ClassicGroup<T>, { memberId }: Member<T>, turn: Turn<T>): void {
    const join = group.takeJoin(memberId);
    // Whoever still listens starts again as a new member.
    if (join !== undefined) refuseJoin(turn, join, "UNKNOWN_MEMBER_ID");
    const sync = group.takeSync(memberId);
    if (sync !== undefined) refuseSync(turn, sync, "UNKNOWN_MEMBER_ID");
    group.remove(memberId);
    this.#timers.cancelSession(group.groupId, memberId);
  }

  onSessionDeadline(group: ClassicGroup<T>, memberId: string, turn: Turn<T>): void {
    if (group.pendingMembers.delete(memberId)) {
      turn.say("pending member expired", { group: group.groupId, member: memberId });
      return this.maybeComplete(group, turn);
    }
    const member = group.member(memberId);
    if (member === undefined || group.isParked(memberId) && !member.isNew) return;
    this.remove(group, member, turn);
    turn.say("member expired", { group: group.groupId, member: memberId });
    this.onRemoved(group, turn, "member expired");
  }
}

/**
 * The leader stays as long as it comes back; else the first member that did leads. False when
 * nobody came.
 */
function electLeader<T>(group: ClassicGroup<T>): boolean {
  if (group.leaderId !== null && group.isAwaitingJoin(group.leaderId)) return true;
  for (const { memberId } of group.members) {
    if (!group.isAwaitingJoin(memberId)) continue;
    group.leaderId = memberId;
    return true;
  }
  return false;
}
