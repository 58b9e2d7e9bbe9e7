/**
 * What is different between two images, where the records that lead from one to the other are not
 * at hand: a node that was left behind takes over a snapshot as a whole (KIP-630), and whoever
 * follows its image is told as if the records had come one by one.
 */
import type { TopicId } from "../base/mod.ts";
import { RESOURCE } from "../protocol/mod.ts";
import { configResourceOf, type MetadataDelta, type TopicDelta } from "./delta.ts";
import type { MetadataImage } from "./image.ts";
import type { TopicImage } from "./topics.ts";

export function differenceOf(before: MetadataImage, after: MetadataImage): MetadataDelta {
  const [old, now] = [before.parts, after.parts];
  const differs = <K, V>(a: ReadonlyMap<K, V>, b: ReadonlyMap<K, V>) => changedKeys(a, b).size > 0;
  const topics = new Map<TopicId, TopicDelta>();
  for (const id of changedKeys(old.topics, now.topics)) {
    topics.set(id, topicDelta(old.topics.get(id), now.topics.get(id)));
  }
  const deleted = new Set(
    [...topics.values()].flatMap(({ before, after }) => after === undefined ? before!.name : []),
  );
  return {
    features: changedKeys(old.features, now.features),
    brokers: changedKeys(old.brokers, now.brokers),
    controllers: changedKeys(old.controllers, now.controllers),
    topics,
    configs: [...changedKeys(old.configs, now.configs)].map(configResourceOf)
      .filter(({ type, name }) =>
        type !== RESOURCE.topic || !deleted.has(name) || after.topicIdOf(name) !== undefined
      ),
    clientQuotas: differs(old.clientQuotas, now.clientQuotas),
    producerIds: old.nextProducerId !== now.nextProducerId,
    acls: differs(old.acls, now.acls),
    scram: differs(old.scram, now.scram),
    delegationTokens: differs(old.delegationTokens, now.delegationTokens),
  };
}

function topicDelta(before: TopicImage | undefined, after: TopicImage | undefined): TopicDelta {
  const shown = after ?? before!;
  const partitions = shown.partitions.map((_, i) => i);
  return {
    before,
    after,
    partitions: before === undefined || after === undefined
      ? partitions
      : partitions.filter((i) => !isEqual(before.partitions[i], after.partitions[i])),
  };
}

function changedKeys<K, V>(before: ReadonlyMap<K, V>, after: ReadonlyMap<K, V>): Set<K> {
  const changed = new Set<K>();
  for (const [key, value] of before) if (!isEqual(value, after.get(key))) changed.add(key);
  for (const key of after.keys()) if (!before.has(key)) changed.add(key);
  return changed;
}

/** Of plain data: what records hold. */
function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (a instanceof Map) {
    return b instanceof Map && a.size === b.size &&
      [...a].every(([key, value]) => b.has(key) && isEqual(value, b.get(key)));
  }
  const [keys, others] = [Object.keys(a), Object.keys(b)];
  return keys.length === others.length &&
    keys.every((key) => isEqual(a[key as keyof typeof a], b[key as keyof typeof b]));
}
