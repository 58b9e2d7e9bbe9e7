/**
 * CreateTopics (19): each topic of a request is decided by itself; the records of all that may be
 * created go into the log together. The checks and their order are Kafka's (the answer has the
 * first that fails): request, name, existence, settings, assignment or counts, placement.
 */
import { METADATA_TOPIC, repeated, type TopicId, topicId } from "../base/mod.ts";
import { randomUuid } from "../bytes/mod.ts";
import { ConfigError, LIMITS, TopicConfig } from "../config/mod.ts";
import { type MetadataImage, metadataRecord } from "../metadata/mod.ts";
import {
  type CreateTopicsRequest,
  type CreateTopicsResponse,
  errorCode,
  KafkaError,
  type MetadataRecord,
  RESOURCE,
  withDefaults,
} from "../protocol/mod.ts";
import { CreateTopicsResponse as RESPONSE } from "../protocol/mod.ts";
import type { Decision, DecisionContext } from "./decision.ts";
import { forgetEligible } from "./elr_settings.ts";
import { checkAssignments, newPartition } from "./new_partitions.ts";
import { placeReplicas } from "./placement.ts";
import { ReplicaRoom } from "./replica_room.ts";
import { checkTopicName, collisionKey } from "./topic_names.ts";

/** More partitions at once make a batch of records that is too large to replicate. */
export const MAX_PARTITIONS_A_REQUEST = LIMITS["request.partitions"].fixed;
/** "Take the default", for counts of partitions and replicas. */
const DEFAULT = -1;
/** What a record's text may have at most; Kafka reads its length as a short. */
export const LONGEST_CONFIG_VALUE = 32_767;

type CreatableTopic = CreateTopicsRequest["topics"][number];
type TopicResult = CreateTopicsResponse["topics"][number];

export function createTopics(
  request: CreateTopicsRequest,
  context: DecisionContext,
): Decision<CreateTopicsResponse> {
  const records: MetadataRecord[] = [];
  const topics: TopicResult[] = [];
  const taken = new TakenNames(context.image);
  const describe = configDescriber(context);
  const duplicates = repeated(request.topics.map(({ name }) => name));
  const tooMany = partitionsIn(request, context) > MAX_PARTITIONS_A_REQUEST;
  if (tooMany) context.limited("request.partitions");
  const room = new ReplicaRoom(context);

  for (const topic of new Map(request.topics.map((topic) => [topic.name, topic])).values()) {
    try {
      if (duplicates.has(topic.name)) {
        throw new KafkaError("INVALID_REQUEST", `The request names "${topic.name}" more than once`);
      }
      if (topic.name === METADATA_TOPIC) {
        throw new KafkaError("INVALID_REQUEST", `${METADATA_TOPIC} is the controllers' own`);
      }
      if (tooMany) {
        throw new KafkaError(
          "POLICY_VIOLATION",
          `The request asks for more than ${MAX_PARTITIONS_A_REQUEST} partitions`,
        );
      }
      taken.check(topic.name);
      const created = createTopic(topic, { ...context, describe, room });
      records.push(...created.records);
      topics.push(created.response);
    } catch (error) {
      topics.push(refused(topic.name, error));
    }
  }
  return { records: request.validateOnly ? [] : records, response: { throttleTimeMs: 0, topics } };
}

function createTopic(
  topic: CreatableTopic,
  context: DecisionContext & { describe: ConfigDescriber; room: ReplicaRoom },
): Decision<TopicResult> {
  const { image, describe, room } = context;
  const configs = checkedConfigs(topic, context);
  const replicas = replicasOf(topic, context);
  room.take(topic.name, replicas);
  context.quota.take(replicas.length);
  const id = newTopicId(context);
  const { name } = topic;
  return {
    records: [
      metadataRecord("TopicRecord", 0, { name, topicId: id }),
      ...[...configs].map(([key, value]) =>
        metadataRecord("ConfigRecord", 0, {
          resourceType: RESOURCE.topic,
          resourceName: name,
          name: key,
          value,
        })
      ),
      ...forgetEligible({ type: RESOURCE.topic, name }, configs.keys(), image),
      ...replicas.map((brokerIds, i) => newPartition(image, id, i, brokerIds)),
    ],
    response: result({
      name,
      topicId: id,
      numPartitions: replicas.length,
      replicationFactor: replicas[0].length,
      configs: describe(configs),
    }),
  };
}

type ConfigDescriber = (overrides: ReadonlyMap<string, string>) => TopicResult["configs"];

/** How topics are set. Thousands of them in a request are mostly set alike: each way once. */
function configDescriber({ config }: DecisionContext): ConfigDescriber {
  const known = new Map<string, TopicResult["configs"]>();
  return (overrides) => {
    const key = JSON.stringify([...overrides]);
    let described = known.get(key);
    if (described === undefined) {
      described = TopicConfig.from(overrides, config).describe().map((each) => ({
        name: each.name,
        value: each.value,
        readOnly: each.isReadOnly,
        configSource: each.source,
        isSensitive: each.isSensitive,
      }));
      known.set(key, described);
    }
    return described;
  };
}

function checkedConfigs({ configs }: CreatableTopic, { config }: DecisionContext) {
  const overrides = new Map<string, string>();
  for (const { name, value } of configs) {
    if (value === null) throw new KafkaError("INVALID_CONFIG", `Cannot set ${name} to null`);
    if (value.length > LONGEST_CONFIG_VALUE) {
      throw new KafkaError("INVALID_CONFIG", `Cannot set ${name}: the value is too long`);
    }
    overrides.set(name, value);
  }
  TopicConfig.validateAll(overrides, config);
  return overrides;
}

function replicasOf(topic: CreatableTopic, context: DecisionContext): number[][] {
  const { image, random } = context;
  if (topic.assignments.length > 0) return assignedReplicas(topic, image);
  const { partitions, replicationFactor } = countsOf(topic, context);
  if (replicationFactor < 1) {
    throw new KafkaError(
      "INVALID_REPLICATION_FACTOR",
      `Cannot make ${topic.replicationFactor} replicas: it must be at least 1, or -1 for the default`,
    );
  }
  if (partitions < 1) {
    throw new KafkaError(
      "INVALID_PARTITIONS",
      `Cannot make ${topic.numPartitions} partitions: it must be at least 1, or -1 for the default`,
    );
  }
  return placeReplicas(image, random, { partitions, replicationFactor });
}

function assignedReplicas(topic: CreatableTopic, image: MetadataImage): number[][] {
  if (topic.numPartitions !== DEFAULT || topic.replicationFactor !== DEFAULT) {
    throw new KafkaError(
      "INVALID_REQUEST",
      "With an assignment of replicas, the counts of partitions and replicas must be -1",
    );
  }
  const byPartition = new Map<number, number[]>();
  for (const { partitionIndex, brokerIds } of topic.assignments) {
    if (byPartition.has(partitionIndex)) {
      throw new KafkaError(
        "INVALID_REPLICA_ASSIGNMENT",
        `Partition ${partitionIndex} is assigned more than once`,
      );
    }
    byPartition.set(partitionIndex, brokerIds);
  }
  const replicas = Array.from({ length: byPartition.size }, (_, partition) => {
    const brokerIds = byPartition.get(partition);
    if (brokerIds !== undefined) return brokerIds;
    throw new KafkaError(
      "INVALID_REPLICA_ASSIGNMENT",
      `Partition ${partition} is assigned to nobody: they must be numbered from 0 without gaps`,
    );
  });
  checkAssignments(image, replicas);
  return replicas;
}

function countsOf(topic: CreatableTopic, { config }: DecisionContext) {
  const { numPartitions, replicationFactor } = topic;
  return {
    partitions: numPartitions === DEFAULT ? config.get("num.partitions") : numPartitions,
    replicationFactor: replicationFactor === DEFAULT
      ? config.get("default.replication.factor")
      : replicationFactor,
  };
}

function partitionsIn({ topics }: CreateTopicsRequest, context: DecisionContext): number {
  return topics.reduce((sum, topic) => {
    const { assignments } = topic;
    return sum + (assignments.length || Math.max(0, countsOf(topic, context).partitions));
  }, 0);
}

function newTopicId({ image, random }: DecisionContext): TopicId {
  for (;;) {
    const id = topicId(randomUuid(random));
    if (!image.topics.has(id)) return id;
  }
}

/**
 * Names in the cluster. As in Apache Kafka two names of one request may collide with each other:
 * who asks for both at once means both.
 */
class TakenNames {
  #collisions: Map<string, string> | undefined;

  constructor(private readonly image: MetadataImage) {}

  check(name: string): void {
    checkTopicName(name);
    if (this.image.topicIdOf(name) !== undefined) {
      throw new KafkaError("TOPIC_ALREADY_EXISTS", `Topic "${name}" exists already`);
    }
    if (!/[._]/.test(name)) return;
    const other = this.#byCollisionKey().get(collisionKey(name));
    if (other !== undefined) {
      throw new KafkaError(
        "INVALID_TOPIC_EXCEPTION",
        `Cannot name a topic "${name}": only '.' and '_' tell it from "${other}"`,
      );
    }
  }

  #byCollisionKey(): Map<string, string> {
    return this.#collisions ??= new Map(
      [...this.image.topicNames()].map((name) => [collisionKey(name), name]),
    );
  }
}

const BLANK: TopicResult = withDefaults(RESPONSE, { topics: [{ errorMessage: null }] }).topics[0];

const result = (fields: Partial<TopicResult>): TopicResult => ({ ...BLANK, ...fields });

function refused(name: string, error: unknown): TopicResult {
  const [code, errorMessage] = describeRefusal(error);
  return result({ name, errorCode: code, errorMessage, configs: [] });
}

/**
 * The code and text for an answer's fields. What is no refusal is a fault of ours and goes on up.
 */
export function describeRefusal(error: unknown): [code: number, message: string] {
  if (error instanceof ConfigError) return [errorCode("INVALID_CONFIG"), error.message];
  if (error instanceof KafkaError) return [error.code, error.message];
  throw error;
}
