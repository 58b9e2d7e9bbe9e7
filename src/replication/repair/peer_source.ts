/**
 * What another broker has of a partition, read as a consumer reads it: only what is committed, from
 * the leader or (KIP-392) from a follower, and without a word about how far this broker is itself.
 */
import type { Offset } from "../../base/mod.ts";
import type { RecordSource } from "../../log/mod.ts";
import { errorName, type FetchResponse, KafkaError } from "../../protocol/mod.ts";
import type { ReplicaPeer } from "../peers.ts";
import type { Replica } from "../replica.ts";

const READ_BYTES = 1024 * 1024;
/** No consumer has it. */
const CONSUMER = { replicaId: -1, replicaEpoch: -1 };

type Answer = FetchResponse["responses"][number]["partitions"][number];

export class PeerSource implements RecordSource {
  readonly #peer: ReplicaPeer;
  readonly #replica: Replica;

  constructor(peer: ReplicaPeer, replica: Replica) {
    this.#peer = peer;
    this.#replica = replica;
  }

  async read(offset: Offset, upTo: Offset): Promise<Uint8Array | undefined> {
    let answer = await this.#fetch(offset);
    if (errorName(answer.errorCode) === "OFFSET_OUT_OF_RANGE" && answer.logStartOffset > offset) {
      if (answer.logStartOffset >= upTo) return undefined; // deleted there
      answer = await this.#fetch(answer.logStartOffset);
    }
    const error = errorName(answer.errorCode);
    if (error !== "NONE") throw new KafkaError(error);
    if (answer.records !== null && answer.records.length > 0) return answer.records;
    if (answer.highWatermark < upTo) throw new KafkaError("OFFSET_NOT_AVAILABLE");
    return undefined;
  }

  async #fetch(fetchOffset: Offset): Promise<Answer> {
    const { topicId, topicPartition: { topic, partition } } = this.#replica;
    const { errorCode, responses } = await this.#peer.fetch({
      replicaState: CONSUMER,
      replicaId: CONSUMER.replicaId,
      maxWaitMs: 0,
      minBytes: 1,
      maxBytes: READ_BYTES,
      isolationLevel: 0,
      rackId: "",
      topics: [{
        topic,
        topicId,
        partitions: [{ partition, fetchOffset, partitionMaxBytes: READ_BYTES }],
      }],
      forgottenTopicsData: [],
    });
    if (errorCode !== 0) throw new KafkaError(errorName(errorCode));
    const answer = responses[0]?.partitions[0];
    if (answer === undefined) throw new KafkaError("UNKNOWN_SERVER_ERROR", "no answer");
    return answer;
  }
}
