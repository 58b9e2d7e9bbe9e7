/**
 * What operators ask of a cluster: topics, their settings, groups and how far behind they are. Over
 * our own wire and not kafkajs, which lacks half of it (incremental changes of settings, topic ids,
 * groups of the new protocol, the broker's own words for a refusal) and takes longer to load than
 * most of these calls take to be answered.
 */
import type { Offset, Uuid } from "../base/mod.ts";
import {
  CreatePartitionsRequest,
  CreatePartitionsResponse,
  CreateTopicsRequest,
  CreateTopicsResponse,
  DeleteTopicsRequest,
  DeleteTopicsResponse,
  DescribeConfigsRequest,
  DescribeConfigsResponse,
  errorName,
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
  type MetadataResponse,
  RESOURCE,
} from "../protocol/mod.ts";
import { type Cluster, throwIfError } from "./cluster.ts";

export interface PartitionDescription {
  partition: number;
  /** -1: none at the moment. */
  leader: number;
  leaderEpoch: number;
  replicas: number[];
  isr: number[];
}

export interface TopicDescription {
  name: string;
  topicId: Uuid;
  isInternal: boolean;
  partitions: PartitionDescription[];
}

export interface ConfigEntry {
  name: string;
  value: string | null;
  /** Set for this very topic, as against inherited. */
  isOverridden: boolean;
  isReadOnly: boolean;
  isSensitive: boolean;
}

export interface NewTopic {
  name: string;
  /** Without them, the brokers' defaults. */
  partitions?: number;
  replicas?: number;
  configs?: Record<string, string>;
}

/** What to do to single settings: a value sets, null takes back to the default. */
export type ConfigChanges = Record<string, string | null>;

const TIMEOUT_MS = 15_000;
const CALL = { timeoutMs: TIMEOUT_MS + 5000 };
const TOPIC_SOURCE = 1;
const SET = 0;
const DELETE = 1;

export async function createTopic(cluster: Cluster, topic: NewTopic): Promise<void> {
  await cluster.retrying(async () => {
    const { topics: [answer] } = await cluster.call(CreateTopicsRequest, CreateTopicsResponse, {
      topics: [{
        name: topic.name,
        numPartitions: topic.partitions ?? -1,
        replicationFactor: topic.replicas ?? -1,
        configs: Object.entries(topic.configs ?? {}).map(([name, value]) => ({ name, value })),
      }],
      timeoutMs: TIMEOUT_MS,
    }, CALL);
    throwIfError(
      errorName(answer.errorCode),
      answer.errorMessage,
      `Cannot make the topic "${topic.name}"`,
    );
  });
}

export async function deleteTopic(cluster: Cluster, name: string): Promise<void> {
  await cluster.retrying(async () => {
    const { responses: [answer] } = await cluster.call(DeleteTopicsRequest, DeleteTopicsResponse, {
      topicNames: [name],
      timeoutMs: TIMEOUT_MS,
    }, { ...CALL, highest: 5 });
    const error = errorName(answer.errorCode);
    const said = error === "UNKNOWN_TOPIC_OR_PARTITION" ? "it does not exist" : answer.errorMessage;
    throwIfError(error, said, `Cannot delete the topic "${name}"`);
  });
}

/** Of topics that were made just now, of which not every broker may have heard yet. */
export const describeMade = (cluster: Cluster, names: readonly string[]) =>
  describeTopics(cluster, names, { unknownForMs: TIMEOUT_MS });

/**
 * All topics, or those named; in order of name. A name that is not there ends in a `KafkaError`.
 */
export async function describeTopics(
  cluster: Cluster,
  names: readonly string[] | null,
  { unknownForMs }: { unknownForMs?: number } = {},
): Promise<TopicDescription[]> {
  return await cluster.retrying(async () => {
    const { topics } = await cluster.metadata(names);
    for (const { errorCode, name } of topics) {
      const error = errorName(errorCode);
      if (names === null && error === "LEADER_NOT_AVAILABLE") continue;
      const said = error === "UNKNOWN_TOPIC_OR_PARTITION"
        ? `Topic "${name}" does not exist`
        : undefined;
      throwIfError(error, said);
    }
    return topics.map(describeTopic).sort((one, other) => one.name < other.name ? -1 : 1);
  }, { unknownForMs });
}

function describeTopic(
  { name, topicId, isInternal, partitions }: MetadataResponse["topics"][0],
): TopicDescription {
  return {
    name: name ?? "",
    topicId,
    isInternal,
    partitions: partitions.map((
      { partitionIndex, leaderId, leaderEpoch, replicaNodes, isrNodes },
    ) => ({
      partition: partitionIndex,
      leader: leaderId,
      leaderEpoch,
      replicas: replicaNodes,
      isr: isrNodes,
    })).sort((one, other) => one.partition - other.partition),
  };
}

/** The settings of a topic, in order of name. */
export async function describeTopicConfigs(
  cluster: Cluster,
  topic: string,
): Promise<ConfigEntry[]> {
  return await cluster.retrying(async () => {
    const { results: [answer] } = await cluster.call(
      DescribeConfigsRequest,
      DescribeConfigsResponse,
      {
        resources: [{ resourceType: RESOURCE.topic, resourceName: topic, configurationKeys: null }],
      },
    );
    throwIfError(
      errorName(answer.errorCode),
      answer.errorMessage,
      `Cannot read the settings of "${topic}"`,
    );
    return answer.configs.map(({ name, value, configSource, readOnly, isSensitive }) => ({
      name,
      value,
      isOverridden: configSource === TOPIC_SOURCE,
      isReadOnly: readOnly,
      isSensitive,
    })).sort((one, other) => one.name < other.name ? -1 : 1);
  });
}

export async function alterTopicConfigs(
  cluster: Cluster,
  topic: string,
  changes: ConfigChanges,
): Promise<void> {
  await cluster.retrying(async () => {
    const { responses: [answer] } = await cluster.call(
      IncrementalAlterConfigsRequest,
      IncrementalAlterConfigsResponse,
      {
        resources: [{
          resourceType: RESOURCE.topic,
          resourceName: topic,
          configs: Object.entries(changes).map(([name, value]) => ({
            name,
            value,
            configOperation: value === null ? DELETE : SET,
          })),
        }],
      },
      CALL,
    );
    throwIfError(
      errorName(answer.errorCode),
      answer.errorMessage,
      `Cannot change the topic "${topic}"`,
    );
  });
}

/** Adds partitions until there are `count`. */
export async function createPartitions(
  cluster: Cluster,
  topic: string,
  count: number,
): Promise<void> {
  await cluster.retrying(async () => {
    const { results: [answer] } = await cluster.call(
      CreatePartitionsRequest,
      CreatePartitionsResponse,
      {
        topics: [{ name: topic, count, assignments: null }],
        timeoutMs: TIMEOUT_MS,
      },
      CALL,
    );
    throwIfError(
      errorName(answer.errorCode),
      answer.errorMessage,
      `Cannot add partitions to "${topic}"`,
    );
  });
}

/** Where each partition's log begins and ends. */
export interface PartitionOffsets {
  partition: number;
  earliest: Offset;
  latest: Offset;
}
