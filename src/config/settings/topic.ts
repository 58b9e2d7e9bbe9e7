/**
 * What a topic may set for itself, and the broker setting (`from`) that is its default. A broker
 * setting that means the same takes type, range, default and text from here (see {@link
 * topicDefault}).
 */
import {
  boolean,
  choice,
  double,
  type Dynamic,
  int,
  list,
  long,
  NO_LIMIT,
  type Setting,
  structured,
  type ValuesOf,
} from "../setting.ts";

export const TOPIC_SETTINGS = {
  "durability": choice({
    default: "disk",
    oneOf: ["disk", "os"],
    from: "log.durability",
    doc:
      "What a write waits for before it is acknowledged: disk, that it survives a power cut; os, " +
      "that the operating system has it, as in Kafka. Only streamer has this.",
  }),
  "max.message.bytes": int({
    default: 1_048_588,
    min: 0,
    from: "message.max.bytes",
    doc: "The largest record batch, as it is stored (compressed, if it is).",
  }),
  "compression.type": choice({
    default: "producer",
    oneOf: ["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"],
    from: "compression.type",
    doc: "The codec that records are stored with; producer leaves them as they come.",
  }),
  "compression.gzip.level": int({
    default: -1,
    min: 1,
    max: 9,
    or: -1,
    from: "compression.gzip.level",
    doc: "How hard gzip tries when the broker compresses; -1 is gzip's own choice.",
  }),
  "compression.lz4.level": int({
    default: 9,
    min: 1,
    max: 17,
    from: "compression.lz4.level",
    doc:
      "How hard lz4 tries when the broker compresses; 9 is the fast way, other levels search more.",
  }),
  "compression.zstd.level": int({
    default: 3,
    min: -131_072,
    max: 22,
    from: "compression.zstd.level",
    doc: "How hard zstd tries when the broker compresses.",
  }),
  "message.timestamp.type": choice({
    default: "CreateTime",
    oneOf: ["CreateTime", "LogAppendTime"],
    from: "log.message.timestamp.type",
    doc: "Whose time records carry: the producer's, or the broker's when it appended them.",
  }),
  "message.timestamp.before.max.ms": long({
    default: NO_LIMIT,
    min: 0,
    from: "log.message.timestamp.before.max.ms",
    doc: "Records with a time further back than this are refused.",
  }),
  "message.timestamp.after.max.ms": long({
    default: 3_600_000,
    min: 0,
    from: "log.message.timestamp.after.max.ms",
    doc: "Records with a time further ahead than this are refused.",
  }),
  "min.insync.replicas": int({
    default: 1,
    min: 1,
    from: "min.insync.replicas",
    doc:
      "How many replicas must hold a record before a producer with acks=all is answered; below " +
      "that, its writes are refused.",
  }),
  "unclean.leader.election.enable": boolean({
    default: false,
    from: "unclean.leader.election.enable",
    doc:
      "Whether a replica that is behind may lead when no other is left, at the price of losing " +
      "records.",
  }),
  "cleanup.policy": list({
    default: ["delete"],
    of: ["compact", "delete"],
    from: "log.cleanup.policy",
    doc:
      "What becomes of old records: delete removes whole segments by age and size, compact keeps " +
      "the newest record of each key; both is possible, and so is neither.",
  }),
  "retention.ms": long({
    default: 604_800_000,
    min: -1,
    from: "log.retention.ms",
    doc: "Segments older than this are removed, with cleanup.policy delete; -1 for never.",
  }),
  "retention.bytes": long({
    default: -1,
    from: "log.retention.bytes",
    doc: "Segments are removed, the oldest first, while a partition is larger than this, with " +
      "cleanup.policy delete; -1 for no limit.",
  }),
  "segment.bytes": int({
    default: 1_073_741_824,
    min: 1_048_576,
    from: "log.segment.bytes",
    doc: "A segment is closed, and a new one begun, at this size.",
  }),
  "segment.ms": long({
    default: 604_800_000,
    min: 1,
    from: "log.roll.ms",
    doc: "A segment is closed, and a new one begun, at this age.",
  }),
  "segment.jitter.ms": long({
    default: 0,
    min: 0,
    from: "log.roll.jitter.ms",
    doc:
      "A random part of up to this is taken off segment.ms, so that not all segments close at once.",
  }),
  "segment.index.bytes": int({
    default: 10_485_760,
    min: 4,
    from: "log.index.size.max.bytes",
    doc: "The largest index of a segment; a full one closes the segment.",
  }),
  "index.interval.bytes": int({
    default: 4096,
    min: 0,
    from: "log.index.interval.bytes",
    doc: "An index gets an entry after this many bytes of records.",
  }),
  "preallocate": boolean({
    default: false,
    from: "log.preallocate",
    doc:
      "Whether a segment's file has its full length from the beginning; it is cut to what is in it at the end.",
  }),
  "file.delete.delay.ms": long({
    default: 60_000,
    min: 0,
    from: "log.segment.delete.delay.ms",
    doc: "How long a removed segment's files stay on disk under another name.",
  }),
  "flush.messages": long({
    default: NO_LIMIT,
    min: 1,
    from: "log.flush.interval.messages",
    doc:
      "Records are forced to the device after so many. durability=disk waits for every one anyway.",
  }),
  "flush.ms": long({
    default: NO_LIMIT,
    min: 0,
    from: "log.flush.interval.ms",
    doc:
      "Records are forced to the device after so long. durability=disk waits for every one anyway.",
  }),
  "min.cleanable.dirty.ratio": double({
    default: 0.5,
    min: 0,
    max: 1,
    from: "log.cleaner.min.cleanable.ratio",
    doc: "A log is compacted once this part of it is new since the last time.",
  }),
  "min.compaction.lag.ms": long({
    default: 0,
    min: 0,
    from: "log.cleaner.min.compaction.lag.ms",
    doc: "Records younger than this are not compacted away.",
  }),
  "max.compaction.lag.ms": long({
    default: NO_LIMIT,
    min: 1,
    from: "log.cleaner.max.compaction.lag.ms",
    doc: "Records older than this are compacted, even when little of the log is new.",
  }),
  "delete.retention.ms": long({
    default: 86_400_000,
    min: 0,
    from: "log.cleaner.delete.retention.ms",
    doc: "How long a compacted topic keeps the mark of a deleted key, so that slow readers see it.",
  }),
  "leader.replication.throttled.replicas": throttledReplicas(
    "The replicas whose traffic from the leader is limited by leader.replication.throttled.rate.",
  ),
  "follower.replication.throttled.replicas": throttledReplicas(
    "The replicas whose traffic to a follower is limited by follower.replication.throttled.rate.",
  ),
  "remote.storage.enable": boolean({
    default: false,
    doc: "Whether older segments are kept on tiered storage.",
  }),
  "remote.log.copy.disable": boolean({
    default: false,
    doc: "Whether segments are no longer copied to tiered storage.",
  }),
  "remote.log.delete.on.disable": boolean({
    default: false,
    doc: "Whether what is on tiered storage is removed when remote.storage.enable is switched off.",
  }),
  "local.retention.ms": long({
    default: -2,
    min: -2,
    from: "log.local.retention.ms",
    doc:
      "How long segments stay here once they are on tiered storage; -2 for as long as retention.ms.",
  }),
  "local.retention.bytes": long({
    default: -2,
    min: -2,
    from: "log.local.retention.bytes",
    doc: "How large a partition may be here once it is on tiered storage; -2 for retention.bytes.",
  }),
};

export type TopicSetting = keyof typeof TOPIC_SETTINGS;
export type TopicSettings = ValuesOf<typeof TOPIC_SETTINGS>;

/** `partition:broker` by commas, or `*` for all. */
function throttledReplicas(doc: string): Setting<string> {
  return structured("list", {
    default: "",
    allowed: "* or partition:broker by commas",
    doc,
    parse(text) {
      const value = text.replace(/\s/g, "").replace(/^,+$/, "");
      return /^(|\*|\d+:\d+(,\d+:\d+)*)$/.test(value) ? value : undefined;
    },
    format: (value) => value,
  });
}

/** The broker setting that is a topic setting's default: the same in everything but its name. */
export function topicDefault<N extends TopicSetting>(
  name: N,
  options: { dynamic?: Dynamic } = {},
): Setting<TopicSettings[N]> {
  const topic = TOPIC_SETTINGS[name] as unknown as Setting<TopicSettings[N]>;
  const { dynamic = "cluster" } = options;
  return { ...topic, from: undefined, dynamic, doc: `For topics without ${name}: ${topic.doc}` };
}
