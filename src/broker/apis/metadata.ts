/**
 * Metadata, key 3: the brokers, and of topics who leads which partition. What every client asks
 * second.
 *
 * Served 0 to 13.
 *
 * | v | adds |
 * | --- | --- |
 * | 0 | an empty list means all topics |
 * | 1 | null means all, empty means none; controller, racks, internal topics |
 * | 2 | cluster id |
 * | 4 | the client says whether a missing topic may be made |
 * | 5 | offline replicas |
 * | 7 | leader epochs |
 * | 8 | authorized operations (KIP-430); those of the cluster until 10 |
 * | 9 | flexible |
 * | 10, 12 | topic ids in answers, and in requests (KIP-516) |
 * | 13 | an error for the whole request |
 *
 * A missing topic that may be made is made by the controller, and this answer says
 * UNKNOWN_TOPIC_OR_PARTITION: clients ask again. Success too early ends in a storm of "not leader"
 * instead.
 *
 * Differs from Kafka: the controller that is named is this broker, which takes what is meant for
 * the controller. Authorized operations are all of them, as long as there is no authorizer.
 */
import { isInternalTopic } from "../../controller/mod.ts";
import type { MetadataImage, PartitionImage, TopicImage } from "../../metadata/mod.ts";
import { ZERO_UUID } from "../../base/mod.ts";
import {
  errorCode,
  type ErrorName,
  type InputOf,
  KafkaError,
  MetadataRequest,
  MetadataResponse,
} from "../../protocol/mod.ts";
import { defineApi, MAX_PARTITIONS_AT_ONCE, type RequestContext } from "../api.ts";
import type { Broker } from "../broker.ts";
import { brokersOf, offlineReplicas, topicById } from "../cluster_view.ts";
import { isTopicName } from "../topic_names.ts";
import { CLUSTER_OPERATIONS, TOPIC_OPERATIONS } from "../operations.ts";

type Wanted = NonNullable<MetadataRequest["topics"]>[number];
type Topic = NonNullable<InputOf<typeof MetadataResponse>["topics"]>[number];
type Partition = NonNullable<Topic["partitions"]>[number];

export const metadata = defineApi({
  key: 3,
  name: "Metadata",
  request: MetadataRequest,
  response: MetadataResponse,
  versions: [0, 13],
  maxElements: MAX_PARTITIONS_AT_ONCE,

  handle(request, context, broker) {
    const { version } = context;
    checkTopics(request, version);
    const image = broker.image();
    const isAll = request.topics === null || (version === 0 && request.topics.length === 0);
    const describe = describerFor(image, request, context);
    const missing: string[] = [];
    const topics = isAll
      ? [...image.topics.values()].map(describe)
      : distinct(request.topics!).map((wanted) => {
        const topic = find(image, wanted);
        if (topic !== undefined) return describe(topic);
        if (mayCreate(broker, request, wanted)) missing.push(wanted.name!);
        return unknown(wanted);
      });
    if (missing.length > 0) {
      broker.autoTopics.create(missing, context, context.drawMutations({ strictSince: 0 }));
    }
    return {
      brokers: brokersOf(image, context.connection.listener),
      clusterId: broker.clusterId,
      controllerId: broker.nodeId,
      topics,
      ...(request.includeClusterAuthorizedOperations
        ? { clusterAuthorizedOperations: CLUSTER_OPERATIONS }
        : {}),
    };
  },

  failed: ({ topics }, { code }, { version }) =>
    version >= 13 ? { errorCode: code } : {
      topics: (topics ?? []).map(({ name, topicId }) => ({
        errorCode: code,
        name: name ?? "",
        topicId,
        partitions: [],
      })),
    },
});

/** Versions 10 and 11 have topic ids in their layout that must not be used yet. */
function checkTopics({ topics }: MetadataRequest, version: number): void {
  for (const { name, topicId } of topics ?? []) {
    const usesId = name === null || topicId !== ZERO_UUID;
    if (version < 12 && usesId) {
      throw new KafkaError("INVALID_REQUEST", `Cannot look a topic up by id in version ${version}`);
    }
    if (name === null && topicId === ZERO_UUID) {
      throw new KafkaError("INVALID_REQUEST", "Cannot look a topic up with neither name nor id");
    }
  }
}

/** A topic that is named twice is described once. */
function distinct(topics: readonly Wanted[]): readonly Wanted[] {
  if (topics.length < 2) return topics;
  return [...new Map(topics.map((each) => [`${each.topicId} ${each.name}`, each])).values()];
}

function find(image: MetadataImage, { name, topicId }: Wanted): TopicImage | undefined {
  return topicId === ZERO_UUID ? image.topicByName(name!) : topicById(image, topicId);
}

function mayCreate(broker: Broker, request: MetadataRequest, { name, topicId }: Wanted): boolean {
  return request.allowAutoTopicCreation && broker.config.get("auto.create.topics.enable") &&
    topicId === ZERO_UUID && isTopicName(name!);
}

function unknown({ name, topicId }: Wanted): Topic {
  const error: ErrorName = topicId !== ZERO_UUID
    ? "UNKNOWN_TOPIC_ID"
    : isTopicName(name!)
    ? "UNKNOWN_TOPIC_OR_PARTITION"
    : "INVALID_TOPIC_EXCEPTION";
  return {
    errorCode: errorCode(error),
    name: topicId === ZERO_UUID ? name : null,
    topicId,
    isInternal: name !== null && isInternalTopic(name),
    partitions: [],
  };
}

/**
 * How one topic is described to this client: with the errors of its version, seen from its
 * listener.
 */
function describerFor(
  image: MetadataImage,
  request: MetadataRequest,
  { version, connection }: RequestContext,
): (topic: TopicImage) => Topic {
  const reachable = new Set(brokersOf(image, connection.listener).map(({ nodeId }) => nodeId));
  const unreachable = errorCode(version >= 6 ? "LISTENER_NOT_FOUND" : "LEADER_NOT_AVAILABLE");
  const operations = request.includeTopicAuthorizedOperations
    ? { topicAuthorizedOperations: TOPIC_OPERATIONS }
    : {};
  return ({ name, id, partitions }) => ({
    errorCode: 0,
    name,
    topicId: id,
    isInternal: isInternalTopic(name),
    partitions: partitions.map((partition, index) => ({
      errorCode: partition.leader < 0
        ? errorCode("LEADER_NOT_AVAILABLE")
        : reachable.has(partition.leader)
        ? 0
        : unreachable,
      partitionIndex: index,
      leaderId: partition.leader,
      leaderEpoch: partition.leaderEpoch,
      replicaNodes: partition.replicas,
      isrNodes: partition.isr,
      offlineReplicas: offlineReplicas(image, partition, reachable),
      ...(version === 0 ? asInVersion0(partition, reachable) : {}),
    })),
    ...operations,
  });
}

/** The oldest clients are told of no broker that they cannot reach; an error says that it lacks. */
function asInVersion0(
  { leader, replicas, isr }: PartitionImage,
  reachable: ReadonlySet<number>,
): Partial<Partition> {
  const [replicaNodes, isrNodes] = [replicas, isr].map((ids) =>
    ids.filter((id) => reachable.has(id))
  );
  const isWhole = replicaNodes.length === replicas.length && isrNodes.length === isr.length;
  return {
    replicaNodes,
    isrNodes,
    ...(leader < 0 || !reachable.has(leader) || isWhole
      ? {}
      : { errorCode: errorCode("REPLICA_NOT_AVAILABLE") }),
  };
}
