/**
 * What a leader checks of batches before it appends them, and what it writes into them: base
 * offset, leader epoch, and the true largest timestamp (`kafka-behaviour` 4.3). The bytes are the
 * caller's and are changed in place; a batch is made anew only when it must be (other codec wanted,
 * offsets with gaps).
 *
 * Producers send one batch at a time and everything in it is checked, compressed records too. What
 * the broker's own coordinators and the quorum write was made here, a moment ago, and only its
 * header is looked at.
 */
import type { Offset } from "../base/mod.ts";
import { type LimitName, LIMITS } from "../config/mod.ts";
import { type ErrorName, KafkaError } from "../protocol/mod.ts";
import {
  batchesOf,
  BatchView,
  CorruptRecords,
  encodeBatch,
  recode,
  type Record,
  type RecordScan,
  recordsOf,
  type ScanOptions,
  scanRecords,
} from "../records/mod.ts";
import type { LogSettings } from "./log_settings.ts";

/**
 * Who appends: a producer, a coordinator of this broker (markers, group records), or the metadata
 * quorum.
 */
export type AppendOrigin = "client" | "coordinator" | "raft";

/** One bad record of a refused batch. */
export interface RecordError {
  /** Which record of the batch, from 0. */
  readonly batchIndex: number;
  readonly message: string;
}

/** A batch is refused for some of its records: the answer lists them (Produce v8). */
export class InvalidRecords extends KafkaError {
  constructor(error: ErrorName, message: string, readonly recordErrors: readonly RecordError[]) {
    super(error, message);
  }
}

export interface ValidationContext {
  /** The partition's, for messages. */
  readonly name: string;
  readonly settings: LogSettings;
  readonly origin: AppendOrigin;
  readonly now: number;
  readonly leaderEpoch: number;
  /** What the first record gets. */
  readonly nextOffset: Offset;
  /** Of the Produce request; without it everything is allowed that is today. */
  readonly requestVersion?: number;
  /**
   * What the request's batches may still unpack to, all together; without it each has its own bound
   * only.
   */
  readonly unpacking?: UnpackBudget;
}

export interface ValidatedBatches {
  /**
   * All batches, one behind the other; the caller's own bytes unless something had to be made anew.
   */
  readonly bytes: Uint8Array;
  readonly batches: readonly BatchView[];
  readonly maxTimestamp: number;
  /** -1 unless the topic's timestamps are the broker's. */
  readonly logAppendTime: number;
}

/** A batch of compressed records may unpack to this much, or to some times what the topic takes. */
const MAX_UNPACKED_BYTES = LIMITS["unpacked.bytes"].fixed;
const MAX_UNPACKED_RATIO = 8;

/**
 * What all batches of one request may unpack to. A batch that unpacks to its bound takes a tenth of
 * a second, and a request of a few megabytes has room for hundreds: together they would hold up
 * everyone else.
 */
export class UnpackBudget {
  #left: number;

  constructor(requestBytes: number) {
    this.#left = MAX_UNPACKED_BYTES + MAX_UNPACKED_RATIO * requestBytes;
  }

  get left(): number {
    return this.#left;
  }

  spend(bytes: number): void {
    this.#left = Math.max(0, this.#left - bytes);
  }
}

/** Bad records that an answer lists at most. */
const MAX_RECORD_ERRORS = 100;
/** Older producers' consumers may not know zstd (KIP-110). */
const ZSTD_SINCE_PRODUCE = 7;

/**
 * Checks and completes the batches. Throws KafkaError; the bytes may be changed then, but nothing
 * else.
 */
export function validateBatches(bytes: Uint8Array, context: ValidationContext): ValidatedBatches {
  try {
    const batches = context.origin === "client"
      ? [onlyBatch(bytes, context)]
      : wholeBatches(bytes, context);
    return complete(bytes, batches, context);
  } catch (error) {
    if (error instanceof CorruptRecords) throw corrupt(error, context);
    throw error;
  }
}

function onlyBatch(bytes: Uint8Array, context: ValidationContext): BatchView {
  const batch = new BatchView(bytes);
  if (batch.sizeInBytes !== bytes.length) {
    throw refuse("INVALID_RECORD", context, "there is more than one batch");
  }
  checkHeader(batch, context);
  return batch;
}

function wholeBatches(bytes: Uint8Array, context: ValidationContext): BatchView[] {
  const batches = [...batchesOf(bytes)];
  const size = batches.reduce((sum, batch) => sum + batch.sizeInBytes, 0);
  if (size !== bytes.length || size === 0) {
    throw refuse("CORRUPT_MESSAGE", context, "the last batch is cut short");
  }
  return batches;
}

function checkHeader(batch: BatchView, context: ValidationContext): void {
  const { settings, requestVersion = Infinity } = context;
  const { sizeInBytes, recordCount } = batch;
  if (sizeInBytes > settings.maxMessageBytes) {
    const limit =
      `${sizeInBytes} bytes are more than max.message.bytes=${settings.maxMessageBytes}`;
    throw refuse("MESSAGE_TOO_LARGE", context, limit, "message.max.bytes");
  }
  if (batch.baseOffset !== 0) {
    throw refuse("INVALID_RECORD", context, `its base offset is ${batch.baseOffset}, not 0`);
  }
  // Before anything that the checksum covers: what was hurt on the way is worth another try.
  if (!batch.isCrcValid()) throw refuse("CORRUPT_MESSAGE", context, "its checksum is wrong");
  if (recordCount <= 0) throw refuse("INVALID_RECORD", context, "it has no records");
  if (batch.lastOffsetDelta + 1 !== recordCount) {
    const span = `it has ${recordCount} records and spans ${batch.lastOffsetDelta + 1} offsets`;
    throw refuse("INVALID_RECORD", context, span);
  }
  if (batch.isControl) throw refuse("INVALID_RECORD", context, "it is a control batch");
  if (batch.hasProducerId && (batch.baseSequence < 0 || batch.producerEpoch < 0)) {
    throw refuse("INVALID_RECORD", context, "it has a producer id and no sequence or epoch");
  }
  if (batch.isLogAppendTime && settings.timestampType === "CreateTime") {
    throw refuse("INVALID_TIMESTAMP", context, "only brokers set LogAppendTime");
  }
  if (batch.compression === "zstd" && requestVersion < ZSTD_SINCE_PRODUCE) {
    const since = `zstd needs Produce v${ZSTD_SINCE_PRODUCE}, the request is v${requestVersion}`;
    throw refuse("UNSUPPORTED_COMPRESSION_TYPE", context, since);
  }
}

function complete(
  bytes: Uint8Array,
  batches: readonly BatchView[],
  context: ValidationContext,
): ValidatedBatches {
  const completed: BatchView[] = [];
  let nextOffset = context.nextOffset;
  let maxTimestamp = -1;
  let isChanged = false;
  for (const original of batches) {
    const batch = context.origin === "client" ? completeRecords(original, context) : original;
    if (batch !== original) isChanged = true;
    batch.setBaseOffset(nextOffset);
    batch.setPartitionLeaderEpoch(context.leaderEpoch);
    nextOffset = batch.nextOffset;
    maxTimestamp = Math.max(maxTimestamp, batch.maxTimestamp);
    completed.push(batch);
  }
  const isAppendTime = context.origin === "client" &&
    context.settings.timestampType === "LogAppendTime";
  return {
    bytes: isChanged ? joined(completed) : bytes,
    batches: completed,
    maxTimestamp,
    logAppendTime: isAppendTime ? context.now : -1,
  };
}

/** Scans a batch at the request's cost: one that is refused has cost all that it might. */
function scanWithin(
  budget: UnpackBudget | undefined,
  batch: BatchView,
  options: ScanOptions,
): RecordScan {
  if (budget === undefined || batch.compression === "none") return scanRecords(batch, options);
  const maxDecompressedBytes = Math.min(options.maxDecompressedBytes, budget.left);
  let spent = maxDecompressedBytes;
  try {
    const scan = scanRecords(batch, { ...options, maxDecompressedBytes });
    spent = scan.unpackedBytes;
    return scan;
  } finally {
    budget.spend(spent);
  }
}

/** Checks a producer's records and gives the batch its timestamp; makes it anew where it must. */
function completeRecords(batch: BatchView, context: ValidationContext): BatchView {
  const { settings, now } = context;
  const isAppendTime = settings.timestampType === "LogAppendTime";
  const maxDecompressedBytes = Math.max(
    MAX_UNPACKED_BYTES,
    settings.maxMessageBytes * MAX_UNPACKED_RATIO,
  );
  const scan = scanWithin(context.unpacking, batch, {
    maxDecompressedBytes,
    findKeyless: settings.isCompacted,
    earliestTimestamp: isAppendTime ? undefined : now - settings.timestampBeforeMaxMs,
    latestTimestamp: isAppendTime ? undefined : now + settings.timestampAfterMaxMs,
  });
  checkRecords(scan, context);

  const codec = settings.codec ?? batch.compression;
  const level = settings.codecLevel;
  if (codec !== batch.compression || !scan.offsetsAreDense) {
    if (scan.offsetsAreDense) batch = recode(batch, { codec, level, maxDecompressedBytes });
    else {
      checkParts(scan, context);
      batch = rebuilt(batch, [...recordsOf(batch, { maxDecompressedBytes })], { codec, level });
    }
    if (batch.sizeInBytes > settings.maxMessageBytes) {
      const why = `${batch.sizeInBytes} bytes after compression are more than max.message.bytes`;
      throw refuse("MESSAGE_TOO_LARGE", context, why, "message.max.bytes");
    }
  }
  if (isAppendTime) batch.setMaxTimestamp(now, "LogAppendTime");
  else batch.setMaxTimestamp(scan.maxTimestamp, "CreateTime");
  return batch;
}

/** Of each an object is made, and a batch of a megabyte may unpack to millions. */
function checkParts({ count, headers }: RecordScan, context: ValidationContext): void {
  const { fixed } = LIMITS["rebuilt.parts"];
  if (count + headers <= fixed) return;
  const why = `it has gaps, and ${count} records with ${headers} headers are more than ${fixed}`;
  throw refuse("INVALID_RECORD", context, why, "rebuilt.parts");
}

function checkRecords(scan: RecordScan, context: ValidationContext): void {
  if (scan.keyless.length > 0) {
    throw refuseRecords("INVALID_RECORD", context, {
      indexes: scan.keyless,
      message: "a compacted topic takes no record without a key",
    });
  }
  if (scan.badTimestamps.length > 0) {
    const { timestampBeforeMaxMs, timestampAfterMaxMs } = context.settings;
    throw refuseRecords("INVALID_TIMESTAMP", context, {
      indexes: scan.badTimestamps,
      message:
        `the timestamp is more than message.timestamp.before.max.ms=${timestampBeforeMaxMs}` +
        ` before or message.timestamp.after.max.ms=${timestampAfterMaxMs} after the broker's time`,
    });
  }
}

/** The same records in a new batch, with dense offsets from 0. */
function rebuilt(
  batch: BatchView,
  records: readonly Record[],
  { codec, level }: { codec: BatchView["compression"]; level: number | undefined },
): BatchView {
  const bytes = encodeBatch(
    records.map(({ key, value, headers, timestamp }) => ({ key, value, headers, timestamp })),
    {
      codec,
      level,
      producerId: batch.producerId,
      producerEpoch: batch.producerEpoch,
      baseSequence: batch.baseSequence,
      isTransactional: batch.isTransactional,
    },
  );
  return new BatchView(bytes);
}

function joined(batches: readonly BatchView[]): Uint8Array {
  if (batches.length === 1) return batches[0].bytes;
  const bytes = new Uint8Array(batches.reduce((sum, batch) => sum + batch.sizeInBytes, 0));
  let at = 0;
  for (const batch of batches) {
    bytes.set(batch.bytes, at);
    at += batch.sizeInBytes;
  }
  return bytes;
}

function refuse(
  error: ErrorName,
  { name }: ValidationContext,
  why: string,
  limit?: LimitName,
): KafkaError {
  return new KafkaError(error, `Cannot append a batch to ${name}: ${why}`, { limit });
}

function refuseRecords(
  error: ErrorName,
  context: ValidationContext,
  { indexes, message }: { indexes: readonly number[]; message: string },
): InvalidRecords {
  return new InvalidRecords(
    error,
    `Cannot append a batch to ${context.name}: ${indexes.length} bad records, the first is ` +
      `${indexes[0]}: ${message}`,
    indexes.slice(0, MAX_RECORD_ERRORS).map((batchIndex) => ({ batchIndex, message })),
  );
}

const ERROR_OF_CORRUPTION: { [Reason in CorruptRecords["reason"]]: ErrorName } = {
  size: "CORRUPT_MESSAGE",
  magic: "INVALID_RECORD",
  crc: "CORRUPT_MESSAGE",
  header: "INVALID_RECORD",
  compression: "CORRUPT_MESSAGE",
  "too large": "MESSAGE_TOO_LARGE",
  records: "INVALID_RECORD",
};

function corrupt(cause: CorruptRecords, { name }: ValidationContext): KafkaError {
  return new KafkaError(
    ERROR_OF_CORRUPTION[cause.reason],
    `Cannot append a batch to ${name}: ${cause.message}`,
    { cause, limit: cause.reason === "too large" ? "unpacked.bytes" : undefined },
  );
}
