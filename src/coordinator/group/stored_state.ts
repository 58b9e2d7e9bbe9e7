/**
 * What the records of one partition of `__consumer_offsets` add up to, and nothing else: the part
 * of a coordinator's state that another broker will find again. It is changed by {@link
 * StoredState.replay} alone.
 */
import { type DecodedRecord, decodeRecord, type StoredGroup } from "./records.ts";
import { OffsetStore } from "./offset_store.ts";

/**
 * Groups on newer protocols (KIP-848, 932, 1071), whose records are kept for whoever understands
 * them.
 */
export type OtherGroupType = "consumer" | "share" | "streams";

const EPOCH_RECORDS: Partial<Record<string, OtherGroupType>> = {
  ConsumerGroupMetadata: "consumer",
  ShareGroupMetadata: "share",
  StreamsGroupMetadata: "streams",
};

export class StoredState {
  readonly groups = new Map<string, StoredGroup>();
  readonly offsets = new OffsetStore();
  /** A group id belongs to one group, whatever its type: these are taken. */
  readonly others = new Map<string, OtherGroupType>();
  /** Bytes of the groups' records, by group and in all. */
  readonly #weights = new Map<string, number>();
  #groupBytes = 0;
  /** Records that were left alone: of groups on newer protocols, or of types from the future. */
  skippedRecords = 0;

  replay(key: Uint8Array, value: Uint8Array | null): DecodedRecord {
    const record = decodeRecord(key, value);
    switch (record.type) {
      case "offset":
        this.offsets.replay(record.key, record.value);
        break;
      case "group":
        this.#weigh(record.groupId, value?.length ?? 0);
        if (record.value === null) this.groups.delete(record.groupId);
        else this.groups.set(record.groupId, record.value);
        break;
      case "other":
        this.#skip(record);
    }
    return record;
  }

  /** What all of it weighs; see `weight.ts`. */
  get bytes(): number {
    return this.#groupBytes + this.offsets.bytes;
  }

  /** What a group's record weighs. */
  bytesOf(groupId: string): number {
    return this.#weights.get(groupId) ?? 0;
  }

  #weigh(groupId: string, bytes: number): void {
    this.#groupBytes += bytes - this.bytesOf(groupId);
    if (bytes > 0) this.#weights.set(groupId, bytes);
    else this.#weights.delete(groupId);
  }

  #skip({ record }: DecodedRecord & { type: "other" }): void {
    this.skippedRecords++;
    const type = record && EPOCH_RECORDS[record.type];
    if (record === undefined || type === undefined) return;
    const { groupId } = record.key as { groupId: string };
    if (record.value === null) this.others.delete(groupId);
    else this.others.set(groupId, type);
  }
}
