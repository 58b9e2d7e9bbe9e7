/**
 * The cluster as answers show it: brokers by the listener a request came in on, topics with their
 * partitions. A thin layer over the metadata image, so that what clients see is said in one place.
 */
import { topicId, ZERO_UUID } from "../base/mod.ts";
import {
  type BrokerImage,
  directoryOf,
  isOnline,
  type MetadataImage,
  type PartitionImage,
  type TopicImage,
} from "../metadata/mod.ts";

export interface BrokerEndpoint {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
  readonly rack: string | null;
  readonly isFenced: boolean;
}

/** The brokers that a client of this listener can reach, by id. Fenced ones only when asked for. */
export function brokersOf(
  image: MetadataImage,
  listener: string,
  { includeFenced = false }: { includeFenced?: boolean } = {},
): BrokerEndpoint[] {
  const found: BrokerEndpoint[] = [];
  for (const broker of image.brokers.values()) {
    if (broker.fenced && !includeFenced) continue;
    const endpoint = endpointOf(broker, listener);
    if (endpoint !== undefined) found.push(endpoint);
  }
  return found.sort((a, b) => a.nodeId - b.nodeId);
}

/** Where some of the brokers are, for answers that name new leaders. */
export const endpointsOf = (
  image: MetadataImage,
  listener: string,
  ids: ReadonlySet<number>,
): BrokerEndpoint[] => brokersOf(image, listener).filter(({ nodeId }) => ids.has(nodeId));

/** Of a partition's replicas those that nobody reaches, or whose log directory has failed. */
export const offlineReplicas = (
  image: MetadataImage,
  partition: PartitionImage,
  reachable: ReadonlySet<number>,
): number[] =>
  partition.replicas.filter((id) => {
    const broker = image.brokers.get(id);
    return !reachable.has(id) || !isOnline(broker!, directoryOf(partition, id));
  });

/** The topic of an id as requests carry it. */
export const topicById = (image: MetadataImage, id: string): TopicImage | undefined =>
  image.topicById(topicId(id));

/**
 * Who leads a partition, as an answer's tagged field has it (KIP-951); undefined when it isn't
 * known.
 */
export function leaderHint(
  image: MetadataImage,
  { name, topicId: id, index }: { name: string; topicId: string; index: number },
): { leaderId: number; leaderEpoch: number } | undefined {
  const topic = id === ZERO_UUID ? image.topicByName(name) : topicById(image, id);
  const partition = topic?.partitions[index];
  return partition && { leaderId: partition.leader, leaderEpoch: partition.leaderEpoch };
}

function endpointOf(broker: BrokerImage, listener: string): BrokerEndpoint | undefined {
  const endpoint = broker.endPoints.find(({ name }) => name === listener);
  if (endpoint === undefined) return undefined;
  const { brokerId: nodeId, rack, fenced: isFenced } = broker;
  return { nodeId, host: endpoint.host, port: endpoint.port, rack, isFenced };
}
