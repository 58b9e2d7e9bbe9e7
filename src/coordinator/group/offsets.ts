/**
 * OffsetCommit, OffsetFetch and OffsetDelete. Sections 8.3, 8.4 and 8.6 of the behaviour.
 *
 * Topics come by name: whoever calls has turned ids into names (version 10), has dropped topics
 * that do not exist, and gives a topic's id beside its name where it knows it, so that it is
 * written with the offset. An offset that was committed for a topic of the same name and another id
 * is not that topic's.
 */
import { ZERO_UUID } from "../../base/mod.ts";
import {
  errorCode,
  type ErrorName,
  type InputOf,
  type OffsetCommitRequest,
  type OffsetCommitResponse,
  type OffsetDeleteRequest,
  type OffsetDeleteResponse,
  type OffsetFetchRequest,
} from "../../protocol/mod.ts";
import type { Coordination } from "./coordination.ts";
import type { ClassicGroup } from "./group.ts";
import { checkGeneration } from "./membership.ts";
import { eachOffset, type TopicOffsets } from "./offset_store.ts";
import type { OffsetFetchGroupResponse, Turn } from "./outcome.ts";
import { encodeOffset, offsetTombstone, type StoredOffset } from "./records.ts";
import { CONSUMER_PROTOCOL_TYPE } from "./subscription.ts";
import { OFFSET_BYTES } from "./weight.ts";

type CommitAnswer = InputOf<typeof OffsetCommitResponse>;
type CommitTopic = OffsetCommitRequest["topics"][number];
type CommitPartition = CommitTopic["partitions"][number];

export function offsetCommit<T>(
  coordination: Coordination<T>,
  request: OffsetCommitRequest,
  version: number,
  to: T,
  turn: Turn<T>,
): void {
  const group = coordination.groups.get(request.groupId);
  const refusal = checkCommit(coordination, group, request, version);
  if (refusal === "GROUP_MAX_SIZE_REACHED") turn.limited("group.coordinator.max.groups");
  if (refusal !== "NONE") {
    const response = commitAnswer(request, () => refusal);
    return turn.answer(to, response, () => response);
  }
  if (group !== undefined) keepAlive(coordination, group, request.memberId, turn.now);

  const refused = refusedPartitions(coordination, request, turn);
  for (const topic of request.topics) {
    for (const partition of topic.partitions) {
      if (refused.has(partition)) continue;
      const key = {
        group: request.groupId,
        topic: topic.name,
        partition: partition.partitionIndex,
      };
      turn.write(encodeOffset(key, storedOffset(request, topic, partition, turn.now)));
    }
  }
  turn.answer(
    to,
    commitAnswer(request, (each) => refused.get(each) ?? "NONE"),
    (error) => commitAnswer(request, (each) => refused.get(each) ?? error),
  );
}

/** Those whose metadata is too long, and new ones for which there is no room. */
function refusedPartitions<T>(
  { config, room, stored }: Coordination<T>,
  { groupId, topics }: OffsetCommitRequest,
  turn: Turn<T>,
): ReadonlyMap<CommitPartition, ErrorName> {
  const refused = new Map<CommitPartition, ErrorName>();
  let left = room.bytes();
  for (const { name, partitions } of topics) {
    for (const partition of partitions) {
      const { length } = partition.committedMetadata ?? "";
      const known = stored.offsets.get(groupId, name, partition.partitionIndex);
      const more = known ? length - known.metadata.length : length + OFFSET_BYTES;
      if (length > config.offsetMetadataMaxBytes) {
        turn.limited("offset.metadata.max.bytes");
        refused.set(partition, "OFFSET_METADATA_TOO_LARGE");
      } else if (more > 0 && more > left) {
        turn.limited("group.coordinator.max.bytes");
        refused.set(partition, "INVALID_COMMIT_OFFSET_SIZE");
      } else {
        left -= more;
      }
    }
  }
  return refused;
}

/** Whether a commit may be taken from whoever sends it. */
function checkCommit<T>(
  { stored, room }: Coordination<T>,
  group: ClassicGroup<T> | undefined,
  request: OffsetCommitRequest,
  version: number,
): ErrorName {
  const { groupId, memberId, groupInstanceId, generationIdOrMemberEpoch: generationId } = request;
  const other = stored.others.get(groupId);
  if (other === "share") return "GROUP_ID_NOT_FOUND";
  if (other !== undefined && generationId >= 0) {
    return version < 9 ? "UNSUPPORTED_VERSION" : "UNKNOWN_MEMBER_ID";
  }
  if (group === undefined) {
    // A simple group begins, if it may.
    if (generationId < 0) return room.groups() > 0 ? "NONE" : "GROUP_MAX_SIZE_REACHED";
    return version >= 9 ? "GROUP_ID_NOT_FOUND" : "ILLEGAL_GENERATION";
  }
  // From tools, and from consumers that assign partitions to themselves.
  if (group.state === "Empty" && generationId < 0) return "NONE";
  if (generationId < 0 && memberId === "" && groupInstanceId === null) return "UNKNOWN_MEMBER_ID";
  const error = checkGeneration(group, { memberId, groupInstanceId, generationId });
  if (error !== "NONE") return error;
  // The member has heard of a generation that isn't decided yet, and may lose the partition in it.
  return group.state === "CompletingRebalance" ? "REBALANCE_IN_PROGRESS" : "NONE";
}

/** Who commits is alive. */
function keepAlive<T>(
  { timers }: Coordination<T>,
  group: ClassicGroup<T>,
  memberId: string,
  now: number,
): void {
  const member = group.member(memberId);
  if (member !== undefined) timers.touch(group, member, now);
}

const storedOffset = (
  { retentionTimeMs }: OffsetCommitRequest,
  { topicId }: CommitTopic,
  { committedOffset, committedLeaderEpoch, committedMetadata }: CommitPartition,
  now: number,
): StoredOffset => ({
  offset: committedOffset,
  leaderEpoch: committedLeaderEpoch,
  metadata: committedMetadata ?? "",
  commitTimestamp: now,
  // Who keeps something for ever says so with any large number.
  expireTimestamp: retentionTimeMs === -1
    ? -1
    : Math.min(now + retentionTimeMs, Number.MAX_SAFE_INTEGER),
  topicId: topicId || ZERO_UUID,
});

const commitAnswer = (
  { topics }: OffsetCommitRequest,
  outcomeOf: (partition: CommitPartition) => ErrorName,
): CommitAnswer => ({
  topics: topics.map(({ name, topicId, partitions }) => ({
    name,
    topicId: topicId || ZERO_UUID,
    partitions: partitions.map((each) => ({
      partitionIndex: each.partitionIndex,
      errorCode: errorCode(outcomeOf(each)),
    })),
  })),
});

// --- OffsetFetch
// ---------------------------------------------------------------------------------------------

/** One group's part of a request, in the layout of version 8 and later. */
export type OffsetFetchGroup = OffsetFetchRequest["groups"][number];
type FetchedTopic = NonNullable<OffsetFetchGroupResponse["topics"]>[number];
type FetchedPartition = NonNullable<FetchedTopic["partitions"]>[number];

/** The id that a topic of this name has now; undefined when there is none. */
export type TopicIdOf = (name: string) => string | undefined;

/**
 * What is not known is not an error: it is offset -1, of a group that isn't there as well. Whoever
 * asks by name means the topic that has it now.
 */
export function offsetFetch<T>(
  { stored }: Coordination<T>,
  { groupId, topics }: OffsetFetchGroup,
  topicIdOf: TopicIdOf,
): OffsetFetchGroupResponse {
  if (topics === null) {
    return { groupId, topics: allOffsets(stored.offsets.of(groupId), topicIdOf), errorCode: 0 };
  }
  return {
    groupId,
    topics: topics.map(({ name, topicId, partitionIndexes }): FetchedTopic => ({
      name,
      topicId: topicId || ZERO_UUID,
      partitions: partitionIndexes.map((partition) => {
        const found = stored.offsets.get(groupId, name, partition);
        return fetched(
          partition,
          found && isSameTopic(found, topicId || topicIdOf(name)) ? found : undefined,
        );
      }),
    })),
    errorCode: 0,
  };
}

const allOffsets = (
  topics: TopicOffsets,
  topicIdOf: TopicIdOf,
): FetchedTopic[] =>
  [...topics].map(([name, partitions]) => ({
    name,
    topicId: ZERO_UUID,
    partitions: [...partitions]
      .filter(([_, stored]) => isSameTopic(stored, topicIdOf(name)))
      .map(([partition, stored]) => fetched(partition, stored)),
  })).filter(({ partitions }) => partitions.length > 0);

const isSameTopic = (stored: StoredOffset, wanted: string | undefined): boolean =>
  isNoId(stored.topicId) || isNoId(wanted) || stored.topicId === wanted;
const isNoId = (topicId: string | undefined): boolean =>
  topicId === undefined || topicId === "" || topicId === ZERO_UUID;

const fetched = (partition: number, stored: StoredOffset | undefined): FetchedPartition => ({
  partitionIndex: partition,
  committedOffset: stored?.offset ?? -1,
  committedLeaderEpoch: stored?.leaderEpoch ?? -1,
  metadata: stored?.metadata ?? "",
  errorCode: 0,
});

// --- OffsetDelete
// --------------------------------------------------------------------------------------------

type DeleteAnswer = InputOf<typeof OffsetDeleteResponse>;

export function offsetDelete<T>(
  { groups, stored }: Coordination<T>,
  request: OffsetDeleteRequest,
  to: T,
  turn: Turn<T>,
): void {
  const refused = (error: ErrorName): DeleteAnswer => ({ errorCode: errorCode(error), topics: [] });
  const { groupId } = request;
  const group = groups.get(groupId);
  const refusal = checkDelete(groupId, group);
  if (refusal !== "NONE") return turn.answer(to, refused(refusal), () => refused(refusal));

  const topics = request.topics.map(({ name, partitions }) => {
    const isSubscribed = group!.isSubscribedTo(name);
    for (const { partitionIndex } of isSubscribed ? [] : partitions) {
      if (stored.offsets.get(groupId, name, partitionIndex) === undefined) continue;
      turn.writeApart(offsetTombstone({ group: groupId, topic: name, partition: partitionIndex }));
    }
    const code = errorCode(isSubscribed ? "GROUP_SUBSCRIBED_TO_TOPIC" : "NONE");
    return {
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: code })),
    };
  });
  turn.answer(to, { errorCode: 0, topics }, refused);
}

function checkDelete<T>(groupId: string, group: ClassicGroup<T> | undefined): ErrorName {
  if (groupId === "") return "INVALID_GROUP_ID";
  if (group === undefined) return "GROUP_ID_NOT_FOUND";
  // Of members that speak another protocol nobody knows what they read.
  const isOpaque = group.state !== "Empty" && group.protocolType !== CONSUMER_PROTOCOL_TYPE;
  return isOpaque ? "NON_EMPTY_GROUP" : "NONE";
}

/** Topics are gone, and so is what was read of them. */
export function forgetTopics<T>(
  { stored }: Coordination<T>,
  topics: ReadonlySet<string>,
  turn: Turn<T>,
): void {
  for (const groupId of stored.offsets.groupIds()) {
    for (const { key } of eachOffset(groupId, stored.offsets.of(groupId))) {
      if (topics.has(key.topic)) turn.writeApart(offsetTombstone(key));
    }
  }
}
