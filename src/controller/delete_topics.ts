/**
 * DeleteTopics (20): by name, or since version 6 by id as well. One record a topic; its settings go
 * with it.
 */
import { type TopicId, topicId, ZERO_UUID } from "../base/mod.ts";
import { metadataRecord, type TopicImage } from "../metadata/mod.ts";
import {
  type DeleteTopicsRequest,
  type DeleteTopicsResponse,
  KafkaError,
  type MetadataRecord,
} from "../protocol/mod.ts";
import { describeRefusal } from "./create_topics.ts";
import type { Decision, DecisionContext } from "./decision.ts";

/** What a request names a topic by; one of the two is missing. */
interface TopicReference {
  readonly name: string | null;
  readonly topicId: string;
}

/** @param version of the request: before 3 clients don't know the error for a forbidden deletion */
export function deleteTopics(
  request: DeleteTopicsRequest,
  version: number,
  { image, config, quota }: DecisionContext,
): Decision<DeleteTopicsResponse> {
  const records: MetadataRecord[] = [];
  const responses: DeleteTopicsResponse["responses"] = [];
  const references: TopicReference[] = version >= 6
    ? request.topics
    : request.topicNames.map((name) => ({ name, topicId: ZERO_UUID }));
  const isRepeated = repeatedIn(references);
  const distinct = new Map(references.map((each) => [keyOf(each), each])).values();
  const deleted = new Set<TopicId>();

  for (const reference of distinct) {
    let { name, topicId: id } = reference;
    try {
      if (!config.get("delete.topic.enable")) {
        throw new KafkaError(
          version < 3 ? "INVALID_REQUEST" : "TOPIC_DELETION_DISABLED",
          "Topics cannot be deleted here: delete.topic.enable is false",
        );
      }
      if (isRepeated(reference)) {
        throw new KafkaError("INVALID_REQUEST", "The request names the topic more than once");
      }
      const topic = find(reference);
      if (deleted.has(topic.id)) {
        throw new KafkaError("INVALID_REQUEST", "The request names the topic by name and by id");
      }
      deleted.add(topic.id);
      ({ name, id } = topic);
      quota.take(topic.partitions.length);
      records.push(metadataRecord("RemoveTopicRecord", 0, { topicId: topic.id }));
      responses.push({ name, topicId: id, errorCode: 0, errorMessage: null });
    } catch (error) {
      const [errorCode, errorMessage] = describeRefusal(error);
      responses.push({ name, topicId: id, errorCode, errorMessage });
    }
  }
  return { records, response: { throttleTimeMs: 0, responses } };

  function find({ name, topicId: id }: TopicReference): TopicImage {
    if ((name === null) === (id === ZERO_UUID)) {
      throw new KafkaError(
        "INVALID_REQUEST",
        "A topic is named by its name or its id, not by both",
      );
    }
    if (name === null) {
      const topic = image.topicById(topicId(id));
      if (topic === undefined) throw new KafkaError("UNKNOWN_TOPIC_ID");
      return topic;
    }
    const topic = image.topicByName(name);
    if (topic === undefined) throw new KafkaError("UNKNOWN_TOPIC_OR_PARTITION");
    return topic;
  }
}

const keyOf = ({ name, topicId: id }: TopicReference) =>
  name === null ? `id:${id}` : `name:${name}`;

function repeatedIn(references: readonly TopicReference[]): (reference: TopicReference) => boolean {
  const counts = new Map<string, number>();
  for (const reference of references) {
    const key = keyOf(reference);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return (reference) => counts.get(keyOf(reference))! > 1;
}
