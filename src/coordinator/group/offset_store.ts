/**
 * How far each group has read: what the offset records add up to. Changed by replay only.
 *
 *     group ──► topic ──► partition ──► offset
 */
import type { OffsetCommitKey } from "../../protocol/mod.ts";
import type { StoredOffset } from "./records.ts";
import { OFFSET_BYTES } from "./weight.ts";

export type PartitionOffsets = ReadonlyMap<number, StoredOffset>;
export type TopicOffsets = ReadonlyMap<string, PartitionOffsets>;

const weightOf = ({ metadata }: StoredOffset): number => OFFSET_BYTES + metadata.length;

const NOTHING: TopicOffsets = new Map();

export class OffsetStore {
  readonly #groups = new Map<string, Map<string, Map<number, StoredOffset>>>();
  #size = 0;
  #bytes = 0;

  /** Offsets of all groups. */
  get size(): number {
    return this.#size;
  }

  /** What they weigh; see `weight.ts`. */
  get bytes(): number {
    return this.#bytes;
  }

  get(groupId: string, topic: string, partition: number): StoredOffset | undefined {
    return this.#groups.get(groupId)?.get(topic)?.get(partition);
  }

  /** All that a group has committed, in the order of its first commits. */
  of(groupId: string): TopicOffsets {
    return this.#groups.get(groupId) ?? NOTHING;
  }

  groupIds(): Iterable<string> {
    return this.#groups.keys();
  }

  replay({ group, topic, partition }: OffsetCommitKey, value: StoredOffset | null): void {
    if (value === null) return this.#forget(group, topic, partition);
    let topics = this.#groups.get(group);
    if (topics === undefined) this.#groups.set(group, topics = new Map());
    let partitions = topics.get(topic);
    if (partitions === undefined) topics.set(topic, partitions = new Map());
    const before = partitions.get(partition);
    if (before === undefined) this.#size++;
    else this.#bytes -= weightOf(before);
    this.#bytes += weightOf(value);
    partitions.set(partition, value);
  }

  /** What has become empty is dropped. */
  #forget(group: string, topic: string, partition: number): void {
    const topics = this.#groups.get(group);
    const partitions = topics?.get(topic);
    if (topics === undefined || partitions === undefined) return;
    const before = partitions.get(partition);
    if (before !== undefined) {
      this.#size--;
      this.#bytes -= weightOf(before);
    }
    partitions.delete(partition);
    if (partitions.size === 0) topics.delete(topic);
    if (topics.size === 0) this.#groups.delete(group);
  }
}

/** Every offset of a group, one by one. */
export function* eachOffset(
  groupId: string,
  topics: TopicOffsets,
): Generator<{ key: OffsetCommitKey; value: StoredOffset }> {
  for (const [topic, partitions] of topics) {
    for (const [partition, value] of partitions) {
      yield { key: { group: groupId, topic, partition }, value };
    }
  }
}
