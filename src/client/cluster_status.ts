/**
 * How a cluster is, in one look: its quorum, its brokers, and how well its partitions are
 * replicated. Gathered here; what it means, and what to do, is in `cluster_health.ts`.
 */
import type { TopicPartition } from "../base/mod.ts";
import { KafkaError } from "../protocol/mod.ts";
import { describeTopics, type PartitionDescription } from "./admin.ts";
import { Cluster } from "./cluster.ts";
import {
  type BrokerDescription,
  describeCluster,
  describeFeatures,
  minInSyncReplicas,
} from "./cluster_admin.ts";
import { describeQuorum, type Quorum } from "./quorum_admin.ts";
import { listReassignments } from "./reassignments.ts";

export interface BrokerStatus extends BrokerDescription {
  /** Partitions that it leads. */
  leads: number;
  /** Replicas that are to be on it, led ones included. */
  replicas: number;
}

/** A partition that is not as it should be. */
export interface TroubledPartition extends TopicPartition {
  leader: number;
  replicas: number[];
  isr: number[];
}

export interface ClusterStatus {
  clusterId: string;
  /** 0: unknown. */
  metadataVersion: number;
  /** undefined: the cluster has none (ZooKeeper's), or `quorumError` says why it is not known. */
  quorum?: Quorum;
  quorumError?: string;
  brokers: BrokerStatus[];
  /** Of brokers that partitions name and nobody else does. */
  missingBrokers: number[];
  topics: number;
  partitions: number;
  /** Fewer in sync than there are to be; replicas that are just being added do not count. */
  underReplicated: TroubledPartition[];
  /** So few in sync that `acks=all` is refused. */
  underMinIsr: TroubledPartition[];
  /** Without a leader: neither written nor read. */
  offline: TroubledPartition[];
  /** Led by another than the first replica, which is in sync. */
  notPreferred: number;
  /** On their way to other brokers. */
  moving: number;
}

/** The quorum is waited for only so long: whether it answers is what is asked about. */
const QUORUM_WAIT = { forMs: 2000, timeoutMs: 3000 };

export async function clusterStatus(cluster: Cluster): Promise<ClusterStatus> {
  const [described, topics, features, asked] = await Promise.all([
    describeCluster(cluster),
    describeTopics(cluster, null),
    describeFeatures(cluster),
    askQuorum(cluster),
  ]);
  const { moving, ...quorum } = asked;
  const all = topics.flatMap(({ name: topic, partitions }) =>
    partitions.map((one) => ({ ...one, topic }))
  );
  const isShort = (one: TopicPartition & PartitionDescription) => {
    const added = moving.get(`${one.topic}-${one.partition}`) ?? [];
    return one.replicas.some((id) => !one.isr.includes(id) && !added.includes(id));
  };
  const short = all.filter(isShort);
  const minimum = await minInSyncReplicas(cluster, [...new Set(short.map(({ topic }) => topic))]);
  const offline = all.filter(({ leader }) => leader < 0);
  return {
    clusterId: described.clusterId,
    metadataVersion: features.find(({ name }) => name === "metadata.version")?.level ?? 0,
    ...quorum,
    brokers: described.brokers.map((broker) => ({
      ...broker,
      leads: all.filter(({ leader }) => leader === broker.id).length,
      replicas: all.filter(({ replicas }) => replicas.includes(broker.id)).length,
    })),
    missingBrokers: missing(all, described.brokers),
    topics: topics.length,
    partitions: all.length,
    underReplicated: short.map(troubled),
    underMinIsr: short.filter(({ topic, isr, replicas }) =>
      isr.length < Math.min(minimum.get(topic) ?? 1, replicas.length)
    ).map(troubled),
    offline: offline.map(troubled),
    notPreferred:
      all.filter(({ leader, replicas, isr }) =>
        leader >= 0 && replicas[0] !== leader && isr.includes(replicas[0])
      ).length,
    moving: moving.size,
  };
}

interface Asked extends Pick<ClusterStatus, "quorum" | "quorumError"> {
  /** By partition that moves, the replicas that are being added. */
  moving: ReadonlyMap<string, readonly number[]>;
}

/**
 * What only the quorum's leader knows, over a connection of its own: brokers wait for a leader, and
 * an answer that comes too late would hold up those behind it.
 */
async function askQuorum({ options }: Cluster): Promise<Asked> {
  const apart = new Cluster(options);
  try {
    const quorum = await describeQuorum(apart, QUORUM_WAIT);
    const moving = quorum === undefined ? [] : await listReassignments(apart, QUORUM_WAIT);
    return {
      quorum,
      moving: new Map(
        moving.map(({ topic, partition, adding }) => [`${topic}-${partition}`, adding]),
      ),
    };
  } catch (error) {
    const isSilent = error instanceof KafkaError || (error as Error).name === "ConnectionLost";
    if (!isSilent) throw error;
    return { quorumError: (error as Error).message, moving: new Map() };
  } finally {
    await apart.close();
  }
}

function missing(
  partitions: readonly PartitionDescription[],
  brokers: readonly BrokerDescription[],
): number[] {
  const known = new Set(brokers.map(({ id }) => id));
  const named = new Set(partitions.flatMap(({ replicas }) => replicas));
  return [...named].filter((id) => !known.has(id)).sort((one, other) => one - other);
}

const troubled = (
  { topic, partition, leader, replicas, isr }: TopicPartition & PartitionDescription,
): TroubledPartition => ({ topic, partition, leader, replicas, isr });
