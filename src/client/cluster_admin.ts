/**
 * The cluster as operators see it: its brokers, all partitions and how well they are replicated,
 * elections of leaders, features, and brokers that are to be forgotten.
 */
import {
  ApiVersionsRequest,
  ApiVersionsResponse,
  DescribeClusterRequest,
  DescribeClusterResponse,
  DescribeConfigsRequest,
  DescribeConfigsResponse,
  ElectLeadersRequest,
  ElectLeadersResponse,
  errorName,
  KafkaError,
  RESOURCE,
  UnregisterBrokerRequest,
  UnregisterBrokerResponse,
  UpdateFeaturesRequest,
  UpdateFeaturesResponse,
} from "../protocol/mod.ts";
import type { TopicPartition } from "../base/mod.ts";
import { type Cluster, throwIfError } from "./cluster.ts";

export interface BrokerDescription {
  id: number;
  host: string;
  port: number;
  rack: string | null;
  /** Registered, and without a sign of life, or not ready yet; it leads nothing. */
  isFenced: boolean;
}

export interface ClusterDescription {
  clusterId: string;
  /** In order of their ids. */
  brokers: BrokerDescription[];
  /** Whether fenced brokers are among them; older brokers do not tell of those. */
  hasFenced: boolean;
}

const TIMEOUT_MS = 30_000;
const CALL = { timeoutMs: TIMEOUT_MS + 5000 };
/** So many topics are asked for their settings in one request. */
const TOPICS_AT_ONCE = 500;

export async function describeCluster(cluster: Cluster): Promise<ClusterDescription> {
  const connection = await cluster.any();
  const hasFenced = connection.versionFor(DescribeClusterRequest) >= 2;
  const answer = await connection.call(DescribeClusterRequest, DescribeClusterResponse, {
    ...hasFenced && { includeFencedBrokers: true },
  });
  throwIfError(errorName(answer.errorCode), answer.errorMessage, "Cannot describe the cluster");
  const brokers = answer.brokers.map(({ brokerId: id, host, port, rack, isFenced }) => ({
    id,
    host,
    port,
    rack,
    isFenced,
  })).sort((one, other) => one.id - other.id);
  return { clusterId: answer.clusterId, brokers, hasFenced };
}

/** `min.insync.replicas` of each of these topics. */
export async function minInSyncReplicas(
  cluster: Cluster,
  topics: readonly string[],
): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (let at = 0; at < topics.length; at += TOPICS_AT_ONCE) {
    const answer = await cluster.call(DescribeConfigsRequest, DescribeConfigsResponse, {
      resources: topics.slice(at, at + TOPICS_AT_ONCE).map((resourceName) => ({
        resourceType: RESOURCE.topic,
        resourceName,
        configurationKeys: ["min.insync.replicas"],
      })),
    });
    for (const { errorCode, resourceName, configs } of answer.results) {
      const value = configs.find(({ name }) => name === "min.insync.replicas")?.value;
      if (errorCode === 0 && value) found.set(resourceName, Number(value));
    }
  }
  return found;
}

export interface FeatureDescription {
  name: string;
  /** What the cluster has agreed on; 0: it is not in use. */
  level: number;
  /** What the broker that was asked could do. */
  lowest: number;
  highest: number;
}

/** In order of their names. */
export async function describeFeatures(cluster: Cluster): Promise<FeatureDescription[]> {
  const connection = await cluster.any();
  const answer = await connection.call(ApiVersionsRequest, ApiVersionsResponse, {
    clientSoftwareName: "streamer",
    clientSoftwareVersion: "0.1.0",
  });
  throwIfError(errorName(answer.errorCode), undefined, "Cannot read the features");
  const agreed = new Map(answer.finalizedFeatures.map((each) => [each.name, each.maxVersionLevel]));
  return answer.supportedFeatures.map(({ name, minVersion, maxVersion }) => ({
    name,
    level: agreed.get(name) ?? 0,
    lowest: minVersion,
    highest: maxVersion,
  })).sort((one, other) => one.name < other.name ? -1 : 1);
}

/** How a level may change: up, down where nothing is lost, down in any case. */
export const CHANGE = { upgrade: 1, safeDowngrade: 2, unsafeDowngrade: 3 } as const;

export interface FeatureChange {
  name: string;
  level: number;
  kind: keyof typeof CHANGE;
}

/** All of them or none; a dry run only asks whether it could be. */
export async function updateFeatures(
  cluster: Cluster,
  changes: readonly FeatureChange[],
  { isDryRun = false }: { isDryRun?: boolean } = {},
): Promise<void> {
  const answer = await cluster.call(UpdateFeaturesRequest, UpdateFeaturesResponse, {
    timeoutMs: TIMEOUT_MS,
    featureUpdates: changes.map(({ name, level, kind }) => ({
      feature: name,
      maxVersionLevel: level,
      upgradeType: CHANGE[kind],
    })),
    validateOnly: isDryRun,
  }, CALL);
  const what = "Cannot change the features";
  throwIfError(errorName(answer.errorCode), answer.errorMessage, what);
  for (const { feature, errorCode, errorMessage } of answer.results ?? []) {
    throwIfError(errorName(errorCode), errorMessage, `Cannot change ${feature}`);
  }
}

export interface ElectionResult extends TopicPartition {
  /** undefined: a leader was elected. */
  refusal?: { error: string; message: string };
}

const PREFERRED = 0, UNCLEAN = 1;

/**
 * Elects leaders, the first replicas or, where none is in sync, any that lives (and loses what it
 * has not). Null is all partitions, of which those that need none are left out of the answer.
 */
export async function electLeaders(
  cluster: Cluster,
  { isUnclean, partitions }: { isUnclean: boolean; partitions: readonly TopicPartition[] | null },
): Promise<ElectionResult[]> {
  const answer = await cluster.call(ElectLeadersRequest, ElectLeadersResponse, {
    electionType: isUnclean ? UNCLEAN : PREFERRED,
    topicPartitions: partitions && [...Map.groupBy(partitions, ({ topic }) => topic)].map(
      ([topic, all]) => ({ topic, partitions: all.map(({ partition }) => partition) }),
    ),
    timeoutMs: TIMEOUT_MS,
  }, CALL);
  throwIfError(errorName(answer.errorCode), undefined, "Cannot elect leaders");
  return answer.replicaElectionResults.flatMap(({ topic, partitionResult }) =>
    partitionResult.map(({ partitionId: partition, errorCode, errorMessage }) => {
      const error = errorName(errorCode);
      const message = errorMessage || new KafkaError(error).message;
      return { topic, partition, ...error !== "NONE" && { refusal: { error, message } } };
    })
  );
}

/** The cluster forgets a broker; it may not come back under this id without registering anew. */
export async function unregisterBroker(cluster: Cluster, id: number): Promise<void> {
  const answer = await cluster.call(UnregisterBrokerRequest, UnregisterBrokerResponse, {
    brokerId: id,
  }, CALL);
  const what = `Cannot remove broker ${id}`;
  throwIfError(errorName(answer.errorCode), answer.errorMessage, what);
}
