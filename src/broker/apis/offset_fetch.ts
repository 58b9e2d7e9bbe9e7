/**
 * OffsetFetch, key 9: how far groups have read.
 *
 * Served 1 to 10.
 *
 * | v | adds |
 * | --- | --- |
 * | 2 | null for all partitions; an error for the whole group |
 * | 5 | leader epochs (KIP-320) |
 * | 6 | flexible |
 * | 7 | only what no open transaction may change (KIP-447) |
 * | 8 | several groups at once (KIP-709) |
 * | 9 | member id and epoch (KIP-848) |
 * | 10 | topics by id |
 *
 * The coordinator answers one group by names, in the layout of version 8; this file turns the older
 * layout and topic ids into that and back.
 */
import {
  errorCode,
  type InputOf,
  KafkaError,
  OffsetFetchRequest,
  OffsetFetchResponse,
} from "../../protocol/mod.ts";
import { defineApi, MAX_PARTITIONS_AT_ONCE, type RequestContext } from "../api.ts";
import type { Broker } from "../broker.ts";
import { topicById } from "../cluster_view.ts";
import { asKafkaError } from "../errors.ts";
import { callerOf } from "../group_caller.ts";

type Group = OffsetFetchRequest["groups"][number];
type Topic = NonNullable<Group["topics"]>[number];
type Response = InputOf<typeof OffsetFetchResponse>;
type GroupAnswer = NonNullable<Response["groups"]>[number];
type TopicAnswer = NonNullable<GroupAnswer["topics"]>[number];

export const offsetFetch = defineApi({
  key: 9,
  name: "OffsetFetch",
  request: OffsetFetchRequest,
  response: OffsetFetchResponse,
  versions: [1, 10],
  maxElements: MAX_PARTITIONS_AT_ONCE,

  async handle(request, context, broker) {
    if (context.version >= 8) {
      const groups = request.groups.map((group) => fetchGroup(group, request, context, broker));
      return { groups: await Promise.all(groups) };
    }
    const group = groupOf(request);
    return olderLayout(await fetchGroup(group, request, context, broker), group, context.version);
  },

  failed: (request, { code }, { version }) =>
    version >= 8
      ? { groups: request.groups.map(({ groupId }) => ({ groupId, topics: [], errorCode: code })) }
      : olderLayout(
        { groupId: request.groupId, topics: [], errorCode: code },
        groupOf(request),
        version,
      ),
});

/** Before version 8 the request is one group. */
const groupOf = ({ groupId, topics }: OffsetFetchRequest): Group => ({
  groupId,
  memberId: null,
  memberEpoch: -1,
  topics: topics?.map((topic) => ({ ...topic, topicId: "" })) ?? null,
});

async function fetchGroup(
  group: Group,
  { requireStable }: OffsetFetchRequest,
  context: RequestContext,
  broker: Broker,
): Promise<GroupAnswer> {
  const { groupId } = group;
  try {
    const byId = context.version >= 10;
    const { named, unknown } = byId ? byName(group.topics, broker) : known(group.topics);
    const answer = await broker.groups.run<GroupAnswer>(groupId, (coordinator, reply) => {
      const wanted = { ...group, topics: named };
      const topicIdOf = (name: string) => broker.image().topicIdOf(name);
      const options = { requireStable, topicIdOf };
      return coordinator.offsetFetch(wanted, options, callerOf(context, broker), reply);
    });
    if (typeof answer === "symbol") throw new KafkaError("COORDINATOR_NOT_AVAILABLE");
    if (!byId || answer.errorCode) return { ...answer, groupId };
    return { ...answer, groupId, topics: [...withIds(answer.topics ?? [], broker), ...unknown] };
  } catch (error) {
    return { groupId, topics: [], errorCode: asKafkaError(error, broker.log).code };
  }
}

interface NamedTopics {
  readonly named: Topic[] | null;
  /** Topics whose id nobody knows, answered already. */
  readonly unknown: TopicAnswer[];
}

const known = (topics: Topic[] | null): NamedTopics => ({ named: topics, unknown: [] });

function byName(topics: Topic[] | null, broker: Broker): NamedTopics {
  if (topics === null) return known(null);
  const image = broker.image();
  const named: Topic[] = [];
  const unknown: TopicAnswer[] = [];
  for (const topic of topics) {
    const name = topicById(image, topic.topicId)?.name;
    if (name !== undefined) named.push({ ...topic, name });
    else unknown.push(unknownTopic(topic));
  }
  return { named, unknown };
}

const unknownTopic = ({ topicId, partitionIndexes }: Topic): TopicAnswer => ({
  topicId,
  partitions: partitionIndexes.map((partitionIndex) =>
    nothing(partitionIndex, errorCode("UNKNOWN_TOPIC_ID"))
  ),
});

const nothing = (partitionIndex: number, code: number) => ({
  partitionIndex,
  committedOffset: -1,
  committedLeaderEpoch: -1,
  metadata: "",
  errorCode: code,
});

/** Offsets of a topic that is gone can't be told in a layout that knows topics by id only. */
function withIds(topics: readonly TopicAnswer[], broker: Broker): TopicAnswer[] {
  const image = broker.image();
  return topics.flatMap((topic) => {
    const found = image.topicByName(topic.name ?? "");
    return found === undefined ? [] : [{ ...topic, topicId: found.id }];
  });
}

/**
 * One group's answer as versions 1 to 7 have it. Version 1 can only say what is wrong of each
 * partition.
 */
function olderLayout(answer: GroupAnswer, group: Group, version: number): Response {
  const code = answer.errorCode ?? 0;
  if (version >= 2 || code === 0) {
    return { topics: answer.topics as Response["topics"], errorCode: code };
  }
  return {
    topics: (group.topics ?? []).map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partitionIndex) => nothing(partitionIndex, code)),
    })),
  };
}
