/**
 * What groups have read, changed by an operator: set anew, forgotten, or deleted with the group.
 * The group's coordinator does it, for groups that nobody is in; who is in one would go on from
 * what it knows and commit over it.
 */
import type { Offset } from "../base/mod.ts";
import {
  DeleteGroupsRequest,
  DeleteGroupsResponse,
  errorName,
  KafkaError,
  OffsetCommitRequest,
  OffsetCommitResponse,
  OffsetDeleteRequest,
  OffsetDeleteResponse,
} from "../protocol/mod.ts";
import { type Cluster, throwIfError } from "./cluster.ts";
import { ClientError } from "./errors.ts";
import { describeGroup } from "./group_admin.ts";
import { EARLIEST, LATEST, listOffsets } from "./list_offsets.ts";

/** Where a group is to go on reading. */
export type ResetTo =
  | "beginning"
  | "end"
  /** Where it is now; at the end where it has not read yet. */
  | "current"
  | { readonly offset: Offset }
  /** The first record of that time or later; the end where there is none. */
  | { readonly timestamp: number }
  /** So many records on from where it is, or back. */
  | { readonly by: number };

/** Partitions of a topic; undefined for all of them. */
export interface TopicScope {
  readonly topic: string;
  readonly partitions?: readonly number[];
}

export interface PlannedOffset {
  topic: string;
  partition: number;
  /** null: nothing committed. */
  before: Offset | null;
  after: Offset;
}

/**
 * What a reset comes to; changes nothing. An offset outside of the log is moved to its nearer end.
 *
 * @param scope default: all that the group has read.
 */
export async function planReset(
  cluster: Cluster,
  groupId: string,
  to: ResetTo,
  scope?: readonly TopicScope[],
): Promise<PlannedOffset[]> {
  const committed = await inactiveOffsets(cluster, groupId);
  const scopes = scope ?? [...committed].map(([topic, of]) => ({
    topic,
    partitions: [...of.keys()],
  }));
  const planned: PlannedOffset[] = [];
  for (const { topic, partitions } of scopes) {
    const known = await partitionsOf(cluster, topic, partitions);
    const ask = (timestamp: number) =>
      listOffsets(cluster, topic, known.map((partition) => ({ partition, timestamp })));
    const [first, last] = await Promise.all([ask(EARLIEST), ask(LATEST)]);
    const timed = typeof to === "object" && "timestamp" in to ? await ask(to.timestamp) : [];
    for (const [index, partition] of known.entries()) {
      const before = committed.get(topic)?.get(partition) ?? null;
      const range = { first: first[index].offset, last: last[index].offset };
      const after = target(to, { ...range, before, timed: timed[index]?.offset ?? -1 });
      if (after === undefined) {
        throw new ClientError(
          `Cannot move group "${groupId}": it has read nothing of ${topic}-${partition} yet`,
        );
      }
      planned.push({ topic, partition, before, after });
    }
  }
  return planned;
}

/** As {@link planReset}, with offsets that are told one by one. */
export async function planOffsets(
  cluster: Cluster,
  groupId: string,
  wanted: readonly { topic: string; partition: number; offset: Offset }[],
): Promise<PlannedOffset[]> {
  const planned: PlannedOffset[] = [];
  for (const { topic, partition, offset } of wanted) {
    planned.push(
      ...await planReset(cluster, groupId, { offset }, [{ topic, partitions: [partition] }]),
    );
  }
  return planned;
}

interface Known {
  readonly first: Offset;
  readonly last: Offset;
  readonly before: Offset | null;
  /** Of the first record at the time that is asked for; -1 where there is none. */
  readonly timed: Offset;
}

function target(to: ResetTo, { first, last, before, timed }: Known): Offset | undefined {
  const within = (offset: Offset) => Math.min(Math.max(offset, first), last);
  if (to === "beginning") return first;
  if (to === "end") return last;
  if (to === "current") return before ?? last;
  if ("offset" in to) return within(to.offset);
  if ("timestamp" in to) return timed < 0 ? last : timed;
  return before === null ? undefined : within(before + to.by);
}

async function inactiveOffsets(
  cluster: Cluster,
  groupId: string,
): Promise<Map<string, Map<number, Offset>>> {
  const committed = new Map<string, Map<number, Offset>>();
  try {
    const { state, offsets } = await describeGroup(cluster, groupId);
    if (state !== "Empty" && state !== "Dead") {
      throw new ClientError(
        `Cannot move group "${groupId}": its state is ${state}, and it has to be inactive`,
      );
    }
    for (const { topic, partition, committed: offset } of offsets) {
      if (!committed.has(topic)) committed.set(topic, new Map());
      if (offset !== null) committed.get(topic)!.set(partition, offset);
    }
  } catch (error) {
    // A group that isn't begins with this.
    if (!(error instanceof KafkaError && error.error === "GROUP_ID_NOT_FOUND")) throw error;
  }
  return committed;
}

/** Of the topic as it is now; those asked for have to be among them. */
async function partitionsOf(
  cluster: Cluster,
  topic: string,
  wanted: readonly number[] | undefined,
): Promise<number[]> {
  const { topics } = await cluster.metadata([topic]);
  const found = topics.find(({ name }) => name === topic);
  throwIfError(errorName(found?.errorCode ?? 3), undefined, `Cannot look up topic "${topic}"`);
  const all = found!.partitions.map(({ partitionIndex }) => partitionIndex).sort((a, b) => a - b);
  const missing = wanted?.find((partition) => !all.includes(partition));
  if (missing !== undefined) throw new ClientError(`Topic "${topic}" has no partition ${missing}`);
  return wanted?.slice() ?? all;
}

/** Makes a plan true. */
export async function resetOffsets(
  cluster: Cluster,
  groupId: string,
  plan: readonly PlannedOffset[],
): Promise<void> {
  const what = `Cannot move group "${groupId}"`;
  const topics = [...Map.groupBy(plan, ({ topic }) => topic)].map(([name, offsets]) => ({
    name,
    partitions: offsets.map(({ partition, after }) => ({
      partitionIndex: partition,
      committedOffset: after,
      committedMetadata: "",
    })),
  }));
  if (topics.length === 0) return;
  await cluster.retrying(async () => {
    const coordinator = await cluster.coordinator(groupId);
    // The last version that knows topics by name.
    const body = { groupId, generationIdOrMemberEpoch: -1, memberId: "", topics };
    const answer = await coordinator.call(OffsetCommitRequest, OffsetCommitResponse, body, {
      highest: 9,
    });
    for (const { name, partitions } of answer.topics) {
      for (const { partitionIndex, errorCode } of partitions) {
        throwIfError(errorName(errorCode), undefined, `${what} in ${name}-${partitionIndex}`);
      }
    }
  });
}

/** Forgets what a group has read of topics, or of some of their partitions. */
export async function deleteOffsets(
  cluster: Cluster,
  groupId: string,
  scope: readonly TopicScope[],
): Promise<void> {
  const what = `Cannot forget what group "${groupId}" has read`;
  const topics = await Promise.all(scope.map(async ({ topic, partitions }) => ({
    name: topic,
    partitions: (await partitionsOf(cluster, topic, partitions))
      .map((partitionIndex) => ({ partitionIndex })),
  })));
  await cluster.retrying(async () => {
    const coordinator = await cluster.coordinator(groupId);
    const body = { groupId, topics };
    const answer = await coordinator.call(OffsetDeleteRequest, OffsetDeleteResponse, body);
    throwIfError(errorName(answer.errorCode), undefined, what);
    for (const { name, partitions } of answer.topics) {
      for (const { partitionIndex, errorCode } of partitions) {
        throwIfError(errorName(errorCode), undefined, `${what} of ${name}-${partitionIndex}`);
      }
    }
  });
}

/** Deletes a group that nobody is in, with all that it has read. */
export async function deleteGroup(cluster: Cluster, groupId: string): Promise<void> {
  await cluster.retrying(async () => {
    const coordinator = await cluster.coordinator(groupId);
    const body = { groupsNames: [groupId] };
    const answer = await coordinator.call(DeleteGroupsRequest, DeleteGroupsResponse, body);
    const error = errorName(answer.results[0].errorCode);
    throwIfError(error, undefined, `Cannot delete the group "${groupId}"`);
  });
}
