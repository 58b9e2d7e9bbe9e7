/** The log on disk: folders, segments, retention, and when bytes are forced to the device. */
import { boolean, double, int, list, long, NO_LIMIT } from "../setting.ts";
import { TOPIC_SETTINGS, topicDefault } from "./topic.ts";

export const LOG_SETTINGS = {
  "log.dirs": list({
    default: null,
    isFilled: true,
    doc: "The folders that records are kept in, several by commas.",
  }),
  "log.dir": list({
    default: ["./streamer-data"], // Kafka: kafka-logs in the system's folder for temporary files
    isFilled: true,
    doc: "The folder that records are kept in, when log.dirs is not given.",
  }),
  "log.durability": topicDefault("durability"),
  "cordoned.log.dirs": list({
    default: [],
    dynamic: "broker",
    doc: "Folders of log.dirs that get no new partitions; * for all.",
  }),
  "log.dir.failure.timeout.ms": long({
    default: 30000,
    min: 1,
    doc: "A broker that can't tell the controller of a failed folder for this long stops.",
  }),
  "log.segment.bytes": topicDefault("segment.bytes"),
  "log.roll.ms": long({
    default: null,
    min: 1,
    dynamic: "cluster",
    doc: `For topics without segment.ms: ${TOPIC_SETTINGS["segment.ms"].doc}`,
  }),
  "log.roll.hours": int({
    default: 168,
    min: 1,
    doc: "The same as log.roll.ms, in hours, when that is not given.",
  }),
  "log.roll.jitter.ms": long({
    default: null,
    min: 0,
    dynamic: "cluster",
    doc: `For topics without segment.jitter.ms: ${TOPIC_SETTINGS["segment.jitter.ms"].doc}`,
  }),
  "log.roll.jitter.hours": int({
    default: 0,
    min: 0,
    doc: "The same as log.roll.jitter.ms, in hours, when that is not given.",
  }),
  "log.retention.ms": long({
    default: null,
    dynamic: "cluster",
    doc: `For topics without retention.ms: ${TOPIC_SETTINGS["retention.ms"].doc}`,
  }),
  "log.retention.minutes": int({
    default: null,
    doc: "The same as log.retention.ms, in minutes, when that is not given.",
  }),
  "log.retention.hours": int({
    default: 168,
    doc: "The same as log.retention.ms, in hours, when neither that nor the minutes are " +
      "given.",
  }),
  "log.retention.bytes": topicDefault("retention.bytes"),
  "log.retention.check.interval.ms": long({
    default: 300_000,
    min: 1,
    doc: "How often to look for segments that may be removed.",
  }),
  "log.cleanup.policy": topicDefault("cleanup.policy"),
  "log.segment.delete.delay.ms": topicDefault("file.delete.delay.ms"),
  "log.index.size.max.bytes": topicDefault("segment.index.bytes"),
  "log.index.interval.bytes": topicDefault("index.interval.bytes"),
  "log.preallocate": topicDefault("preallocate"),
  "log.flush.interval.messages": topicDefault("flush.messages"),
  "log.flush.interval.ms": long({
    default: null,
    dynamic: "cluster",
    doc: `For topics without flush.ms: ${TOPIC_SETTINGS["flush.ms"].doc}`,
  }),
  "log.flush.scheduler.interval.ms": long({
    default: NO_LIMIT,
    doc: "How often to look whether a log must be forced to disk for its age.",
  }),
  "log.flush.offset.checkpoint.interval.ms": int({
    default: 60000,
    min: 0,
    doc: "How often to note how far each log is safely on disk, which spares work at the " +
      "next start.",
  }),
  "log.flush.start.offset.checkpoint.interval.ms": int({
    default: 60000,
    min: 0,
    doc: "How often to note where each log begins, so that deleted records stay deleted.",
  }),
  "producer.id.expiration.check.interval.ms": int({
    default: 600_000,
    min: 1,
    isHidden: true,
    doc: "How often to look for producers that a partition may forget.",
  }),
  "log.initial.task.delay.ms": long({
    default: 30000,
    isHidden: true,
    doc: "How long after the start the log's regular work begins.",
  }),
  "log.message.timestamp.type": topicDefault("message.timestamp.type"),
  "log.message.timestamp.before.max.ms": topicDefault("message.timestamp.before.max.ms"),
  "log.message.timestamp.after.max.ms": topicDefault("message.timestamp.after.max.ms"),
  "log.local.retention.ms": topicDefault("local.retention.ms"),
  "log.local.retention.bytes": topicDefault("local.retention.bytes"),
  "num.recovery.threads.per.data.dir": int({
    default: 2,
    min: 1,
    dynamic: "cluster",
    doc: "In Kafka, threads for each folder that load logs at start and write them out at " +
      "the end.",
  }),
  "num.replica.alter.log.dirs.threads": int({
    default: null,
    doc: "In Kafka, threads that move partitions between folders; one a folder by default.",
  }),
  "log.cleaner.enable": boolean({ default: true, doc: "Whether compacted topics are cleaned." }),
  "log.cleaner.threads": int({
    default: 1,
    min: 0,
    dynamic: "cluster",
    doc: "In Kafka, threads that clean logs.",
  }),
  "log.cleaner.backoff.ms": long({
    default: 15000,
    min: 0,
    dynamic: "cluster",
    doc: "How long the cleaner rests when nothing needs cleaning.",
  }),
  "log.cleaner.dedupe.buffer.size": long({
    default: 134_217_728,
    dynamic: "cluster",
    doc: "Memory for the keys that one run of the cleaner remembers.",
  }),
  "log.cleaner.io.buffer.size": int({
    default: 524_288,
    min: 0,
    dynamic: "cluster",
    doc: "Memory for reading and writing while cleaning.",
  }),
  "log.cleaner.io.buffer.load.factor": double({
    default: 0.9,
    dynamic: "cluster",
    doc: "How full the cleaner's memory for keys may become; fuller means more keys a run, " +
      "and more collisions.",
  }),
  "log.cleaner.io.max.bytes.per.second": double({
    default: Number.MAX_VALUE,
    dynamic: "cluster",
    doc: "The most bytes a second that the cleaner reads and writes.",
  }),
  "log.cleaner.min.cleanable.ratio": topicDefault("min.cleanable.dirty.ratio"),
  "log.cleaner.min.compaction.lag.ms": topicDefault("min.compaction.lag.ms"),
  "log.cleaner.max.compaction.lag.ms": topicDefault("max.compaction.lag.ms"),
  "log.cleaner.delete.retention.ms": topicDefault("delete.retention.ms"),
};
