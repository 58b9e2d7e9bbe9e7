/**
 * What a batch of records changed: names of the things that are not what they were. The image
 * before and the image after tell the rest, so that nobody applies a change twice or half.
 */
import type { TopicId } from "../base/mod.ts";
import type { TopicImage } from "./topics.ts";

/**
 * What has settings: Kafka's number for its kind, and its name ("" for the default of all brokers).
 */
export interface ConfigResource {
  readonly type: number;
  readonly name: string;
}

/** A resource as a key of a map. */
export const configKey = ({ type, name }: ConfigResource): string => `${type}:${name}`;

/** Takes a {@link configKey} apart. */
export function configResourceOf(key: string): ConfigResource {
  const colon = key.indexOf(":");
  return { type: Number(key.slice(0, colon)), name: key.slice(colon + 1) };
}

/** One topic's change. Without `before` it was created, without `after` it is gone. */
export interface TopicDelta {
  readonly before: TopicImage | undefined;
  readonly after: TopicImage | undefined;
  /** Partitions that are new or not what they were, in order. Of a deleted topic: all it had. */
  readonly partitions: readonly number[];
}

export interface MetadataDelta {
  /** Features whose level changed. */
  readonly features: ReadonlySet<string>;
  readonly brokers: ReadonlySet<number>;
  readonly controllers: ReadonlySet<number>;
  /** A topic deleted and made again under its name is two entries. */
  readonly topics: ReadonlyMap<TopicId, TopicDelta>;
  /** Resources of which a setting changed; not those of deleted topics. */
  readonly configs: readonly ConfigResource[];
  readonly clientQuotas: boolean;
  readonly producerIds: boolean;
  readonly acls: boolean;
  readonly scram: boolean;
  readonly delegationTokens: boolean;
}
