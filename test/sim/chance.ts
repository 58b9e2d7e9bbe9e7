/** What a seed decides before its story begins: the machine, and settings that make much happen. */
import type { SeededRandom } from "../../src/platform/memory/mod.ts";
import type { Fault } from "./life.ts";

export interface Setting {
  readonly settings: Record<string, string>;
  readonly dataFolders: readonly string[];
  readonly metadataFolder?: string;
}

export function drawSetting(random: SeededRandom): Setting {
  const folders = random.pick([["/data"], ["/data"], ["/data"], ["/srv/one", "/srv/two"]]);
  return {
    settings: {
      "listeners": "PLAINTEXT://127.0.0.1:9092",
      "log.durability": random.pick(["disk", "disk", "disk", "os"]),
      "offsets.topic.num.partitions": random.pick(["1", "2"]),
      "group.initial.rebalance.delay.ms": "0",
      "group.min.session.timeout.ms": "100",
      "auto.create.topics.enable": "false",
      "log.initial.task.delay.ms": "500",
      "log.retention.check.interval.ms": random.pick(["1000", "20000"]),
      "log.cleaner.backoff.ms": random.pick(["200", "15000"]),
      "replica.high.watermark.checkpoint.interval.ms": random.pick(["300", "5000"]),
      "metadata.log.max.record.bytes.between.snapshots": random.pick(["300", "2000", "20971520"]),
      "metadata.log.segment.ms": random.pick(["400", "604800000"]),
      "metadata.max.retention.bytes": random.pick(["1500", "104857600"]),
    },
    dataFolders: folders,
    metadataFolder: random.pick([undefined, undefined, "/meta"]),
  };
}

/** A device that fails: in one operation or for good, early or late, in any of the folders. */
export function drawFault(random: SeededRandom, setting: Setting): Fault {
  const { dataFolders, metadataFolder = dataFolders[0] } = setting;
  return {
    operation: random.pick(["open", "read", "write", "sync", "sync", "name", "look"]),
    folder: random.pick([...dataFolders, ...dataFolders, metadataFolder]),
    after: random.int(random.chance(0.5) ? 10 : 150),
    lasts: random.chance(0.5),
  };
}

/** Segments that end after some records, since `segment.bytes` can't be less than a MiB. */
export function drawTopicConfigs(random: SeededRandom): Record<string, string> {
  const drawn: Record<string, string | undefined> = {
    "cleanup.policy": random.pick([undefined, undefined, "delete", "compact", "compact,delete"]),
    "durability": random.pick([undefined, undefined, "disk", "os"]),
    "segment.ms": random.pick([undefined, "1", "30", "500"]),
    "segment.index.bytes": random.pick([undefined, undefined, "24", "60"]),
    "index.interval.bytes": random.pick([undefined, "0", "0", "200"]),
    "retention.ms": random.pick([undefined, undefined, undefined, "-1", "2000", "30000"]),
    "retention.bytes": random.pick([undefined, undefined, undefined, "3000"]),
    "file.delete.delay.ms": random.pick(["0", "500", "60000"]),
    "min.cleanable.dirty.ratio": "0.0",
    "delete.retention.ms": random.pick(["0", "1000", "86400000"]),
    "compression.type": random.pick([undefined, undefined, undefined, "lz4"]),
  };
  return Object.fromEntries(
    Object.entries(drawn).filter(([, value]) => value !== undefined),
  ) as Record<string, string>;
}

/** A setting of a topic that is changed while it lives. */
export function drawConfigChange(random: SeededRandom): [name: string, value: string] {
  return random.pick<[string, string]>([
    ["durability", "disk"],
    ["durability", "os"],
    ["segment.ms", "1"],
    ["segment.ms", "100"],
    ["retention.ms", "1500"],
    ["index.interval.bytes", "0"],
    ["segment.index.bytes", "36"],
    ["file.delete.delay.ms", "0"],
    ["cleanup.policy", "compact"],
    ["cleanup.policy", "delete"],
  ]);
}
