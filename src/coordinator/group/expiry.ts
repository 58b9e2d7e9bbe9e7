/**
 * Offsets and groups that nobody needs any more. Section 8.5 of the behaviour, after KIP-211:
 *
 * | group | an offset expires |
 * | --- | --- |
 * | Empty, once had members | retention after it became Empty |
 * | Stable, of consumers | retention after the commit, if nobody subscribes to the topic |
 * | simple, never had members | retention after the commit |
 * | anything else | never |
 *
 * An offset with an expiry of its own goes then, if its group lets any go. A group without members
 * and offsets goes.
 */
import type { Coordination } from "./coordination.ts";
import type { ClassicGroup } from "./group.ts";
import { eachOffset } from "./offset_store.ts";
import type { Turn } from "./outcome.ts";
import { groupTombstone, offsetTombstone, type StoredOffset } from "./records.ts";

/** What goes into one write at most; a batch must stay well below what the log takes. */
const MAX_TOMBSTONES = 5_000;

/** Writes the tombstones that are due. True when there are more than one write should hold. */
export function expire<T>(coordination: Coordination<T>, turn: Turn<T>): boolean {
  const { stored, config, groups } = coordination;
  let room = MAX_TOMBSTONES;
  for (const group of groups.values()) {
    const { groupId } = group;
    const since = retentionBase(group);
    let kept = 0;
    for (const { key, value } of eachOffset(groupId, stored.offsets.of(groupId))) {
      const isExpired = since !== undefined && !group.isSubscribedTo(key.topic) &&
        isOver(value, since(value), turn.now, config.offsetsRetentionMs);
      if (!isExpired) {
        kept++;
        continue;
      }
      if (room-- === 0) return true;
      turn.writeApart(offsetTombstone(key));
    }
    if (kept > 0 || group.state !== "Empty" || group.pendingMembers.size > 0) continue;
    if (room-- <= 0) return true;
    turn.writeApart(groupTombstone(groupId));
    turn.say("group expired", { group: groupId });
  }
  return false;
}

/** From when on an offset's retention runs; undefined when it doesn't. */
function retentionBase<T>(group: ClassicGroup<T>): ((offset: StoredOffset) => number) | undefined {
  const sinceCommit = ({ commitTimestamp }: StoredOffset) => commitTimestamp;
  if (group.protocolType === undefined) return sinceCommit;
  if (group.state === "Empty") {
    // Very old records do not say when the group became so.
    return group.stateTimestamp === -1 ? sinceCommit : () => group.stateTimestamp;
  }
  return group.state === "Stable" && group.knowsSubscriptions ? sinceCommit : undefined;
}

const isOver = (offset: StoredOffset, since: number, now: number, retentionMs: number): boolean =>
  offset.expireTimestamp === -1 ? now - since >= retentionMs : now >= offset.expireTimestamp;
