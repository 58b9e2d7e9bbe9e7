/**
 * Writes a coordinator's records to its partition, as long as this broker leads it under the epoch
 * in which the coordinator was loaded: what another leader has decided meanwhile is not known to it.
 */
import type { CoordinatorRecord } from "../../coordinator/mod.ts";
import { KafkaError } from "../../protocol/mod.ts";
import { type Codec, encodeBatch } from "../../records/mod.ts";
import type { Replica } from "../../replication/mod.ts";

export type WrittenReplica = Pick<
  Replica,
  | "append"
  | "inSyncReplicas"
  | "isLeader"
  | "leaderEpoch"
  | "log"
  | "logEndOffset"
  | "minInSyncReplicas"
  | "topicPartition"
>;

/** Records that may be taken in parts are cut into batches of about so many bytes. */
const PART_BYTES = 256 * 1024;

export class PartitionWriter {
  readonly #replica: WrittenReplica;
  readonly #leaderEpoch: number;
  readonly #codec: Codec;

  constructor(replica: WrittenReplica, codec: Codec) {
    this.#replica = replica;
    this.#leaderEpoch = replica.leaderEpoch;
    this.#codec = codec;
  }

  /** Whether this broker leads the partition as it did in the beginning. */
  get isCurrent(): boolean {
    return this.#replica.isLeader && this.#replica.leaderEpoch === this.#leaderEpoch;
  }

  /**
   * Appends them as one batch, and says where. Throws KafkaError NOT_LEADER_OR_FOLLOWER,
   * NOT_ENOUGH_REPLICAS, RECORD_LIST_TOO_LARGE, and what `Replica.append` throws; nothing is
   * written then.
   */
  append(records: readonly CoordinatorRecord[], now: number): { baseOffset: number } {
    const replica = this.#replica;
    if (!this.isCurrent) throw new KafkaError("NOT_LEADER_OR_FOLLOWER");
    const { inSyncReplicas, minInSyncReplicas } = replica;
    if (inSyncReplicas < minInSyncReplicas) {
      throw new KafkaError(
        "NOT_ENOUGH_REPLICAS",
        `${inSyncReplicas} in-sync replicas are fewer than min.insync.replicas=${minInSyncReplicas}`,
      );
    }
    const stamped = records.map(({ key, value }) => ({ key, value, timestamp: now }));
    const batch = encodeBatch(stamped, { codec: this.#codec });
    const { maxMessageBytes } = replica.log.settings;
    if (batch.length > maxMessageBytes) {
      throw new KafkaError(
        "RECORD_LIST_TOO_LARGE",
        `${batch.length} bytes are more than max.message.bytes=${maxMessageBytes}`,
        { limit: "message.max.bytes" },
      );
    }
    return replica.append(batch, { now, origin: "coordinator" });
  }
}

/** Cuts records that need not be written together. There is at least one part. */
export function* partsOf(
  records: readonly CoordinatorRecord[],
): Generator<readonly CoordinatorRecord[]> {
  let from = 0;
  let bytes = 0;
  for (const [index, { key, value }] of records.entries()) {
    bytes += key.length + (value?.length ?? 0);
    if (bytes < PART_BYTES) continue;
    yield records.slice(from, index + 1);
    from = index + 1;
    bytes = 0;
  }
  yield records.slice(from);
}
