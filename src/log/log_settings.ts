/**
 * The settings that a log goes by, read out of the topic's configuration once and not at every
 * append.
 */
import type { TopicConfig } from "../config/mod.ts";
import type { Codec, TimestampType } from "../records/mod.ts";

export interface LogSettings {
  readonly segmentBytes: number;
  readonly segmentMs: number;
  readonly segmentJitterMs: number;
  /** How long a new segment's file is from the beginning; 0 when it grows as it is written. */
  readonly preallocatedBytes: number;
  readonly segmentIndexBytes: number;
  readonly indexIntervalBytes: number;
  readonly maxMessageBytes: number;
  readonly timestampType: TimestampType;
  /** How much older than now a record may say it is. */
  readonly timestampBeforeMaxMs: number;
  /** How much younger than now. */
  readonly timestampAfterMaxMs: number;
  /** What batches are compressed with; undefined keeps the producer's choice. */
  readonly codec: Codec | undefined;
  readonly codecLevel: number | undefined;
  /** Compacted topics take no record without a key. */
  readonly isCompacted: boolean;
  /** Old segments are deleted by time and size. */
  readonly deletes: boolean;
  /** -1 is no limit. */
  readonly retentionMs: number;
  /** -1 is no limit. */
  readonly retentionBytes: number;
  readonly fileDeleteDelayMs: number;
  /** What is known of a producer is forgotten after so long without a write. */
  readonly producerIdExpirationMs: number;
  /** So many producers are remembered. */
  readonly maxProducerIds: number;
  /** A compacted log is cleaned once this part of it is new. */
  readonly minCleanableRatio: number;
  readonly minCompactionLagMs: number;
  readonly maxCompactionLagMs: number;
  /** How long tombstones stay after the first cleaning that meets them. */
  readonly deleteRetentionMs: number;
  /**
   * A segment is on the device before the next one is begun, so that no power cut leaves a hole
   * between them. Kafka's own topics (`durability=os`) are flushed behind their backs.
   */
  readonly syncsOnRoll: boolean;
}

export function logSettings(config: TopicConfig): LogSettings {
  const policy: readonly string[] = config.get("cleanup.policy");
  const isCompacted = policy.includes("compact");
  const segmentMs: number = config.get("segment.ms");
  const maxCompactionLagMs: number = config.get("max.compaction.lag.ms");
  const compression: string = config.get("compression.type");
  return {
    segmentBytes: config.get("segment.bytes"),
    // What must be cleaned after a time has to leave the active segment by then (KIP-354).
    segmentMs: isCompacted ? Math.min(segmentMs, maxCompactionLagMs) : segmentMs,
    segmentJitterMs: config.get("segment.jitter.ms"),
    preallocatedBytes: config.get("preallocate") ? config.get("segment.bytes") : 0,
    segmentIndexBytes: config.get("segment.index.bytes"),
    indexIntervalBytes: config.get("index.interval.bytes"),
    maxMessageBytes: config.get("max.message.bytes"),
    timestampType: config.get("message.timestamp.type") as TimestampType,
    timestampBeforeMaxMs: config.get("message.timestamp.before.max.ms"),
    timestampAfterMaxMs: config.get("message.timestamp.after.max.ms"),
    codec: compression === "producer"
      ? undefined
      : compression === "uncompressed"
      ? "none"
      : compression as Codec,
    codecLevel: levelOf(config, compression),
    isCompacted,
    deletes: policy.includes("delete"),
    retentionMs: config.get("retention.ms"),
    retentionBytes: config.get("retention.bytes"),
    fileDeleteDelayMs: config.get("file.delete.delay.ms"),
    producerIdExpirationMs: config.broker.get("producer.id.expiration.ms"),
    maxProducerIds: config.broker.get("max.producer.ids.per.partition"),
    minCleanableRatio: config.get("min.cleanable.dirty.ratio"),
    minCompactionLagMs: config.get("min.compaction.lag.ms"),
    maxCompactionLagMs,
    deleteRetentionMs: config.get("delete.retention.ms"),
    syncsOnRoll: config.get("durability") === "disk",
  };
}

function levelOf(config: TopicConfig, compression: string): number | undefined {
  if (compression === "gzip") return config.get("compression.gzip.level");
  if (compression === "lz4") return config.get("compression.lz4.level");
  if (compression === "zstd") return config.get("compression.zstd.level");
  return undefined;
}
