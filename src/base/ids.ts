/**
 * The ids and offsets that every room speaks of, branded so that two of them can't be swapped in a
 * call.
 */

declare const brand: unique symbol;
type Branded<T, Name extends string> = T & { readonly [brand]: Name };

/** A node's id as a broker, `node.id` in Kafka's settings. */
export type BrokerId = Branded<number, "BrokerId">;
/** A producer's id (KIP-98), unique in the cluster and never given twice. */
export type ProducerId = Branded<number, "ProducerId">;
/** 128 bits as Kafka prints them: base64url without padding, 22 characters. */
export type Uuid = string;
/**
 * The id of one incarnation of a topic (KIP-516): a topic made again under its old name gets
 * another.
 */
export type TopicId = Branded<Uuid, "TopicId">;
/** A place in a partition's log; counted from 0, never reused. */
export type Offset = number;

export const brokerId = (id: number): BrokerId => id as BrokerId;
export const producerId = (id: number): ProducerId => id as ProducerId;
export const topicId = (id: Uuid): TopicId => id as TopicId;

/** All 128 bits zero: "no id" wherever Kafka sends one. */
export const ZERO_UUID: Uuid = "AAAAAAAAAAAAAAAAAAAAAA";
/** The quorum's log of metadata: it lies beside the partitions and is a topic to nobody. */
export const METADATA_TOPIC = "__cluster_metadata";
/** The fixed topic id of {@link METADATA_TOPIC}: the number 1. */
export const METADATA_TOPIC_ID: TopicId = topicId("AAAAAAAAAAAAAAAAAAAAAQ");
/** No producer id, no epoch, no sequence: -1 in every record batch that is not idempotent. */
export const NO_PRODUCER_ID: ProducerId = producerId(-1);

/** One partition of one topic by its name. */
export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** The name under which a partition is found in maps and as a folder on disk: `orders-3`. */
export const keyOf = ({ topic, partition }: TopicPartition): string => `${topic}-${partition}`;
