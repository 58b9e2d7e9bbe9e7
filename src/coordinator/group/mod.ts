/**
 * coordinator/group: classic groups and committed offsets, as a replicated state machine. One
 * {@link GroupCoordinator} holds the groups of one partition of `__consumer_offsets`; it never
 * awaits, reads no clock and no chance, and knows nothing of logs and sockets.
 *
 * **What is where.** Records are the truth: generations that were decided, and offsets (`stored`).
 * Between two generations a group lives in memory only: who has joined, whose request is parked,
 * and when patience ends.
 *
 * **How a runtime drives it.** `test/coordinator/group/driver.ts` does it in thirty lines.
 *
 *     load      replay(key, value, {offset, timestamp}) for every record of the partition, in
 *               order; onLoaded(now). Requests are refused with COORDINATOR_LOAD_IN_PROGRESS until then.
 *     request   outcome = joinGroup(request, version, {now, clientId, clientHost}, token), and so
 *               on.
 *     append    outcome.records, if there are any, as one batch (or in parts, where they are not
 *               atomic). In the same turn of the event loop:
 *               taken ─── replay each;
 *               refused ─ send what outcome.ifNotWritten(error) gives; done.
 *     commit    when all that the log held at this moment is committed, send outcome.replies: each
 *               answers the token that came with some request, this one or one that was parked
 *               earlier. This holds for outcomes without records too: they may have been decided on
 *               what others have just written.
 *     time      at nextDeadline(), and after every outcome it may be another: onTimer(now) gives an
 *               outcome like any other. One call deals with one deadline; call again while the next
 *               has passed.
 *     unload    drop the coordinator, and answer whoever is parked with NOT_COORDINATOR: the next
 *               leader knows nothing of them. The same when a commit fails after the append was
 *               taken.
 *
 * A token whose client has gone is the runtime's to ignore. The bytes of requests are only read
 * during the call.
 *
 * **How much.** All that clients make it keep is weighed (`weight.ts`): members, ids that are out,
 * records, offsets. What is new is refused when there is no room (`room.ts`), which the runtime
 * shares out among all coordinators of a broker; what comes from the log never is.
 *
 * **Left to others.** ACLs; topics that do not exist, and topic ids (`offsets.ts` says how they
 * come in); which partition a group belongs to. Groups on newer protocols are not served: their
 * records are kept and counted, and their ids are taken.
 *
 * **Where it differs from Kafka**, on purpose, seen by sending the same requests to both (4.3.1): a
 * refused JoinGroup makes no group; when a full group refuses a member that comes back, the others
 * go on at once instead of when time is up; an id that was handed out keeps an empty group from
 * being forgotten; a parked request that its own member overtakes is answered
 * (REBALANCE_IN_PROGRESS) instead of never; and an id that was handed to a dynamic member and comes
 * back with an instance id is UNKNOWN_MEMBER_ID instead of a server error.
 *
 * **Invariants.** All members of a generation have its protocol in common. Every parked request is
 * answered exactly once, at the latest when the deadlines have passed. Records that are replayed
 * into another coordinator give the same `stored`.
 */
export { DEFAULT_GROUP_CONFIG, type GroupConfig } from "./config.ts";
export type { RequestContext } from "./coordination.ts";
export { GroupCoordinator, type GroupCoordinatorOptions } from "./coordinator.ts";
export type { GroupState } from "./group.ts";
export type { OffsetFetchGroup } from "./offsets.ts";
export type { GroupResponse, OffsetFetchGroupResponse, Outcome, Reply } from "./outcome.ts";
export {
  decodeRecord,
  encodeGroup,
  encodeOffset,
  type StoredGroup,
  type StoredOffset,
} from "./records.ts";
export type { GroupRoom } from "./room.ts";
export { type OtherGroupType, StoredState } from "./stored_state.ts";
