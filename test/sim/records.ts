/** Records as the simulation sends and reads them: each carries its own name in a header. */
import { batchesOf, type Codec, encodeBatch, recordsOf } from "../../src/records/mod.ts";
import type { SeededRandom } from "../../src/platform/memory/mod.ts";
import type { SimClient } from "./client.ts";
import { BrokenPromise, type Found, Refused, type Sent, type SentBatch } from "./ledger.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const HEADER = "id";

export interface Place {
  readonly topic: string;
  readonly partition: number;
}

/** Some records, mostly small, now and then over several pages. */
export function drawBatch(
  random: SeededRandom,
  options: { producer: string; order: number; now: number; isIdempotent: boolean },
): SentBatch {
  const { producer, order, now, isIdempotent } = options;
  const records: Sent[] = [];
  const batch: SentBatch = { records, producer, order, isIdempotent, baseOffset: undefined };
  const size = random.int(random.chance(0.1) ? 9000 : 120);
  const count = 1 + random.int(3);
  for (let index = 0; index < count; index++) {
    const id = `${producer}.${order}.${index}`;
    const value = random.chance(0.15) ? null : `${id} ${"x".repeat(random.int(size + 1))}`;
    records.push({ id, key: `k${random.int(6)}`, value, timestamp: now, batch, index });
  }
  return batch;
}

export function encodeSent(
  { records }: SentBatch,
  options: { codec?: Codec; producerId?: number; producerEpoch?: number; baseSequence?: number },
): Uint8Array {
  return encodeBatch(
    records.map(({ id, key, value, timestamp }) => ({
      key: key === null ? null : encoder.encode(key),
      value: value === null ? null : encoder.encode(value),
      headers: [{ key: HEADER, value: encoder.encode(id) }],
      timestamp,
    })),
    options,
  );
}

/** The records in the answer to a fetch, as a consumer at the offset sees them. */
export function decodeFetched(
  bytes: Uint8Array | null,
  offset: number,
  name: string,
): { found: Found[]; nextOffset: number } {
  const found: Found[] = [];
  let nextOffset = offset; // a cleaning leaves batches without records
  const text = (content: Uint8Array | null) => content === null ? null : decoder.decode(content);
  for (const batch of batchesOf(bytes ?? new Uint8Array())) {
    if (!batch.isCrcValid()) {
      throw new BrokenPromise(`${name}: a torn batch is served at ${batch.baseOffset}`);
    }
    if (batch.isControl) throw new BrokenPromise(`${name}: a control batch out of nowhere`);
    if (batch.lastOffset < offset) {
      throw new BrokenPromise(`${name}: asked for ${offset}, got ${batch.baseOffset}`);
    }
    nextOffset = batch.nextOffset;
    for (const record of recordsOf(batch, { maxDecompressedBytes: 1 << 24 })) {
      if (record.offset < offset) continue;
      const { key, value, timestamp, headers } = record;
      const id = text(headers.find((header) => header.key === HEADER)?.value ?? null) ?? "no name";
      found.push({ offset: record.offset, id, key: text(key), value: text(value), timestamp });
    }
  }
  return { found, nextOffset };
}

export interface Fetched {
  readonly errorCode: number;
  readonly found: Found[];
  /** Where the next fetch begins. */
  readonly nextOffset: number;
  readonly highWatermark: number;
  readonly logStartOffset: number;
}

export async function fetchAt(
  client: SimClient,
  { topic, partition }: Place,
  offset: number,
  partitionMaxBytes = 1 << 20,
): Promise<Fetched> {
  const partitions = [{ partition, fetchOffset: offset, partitionMaxBytes }];
  const topics = [{ topic, partitions }];
  const answer = await client.ask("Fetch", 11, {
    maxWaitMs: 0,
    minBytes: 0,
    maxBytes: 1 << 22,
    topics,
  });
  const { errorCode, highWatermark, logStartOffset, records } = answer.responses[0].partitions[0];
  const { found, nextOffset } = decodeFetched(records, offset, `${topic}-${partition}`);
  return { errorCode, found, nextOffset, highWatermark, logStartOffset };
}

/**
 * All that a consumer sees of the partition from its start.
 *
 * @param mayEndEarly the name of a whole segment may be lost, and the next one's be there: a power
 * cut may do that to a log that promises nothing for it.
 */
export async function readAll(
  client: SimClient,
  place: Place,
  { mayEndEarly }: { mayEndEarly: boolean },
): Promise<{ found: Found[]; start: number; end: number }> {
  const name = `${place.topic}-${place.partition}`;
  const start = await offsetAt(client, place, -2);
  const found: Found[] = [];
  for (let at = start;;) {
    const fetched = await fetchAt(client, place, at);
    if (fetched.errorCode !== 0) {
      throw new Refused(`${name}: a fetch at ${at} is refused, ${fetched.errorCode}`);
    }
    found.push(...fetched.found);
    const isOver = fetched.nextOffset === at;
    if (at === fetched.highWatermark || (isOver && mayEndEarly)) return { found, start, end: at };
    if (isOver) throw new BrokenPromise(`${name}: nothing is at ${at}`);
    at = fetched.nextOffset;
  }
}

/** ListOffsets: -2 for the first, -1 for the end, else the first at or after the time. */
export async function offsetAt(
  client: SimClient,
  { topic, partition }: Place,
  timestamp: number,
): Promise<number> {
  const topics = [{ name: topic, partitions: [{ partitionIndex: partition, timestamp }] }];
  const answer = await client.ask("ListOffsets", 7, { replicaId: -1, topics });
  const { errorCode, offset } = answer.topics[0].partitions[0];
  if (errorCode === 0) return offset;
  throw new Refused(`${topic}-${partition}: ListOffsets is refused, ${errorCode}`);
}
