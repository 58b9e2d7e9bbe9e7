/**
 * A cluster in memory, for readers: brokers that answer ApiVersions, Metadata, ListOffsets and
 * Fetch, whose partitions can be moved, cut and made again while they are read. A fetch that finds
 * nothing is answered at once.
 */
import { ByteReader, ByteWriter } from "../../src/bytes/mod.ts";
import type { Connection, Listener } from "../../src/platform/mod.ts";
import { MemoryNetwork } from "../../src/platform/memory/mod.ts";
import {
  ApiVersionsResponse,
  decodeMessage,
  decodeRequestHeader,
  encodeMessage,
  encodeResponseHeader,
  errorCode,
  FetchRequest,
  FetchResponse,
  ListOffsetsRequest,
  ListOffsetsResponse,
  type Message,
  MetadataResponse,
} from "../../src/protocol/mod.ts";
import { encodeBatch } from "../../src/records/mod.ts";

interface FakePartition {
  leader: number;
  epoch: number;
  earliest: number;
  values: string[];
}

const SERVED = [[1, 4, 17], [2, 1, 9], [3, 0, 12], [18, 0, 4]];

export class FakeKafka {
  readonly network = new MemoryNetwork();
  partitions: FakePartition[] = [];
  topicId = "AAAAAAAAAAAAAAAAAAAAAg";
  hasTopic = true;
  /** Fetches answered, by broker. */
  readonly fetches = new Map<number, number>();
  readonly #listeners = new Map<number, Listener>();
  readonly #connections = new Map<number, Set<Connection>>();

  constructor(brokers: number) {
    for (let id = 1; id <= brokers; id++) this.start(id);
  }

  static addressOf(id: number) {
    return { host: "127.0.0.1", port: 9000 + id };
  }

  start(id: number): void {
    const listener = this.network.listen(FakeKafka.addressOf(id));
    this.#listeners.set(id, listener);
    this.#connections.set(id, new Set());
    (async () => {
      for (let connection; (connection = await listener.accept());) {
        this.#connections.get(id)!.add(connection);
        this.#serve(id, connection).catch(() => {});
      }
    })();
  }

  stop(id: number): void {
    this.#listeners.get(id)?.close();
    this.#listeners.delete(id);
    for (const connection of this.#connections.get(id)!) connection.close();
  }

  close(): void {
    for (const id of [...this.#listeners.keys()]) this.stop(id);
  }

  #isLed(broker: number, index: number): boolean {
    return this.hasTopic && this.partitions[index]?.leader === broker;
  }

  async #serve(broker: number, connection: Connection): Promise<void> {
    let buffered = new Uint8Array();
    const chunk = new Uint8Array(65536);
    for (;;) {
      const read = await connection.read(chunk);
      if (read === null) return;
      buffered = new Uint8Array([...buffered, ...chunk.subarray(0, read)]);
      for (
        let size;
        buffered.length >= 4 && (size = new ByteReader(buffered).int32()) <= buffered.length - 4;
      ) {
        const reader = new ByteReader(buffered, 4, 4 + size);
        const head = decodeRequestHeader(reader);
        const [message, body] = this.#answer(broker, head.apiKey, head.apiVersion, reader);
        const writer = new ByteWriter();
        const length = writer.reserveInt32();
        encodeResponseHeader(writer, head.apiKey, head.apiVersion, head.correlationId);
        encodeMessage(message, body as never, head.apiVersion, writer);
        length.set(writer.size - 4);
        await connection.write(writer.segments());
        buffered = buffered.slice(4 + size);
      }
    }
  }

  #answer(broker: number, apiKey: number, version: number, reader: ByteReader): [Message, unknown] {
    switch (apiKey) {
      case 1:
        return [FetchResponse, this.#fetch(broker, decodeMessage(FetchRequest, reader, version))];
      case 2:
        return [
          ListOffsetsResponse,
          this.#listOffsets(broker, decodeMessage(ListOffsetsRequest, reader, version)),
        ];
      case 3:
        return [MetadataResponse, this.#metadata()];
      default: {
        const apiKeys = SERVED.map(([apiKey, minVersion, maxVersion]) => ({
          apiKey,
          minVersion,
          maxVersion,
        }));
        return [ApiVersionsResponse, { apiKeys }];
      }
    }
  }

  #metadata() {
    const brokers = [...this.#listeners.keys()].map((nodeId) => ({
      nodeId,
      ...FakeKafka.addressOf(nodeId),
    }));
    const partitions = this.partitions.map(({ leader, epoch }, partitionIndex) => ({
      partitionIndex,
      leaderId: leader,
      leaderEpoch: epoch,
    }));
    const topic = this.hasTopic
      ? { name: "t", topicId: this.topicId, partitions }
      : { name: "t", errorCode: errorCode("UNKNOWN_TOPIC_OR_PARTITION") };
    return { brokers, topics: [topic] };
  }

  #listOffsets(broker: number, { topics: [{ partitions }] }: ListOffsetsRequest) {
    const found = partitions.map(({ partitionIndex, timestamp }) => {
      if (!this.#isLed(broker, partitionIndex)) {
        return { partitionIndex, errorCode: errorCode("NOT_LEADER_OR_FOLLOWER") };
      }
      const { earliest, values } = this.partitions[partitionIndex];
      return { partitionIndex, offset: timestamp === -2 ? earliest : earliest + values.length };
    });
    return { topics: [{ name: "t", partitions: found }] };
  }

  #fetch(broker: number, { topics: [{ partitions }] }: FetchRequest) {
    this.fetches.set(broker, (this.fetches.get(broker) ?? 0) + 1);
    const parts = partitions.map(({ partition, fetchOffset, partitionMaxBytes }) => {
      const failed = (name: Parameters<typeof errorCode>[0]) => ({
        partitionIndex: partition,
        errorCode: errorCode(name),
        highWatermark: -1,
        records: null,
      });
      if (!this.#isLed(broker, partition)) return failed("NOT_LEADER_OR_FOLLOWER");
      const { earliest, values } = this.partitions[partition];
      if (fetchOffset < earliest || fetchOffset > earliest + values.length) {
        return failed("OFFSET_OUT_OF_RANGE");
      }
      // One record a batch, and so many batches as fit.
      const records: number[] = [];
      for (
        let at = fetchOffset - earliest;
        at < values.length && records.length < partitionMaxBytes;
        at++
      ) {
        const record = { key: null, value: new TextEncoder().encode(values[at]), timestamp: 1 };
        records.push(...encodeBatch([record], { baseOffset: earliest + at }));
      }
      const end = earliest + values.length;
      return {
        partitionIndex: partition,
        highWatermark: end,
        lastStableOffset: end,
        abortedTransactions: [],
        records: new Uint8Array(records),
      };
    });
    return { responses: [{ topic: "t", partitions: parts }] };
  }
}
