/**
 * What a group waits for, as deadlines: told when set, so that what happens then can be looked up.
 */
import { Deadlines } from "./deadlines.ts";
import type { ClassicGroup, Member } from "./group.ts";

export type GroupTimer =
  /** A member, or an id that was handed out, is not heard of any more. */
  | { readonly due: "session"; readonly groupId: string; readonly memberId: string }
  /** Members have had their time to join. */
  | { readonly due: "join"; readonly groupId: string }
  /** Members have had their time to send SyncGroup. */
  | { readonly due: "sync"; readonly groupId: string }
  /** Offsets that are too old are to be looked for. */
  | { readonly due: "expiry" };

// Ids may hold any character; the group's length keeps `a` with `bc` apart from `ab` with `c`.
const sessionKey = (groupId: string, memberId: string) =>
  `s${groupId.length}:${groupId}${memberId}`;
const joinKey = (groupId: string) => `j${groupId}`;
const syncKey = (groupId: string) => `y${groupId}`;
const EXPIRY_KEY = "expiry";

export class GroupTimers {
  readonly #deadlines = new Deadlines<GroupTimer>();

  next(): number | undefined {
    return this.#deadlines.next();
  }

  takeDue(now: number): GroupTimer | undefined {
    return this.#deadlines.takeDue(now);
  }

  setSession(groupId: string, memberId: string, at: number): void {
    this.#deadlines.set(sessionKey(groupId, memberId), at, { due: "session", groupId, memberId });
  }

  cancelSession(groupId: string, memberId: string): void {
    this.#deadlines.cancel(sessionKey(groupId, memberId));
  }

  /** The member was heard of: its session begins anew, unless it waits for an answer of ours. */
  touch<T>(group: ClassicGroup<T>, member: Member<T>, now: number): void {
    if (group.isParked(member.memberId)) return;
    this.setSession(group.groupId, member.memberId, now + member.sessionTimeoutMs);
  }

  setJoin(groupId: string, at: number): void {
    this.#deadlines.set(joinKey(groupId), at, { due: "join", groupId });
  }

  cancelJoin(groupId: string): void {
    this.#deadlines.cancel(joinKey(groupId));
  }

  setSync(groupId: string, at: number): void {
    this.#deadlines.set(syncKey(groupId), at, { due: "sync", groupId });
  }

  cancelSync(groupId: string): void {
    this.#deadlines.cancel(syncKey(groupId));
  }

  setExpiry(at: number): void {
    this.#deadlines.set(EXPIRY_KEY, at, { due: "expiry" });
  }

  /** The group is gone, and all that it waited for. */
  forget<T>(group: ClassicGroup<T>): void {
    const { groupId } = group;
    this.cancelJoin(groupId);
    this.cancelSync(groupId);
    for (const { memberId } of group.members) this.cancelSession(groupId, memberId);
    for (const memberId of group.pendingMembers) this.cancelSession(groupId, memberId);
  }
}
