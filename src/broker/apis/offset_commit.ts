/**
 * OffsetCommit, key 8: how far a group has read.
 *
 * Served 2 to 10.
 *
 * | v | adds |
 * | --- | --- |
 * | 2 | a retention of its own, until 4 |
 * | 6 | leader epochs (KIP-320) |
 * | 7 | static members (KIP-345) |
 * | 8 | flexible |
 * | 9 | members of the new protocol (KIP-848); GROUP_ID_NOT_FOUND |
 * | 10 | topics by id |
 *
 * Partitions that don't exist are refused here, the rest is the coordinator's. The answer leaves
 * when the offsets are committed.
 */
import type { MetadataImage } from "../../metadata/mod.ts";
import {
  errorCode,
  type InputOf,
  OffsetCommitRequest,
  OffsetCommitResponse,
} from "../../protocol/mod.ts";
import { defineApi, MAX_PARTITIONS_AT_ONCE, NO_ANSWER } from "../api.ts";
import { topicById } from "../cluster_view.ts";
import { callerOf } from "../group_caller.ts";

type Topic = OffsetCommitRequest["topics"][number];
type TopicAnswer = NonNullable<InputOf<typeof OffsetCommitResponse>["topics"]>[number];
type PartitionAnswer = NonNullable<TopicAnswer["partitions"]>[number];

export const offsetCommit = defineApi({
  key: 8,
  name: "OffsetCommit",
  request: OffsetCommitRequest,
  response: OffsetCommitResponse,
  versions: [2, 10],
  maxElements: MAX_PARTITIONS_AT_ONCE,

  async handle(request, context, broker) {
    const { version } = context;
    const image = broker.image();
    const known = request.topics
      .filter(({ partitions }) => partitions.length > 0)
      .map((topic) => knownPartsOf(image, topic, version));
    const topics = known.filter(({ partitions }) => partitions.length > 0);
    if (topics.length === 0) return { topics: known.map((topic) => merge(topic, undefined)) };
    const decided = await broker.groups.run<InputOf<typeof OffsetCommitResponse>>(
      request.groupId,
      (coordinator, reply) => {
        const wanted = { ...request, topics: topics.map((topic) => withId(topic, image)) };
        return coordinator.offsetCommit(wanted, version, callerOf(context, broker), reply);
      },
    );
    if (decided === NO_ANSWER) return NO_ANSWER;
    const answers = new Map(decided.topics?.map((topic) => [topic.name, topic.partitions]));
    return { topics: known.map((topic) => merge(topic, answers.get(topic.name))) };
  },

  failed: ({ topics }, { code }) => ({
    topics: topics.map(({ name, topicId, partitions }) => ({
      name,
      topicId,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: code })),
    })),
  }),
});

interface KnownTopic extends Topic {
  /** As the request has it, refused partitions included, in its order. */
  readonly all: Topic["partitions"];
  readonly refusal: number;
}

/** The topic by its name, with only those of its partitions that exist. */
function knownPartsOf(image: MetadataImage, topic: Topic, version: number): KnownTopic {
  const name = version >= 10 ? topicById(image, topic.topicId)?.name : topic.name;
  const refusal = errorCode(version >= 10 ? "UNKNOWN_TOPIC_ID" : "UNKNOWN_TOPIC_OR_PARTITION");
  const partitions = name === undefined
    ? []
    : topic.partitions.filter((each) => image.partition(name, each.partitionIndex));
  return {
    ...topic,
    name: name ?? topic.name,
    all: topic.partitions,
    partitions,
    refusal: name === undefined ? refusal : errorCode("UNKNOWN_TOPIC_OR_PARTITION"),
  };
}

/**
 * The id is written with the offset, so that it is not taken for one of another topic of that name.
 */
const withId = (topic: KnownTopic, image: MetadataImage): KnownTopic => ({
  ...topic,
  topicId: image.topicIdOf(topic.name) ?? topic.topicId,
});

/** What the coordinator said of the partitions that it was asked about; the others are refused. */
function merge(topic: KnownTopic, decided: readonly PartitionAnswer[] | undefined): TopicAnswer {
  const { name, topicId, all, refusal } = topic;
  const codes = new Map(decided?.map((each) => [each.partitionIndex, each.errorCode]));
  return {
    name,
    topicId,
    partitions: all.map(({ partitionIndex }) => ({
      partitionIndex,
      errorCode: codes.get(partitionIndex) ?? refusal,
    })),
  };
}
