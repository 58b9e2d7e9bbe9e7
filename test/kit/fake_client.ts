/**
 * A cluster in memory as plugins see it: topics with partitions, live reads, and brokers that go
 * away and come back. Keys choose a partition by a sum of their bytes; all else is as the contract
 * says.
 */

import type {
  IncomingRecord,
  OutgoingRecord,
  PartitionOffsets,
  PluginClient,
  SourceContext,
} from "../../mod.ts";

type ReadOptions = Parameters<PluginClient["read"]>[1];

interface Partition {
  records: IncomingRecord[];
  /** Offsets below are gone, as retention has it. */
  earliest: number;
}

export class FakeClient implements PluginClient {
  /** Reads that are going on now. */
  reads = 0;
  readonly #topics = new Map<string, Partition[]>();
  readonly #waiting = new Set<() => void>();
  readonly #listeners = new Set<NonNullable<ReadOptions["onState"]>>();
  #away: string | undefined;

  constructor(topics: Record<string, number> = {}) {
    for (const [topic, partitions] of Object.entries(topics)) this.#create(topic, partitions);
  }

  async produce(records: OutgoingRecord[]): Promise<void> {
    for (const record of records) this.append(record);
  }

  /** Produces one record at once; its offset. */
  append(record: OutgoingRecord): number {
    const topic = record.topic ?? "camera";
    const partitions = this.#topics.get(topic) ?? this.#create(topic, 1);
    const key = bytesOf(record.key ?? null);
    const sum = key?.reduce((total, byte) => total + byte, 0) ?? 0;
    const partition = record.partition ?? sum % partitions.length;
    const { records, earliest } = partitions[partition];
    const offset = (records.at(-1)?.offset ?? earliest - 1) + 1;
    records.push({
      topic,
      partition,
      offset,
      timestamp: record.timestamp ?? Date.now(),
      key,
      value: bytesOf(record.value),
      headers: Object.fromEntries(
        Object.entries(record.headers ?? {}).map(([name, value]) => [name, bytesOf(value)!]),
      ),
    });
    this.#wake();
    return offset;
  }

  /** Forgets records below an offset. */
  deleteBefore(topic: string, partition: number, offset: number): void {
    const one = this.#topics.get(topic)![partition];
    one.records = one.records.filter((record) => record.offset >= offset);
    one.earliest = Math.max(one.earliest, offset);
  }

  /** The brokers go away: reads wait, and all else fails. */
  disconnect(reason: string): void {
    this.#away = reason;
    for (const listener of this.#listeners) listener("disconnected", reason);
  }

  reconnect(): void {
    this.#away = undefined;
    for (const listener of this.#listeners) listener("connected");
    this.#wake();
  }

  async *read(topic: string, options: ReadOptions): AsyncGenerator<IncomingRecord> {
    const partitions = this.#get(topic);
    const chosen = options.partition === undefined ? partitions.keys() : [options.partition];
    const places = [...chosen].map((partition) => {
      const { earliest, latest } = this.#ends(partitions[partition], partition);
      const { from } = options;
      const start = from === "beginning"
        ? earliest
        : from === "end"
        ? latest
        : "offset" in from
        ? from.offset
        : partitions[partition].records.find((one) => one.timestamp >= from.timestamp)?.offset ??
          latest;
      return { partition, next: Math.max(start, earliest), end: latest };
    });
    if (options.onState) this.#listeners.add(options.onState);
    if (!this.#away) options.onState?.("connected");
    this.reads++;
    try {
      while (!options.signal?.aborted) {
        let isIdle = true;
        for (const place of places) {
          const record = this.#away ? undefined : partitions[place.partition].records
            .find((one) => one.offset >= place.next);
          if (!record || (options.until && record.offset >= place.end)) continue;
          place.next = record.offset + 1;
          isIdle = false;
          yield record;
          if (options.signal?.aborted) return;
        }
        if (isIdle && options.until && !this.#away) return;
        if (isIdle) await this.#changed(options.signal);
      }
    } finally {
      this.reads--;
      if (options.onState) this.#listeners.delete(options.onState);
    }
  }

  async offsets(topic: string): Promise<PartitionOffsets[]> {
    return this.#get(topic).map((one, partition) => this.#ends(one, partition));
  }

  async offsetsAt(topic: string, timestamp: number) {
    return this.#get(topic).map((one, partition) => ({
      partition,
      offset: one.records.find((record) => record.timestamp >= timestamp)?.offset ??
        this.#ends(one, partition).latest,
    }));
  }

  async ensureTopic(topic: string, options: { partitions?: number } = {}): Promise<boolean> {
    if (this.#topics.has(topic)) return false;
    this.#create(topic, options.partitions ?? 1);
    return true;
  }

  #create(topic: string, partitions: number): Partition[] {
    const made = Array.from({ length: partitions }, () => ({ records: [], earliest: 0 }));
    this.#topics.set(topic, made);
    return made;
  }

  #get(topic: string): Partition[] {
    if (this.#away !== undefined) throw new Error(`Cannot reach any broker: ${this.#away}`);
    const partitions = this.#topics.get(topic);
    if (!partitions) throw new Error(`Cannot read "${topic}": there is no such topic`);
    return partitions;
  }

  #ends({ records, earliest }: Partition, partition: number): PartitionOffsets {
    return { partition, earliest, latest: (records.at(-1)?.offset ?? earliest - 1) + 1 };
  }

  #changed(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal?.addEventListener("abort", wake);
      if (signal?.aborted) wake();
    });
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}

/** What a plugin said to its host. */
export interface Said {
  lines: { level: string; event: string; fields: Record<string, unknown> }[];
  facts: Record<string, string | number | boolean>;
}

/** A context as a host would hand it to any plugin, which keeps what the plugin says. */
export function fakeContext(client: PluginClient, signal: AbortSignal): SourceContext & Said {
  const said: Said = { lines: [], facts: {} };
  return {
    ...said,
    signal,
    client,
    log: (level, event, fields = {}) => said.lines.push({ level, event, fields }),
    status: (changed) => void Object.assign(said.facts, changed),
    published: { records: 0, bytes: 0, dropped: 0, waiting: 0 },
  };
}

function bytesOf(value: Uint8Array | string | null): Uint8Array | null {
  return typeof value === "string" ? new TextEncoder().encode(value) : value;
}
