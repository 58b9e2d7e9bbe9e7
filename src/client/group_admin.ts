/**
 * Groups as operators see them: who is in them, what they have read, and how far behind they are.
 */
import type { Offset } from "../base/mod.ts";
import { ByteReader } from "../bytes/mod.ts";
import {
  ConsumerGroupDescribeRequest,
  ConsumerGroupDescribeResponse,
  DescribeGroupsRequest,
  DescribeGroupsResponse,
  errorName,
  KafkaError,
  ListGroupsRequest,
  ListGroupsResponse,
  OffsetFetchRequest,
  OffsetFetchResponse,
} from "../protocol/mod.ts";
import { type Cluster, throwIfError } from "./cluster.ts";
import { ClientError } from "./errors.ts";
import { LATEST, listOffsets } from "./list_offsets.ts";
import type { WireConnection } from "./wire_connection.ts";

export interface GroupListing {
  groupId: string;
  /** `Stable`, `Empty`, …; empty where an old broker does not say. */
  state: string;
  /**
   * `Classic`, `Consumer` (KIP-848), `Share`, `Streams`; empty where an old broker does not say.
   */
  type: string;
  protocolType: string;
  /** The broker that coordinates it. */
  coordinator: number;
}

export interface GroupMember {
  memberId: string;
  instanceId: string | null;
  clientId: string;
  host: string;
  assigned: { topic: string; partition: number }[];
}

export interface GroupOffset {
  topic: string;
  partition: number;
  /** null: nothing committed. */
  committed: Offset | null;
  latest: Offset;
  /** Records between the two. */
  lag: number | null;
  /** Who reads the partition now. */
  memberId: string | null;
}

export interface GroupDescription {
  groupId: string;
  state: string;
  assignor: string;
  members: GroupMember[];
  offsets: GroupOffset[];
}

/** Of all brokers, in order of name. */
export async function listGroups(cluster: Cluster): Promise<GroupListing[]> {
  await cluster.metadata([]);
  const lists = await Promise.all(cluster.brokerIds.map((id) => groupsOf(cluster, id)));
  return lists.flat().sort((one, other) => one.groupId < other.groupId ? -1 : 1);
}

async function groupsOf(cluster: Cluster, broker: number): Promise<GroupListing[]> {
  return await cluster.retrying(async () => {
    const connection = await cluster.broker(broker);
    const answer = await connection.call(ListGroupsRequest, ListGroupsResponse, {});
    throwIfError(
      errorName(answer.errorCode),
      undefined,
      `Cannot list the groups of broker ${broker}`,
    );
    return answer.groups.map(({ groupId, groupState, groupType, protocolType }) => ({
      groupId,
      state: groupState,
      type: groupType,
      protocolType,
      coordinator: broker,
    }));
  });
}

export async function describeGroup(cluster: Cluster, groupId: string): Promise<GroupDescription> {
  const { committed, ...group } = await cluster.retrying(async () => {
    const coordinator = await cluster.coordinator(groupId);
    const described = await describeMembers(coordinator, groupId);
    return { ...described, committed: await committedOffsets(coordinator, groupId) };
  });
  if (group.state === "Dead" && committed.length === 0) {
    throw new KafkaError("GROUP_ID_NOT_FOUND", `Group "${groupId}" does not exist`);
  }
  return { groupId, ...group, offsets: await withLag(cluster, committed, group.members) };
}

type Members = Pick<GroupDescription, "state" | "assignor" | "members">;

/**
 * Classic groups answer to one API, those of the new protocol (KIP-848) to another; neither says of
 * the other.
 */
async function describeMembers(coordinator: WireConnection, groupId: string): Promise<Members> {
  const modern = coordinator.serves(ConsumerGroupDescribeRequest)
    ? await describeModern(coordinator, groupId)
    : undefined;
  return modern ?? await describeClassic(coordinator, groupId);
}

async function describeModern(
  coordinator: WireConnection,
  groupId: string,
): Promise<Members | undefined> {
  const body = { groupIds: [groupId] };
  const answer = await coordinator.call(
    ConsumerGroupDescribeRequest,
    ConsumerGroupDescribeResponse,
    body,
  );
  const [group] = answer.groups;
  const error = errorName(group.errorCode);
  if (error === "GROUP_ID_NOT_FOUND" || error === "UNSUPPORTED_VERSION") return undefined;
  throwIfError(error, group.errorMessage, `Cannot describe the group "${groupId}"`);
  return {
    state: group.groupState,
    assignor: group.assignorName,
    members: group.members.map(({ memberId, instanceId, clientId, clientHost, assignment }) => ({
      memberId,
      instanceId,
      clientId,
      host: clientHost,
      assigned: assignment.topicPartitions.flatMap(({ topicName, partitions }) =>
        partitions.map((partition) => ({ topic: topicName, partition }))
      ),
    })),
  };
}

async function describeClassic(coordinator: WireConnection, groupId: string): Promise<Members> {
  const body = { groups: [groupId] };
  const answer = await coordinator.call(DescribeGroupsRequest, DescribeGroupsResponse, body);
  const [group] = answer.groups;
  const error = errorName(group.errorCode);
  if (error === "GROUP_ID_NOT_FOUND") return { state: "Dead", assignor: "", members: [] };
  throwIfError(error, group.errorMessage, `Cannot describe the group "${groupId}"`);
  return {
    state: group.groupState,
    assignor: group.protocolData,
    members: group.members.map((
      { memberId, groupInstanceId, clientId, clientHost, memberAssignment },
    ) => ({
      memberId,
      instanceId: groupInstanceId,
      clientId,
      host: clientHost,
      assigned: group.protocolType === "consumer" ? assignmentOf(memberAssignment) : [],
    })),
  };
}

/**
 * The consumers' own format inside of the group protocol: version, then topics with their
 * partitions.
 */
function assignmentOf(bytes: Uint8Array): GroupMember["assigned"] {
  if (bytes.length === 0) return [];
  const reader = new ByteReader(bytes);
  const assigned: GroupMember["assigned"] = [];
  reader.int16();
  for (let topics = reader.int32(); topics > 0; topics--) {
    const topic = reader.utf8(reader.int16());
    for (let left = reader.int32(); left > 0; left--) {
      assigned.push({ topic, partition: reader.int32() });
    }
  }
  return assigned;
}

async function committedOffsets(coordinator: WireConnection, groupId: string) {
  // Version 7 asks for one group by names, which every broker since 2.5 serves and all later ones
  // still do.
  const body = { groupId, topics: null };
  const answer = await coordinator.call(OffsetFetchRequest, OffsetFetchResponse, body, {
    highest: 7,
  });
  throwIfError(
    errorName(answer.errorCode),
    undefined,
    `Cannot read the offsets of the group "${groupId}"`,
  );
  return answer.topics.flatMap(({ name, partitions }) =>
    partitions.filter(({ committedOffset }) => committedOffset >= 0).map((
      { partitionIndex, committedOffset },
    ) => ({
      topic: name,
      partition: partitionIndex,
      committed: committedOffset,
    }))
  );
}

async function withLag(
  cluster: Cluster,
  committed: { topic: string; partition: number; committed: Offset }[],
  members: readonly GroupMember[],
): Promise<GroupOffset[]> {
  const readers = new Map<string, string>();
  const all = new Map<string, { topic: string; partition: number; committed: Offset | null }>();
  for (const offset of committed) all.set(`${offset.topic}-${offset.partition}`, offset);
  for (const { memberId, assigned } of members) {
    for (const { topic, partition } of assigned) {
      const key = `${topic}-${partition}`;
      readers.set(key, memberId);
      if (!all.has(key)) all.set(key, { topic, partition, committed: null });
    }
  }
  const latest = new Map<string, Offset>();
  for (const [topic, partitions] of Map.groupBy(all.values(), ({ topic }) => topic)) {
    const questions = partitions.map(({ partition }) => ({ partition, timestamp: LATEST }));
    // Offsets outlive their topic: a deleted one has no end to be behind of.
    const found = await listOffsets(cluster, topic, questions).catch((error) => {
      const isGone = error instanceof ClientError ||
        (error instanceof KafkaError && error.error === "UNKNOWN_TOPIC_OR_PARTITION");
      if (!isGone) throw error;
      return [];
    });
    for (const { partition, offset } of found) latest.set(`${topic}-${partition}`, offset);
  }
  return [...all].map(([key, { topic, partition, committed }]) => {
    const end = latest.get(key) ?? -1;
    const lag = committed === null || end < 0 ? null : Math.max(0, end - committed);
    return { topic, partition, committed, latest: end, lag, memberId: readers.get(key) ?? null };
  }).sort((one, other) =>
    one.topic < other.topic ? -1 : one.topic > other.topic ? 1 : one.partition - other.partition
  );
}
