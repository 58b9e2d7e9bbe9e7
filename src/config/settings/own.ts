/**
 * Settings that Apache Kafka does not have: where figures are shown, how many brokers a process has,
 * limits where Kafka has none, how often disks are looked through, and the room that is set aside for
 * a full one. (`log.durability` is one more; it stands with the topics' `durability`.)
 */
import { MAX_CORES, parseCores } from "../cores.ts";
import { parseAddress } from "../listeners.ts";
import { boolean, int, long, structured } from "../setting.ts";

const MIB = 1024 * 1024;

export const OWN_SETTINGS = {
  "metrics.listener": structured<{ host: string; port: number } | null>("string", {
    default: null,
    allowed: "HOST:PORT",
    parse: parseAddress,
    format: (at) => at && `${at.host.includes(":") ? `[${at.host}]` : at.host}:${at.port}`,
    doc:
      "Where the node's figures are shown for Prometheus, as HOST:PORT (GET /metrics); nowhere " +
      "when it is not given.",
  }),
  "node.cores": structured<number | "auto" | null>("string", {
    default: null,
    allowed: `a whole number from 1 to ${MAX_CORES}, or auto`,
    parse: parseCores,
    format: (cores) => cores === null ? null : String(cores),
    doc:
      "How many brokers streamer serve runs in one process, each on a processor core of its own, " +
      "with the ids and ports behind this node's; auto takes as many as there are cores.",
  }),
  "controller.quorum.new.cluster": boolean({
    default: false,
    doc: "Whether this node, where it has no data yet, begins a cluster that others can join, as " +
      "its only voter at first (in Kafka the disk is formatted for that).",
  }),
  "max.broker.partitions": int({
    default: 100_000,
    min: 1,
    dynamic: "cluster",
    doc: "The most replicas of partitions that a broker gets; topics beyond it are not created " +
      "(the name is KIP-578's).",
  }),
  "max.producer.ids.per.partition": int({
    default: 100_000,
    min: 5,
    dynamic: "cluster",
    doc: "The most idempotent producers that a partition remembers; beyond it those that wrote " +
      "longest ago are forgotten before producer.id.expiration.ms.",
  }),
  "queued.max.response.bytes": long({
    default: 256 * MIB,
    min: 1,
    doc: "How many bytes of answers may wait to be read by clients before fetches bring less.",
  }),
  "group.coordinator.max.groups": int({
    default: 100_000,
    min: 1,
    dynamic: "cluster",
    doc: "The most groups that a broker coordinates; no more begin then.",
  }),
  "group.coordinator.max.bytes": long({
    default: 256 * MIB,
    min: MIB,
    dynamic: "cluster",
    doc: "The most memory for what groups' members say of themselves, what is assigned to them, " +
      "and committed offsets; beyond it no member joins and no new offset is taken.",
  }),
  "log.scrub.interval.ms": long({
    default: 7 * 24 * 3_600_000,
    min: -1,
    dynamic: "cluster",
    doc: "So often all records on disk are read, and held against their sums; -1: never. What is " +
      "found damaged is repaired from another replica.",
  }),
  "log.scrub.bytes.per.second": long({
    default: 4 * MIB,
    min: 64 * 1024,
    dynamic: "cluster",
    doc: "The most bytes a second that are read for log.scrub.interval.ms.",
  }),
  "log.dir.reserve.bytes": long({
    default: 4 * MIB,
    min: 0,
    max: 256 * MIB, // it is written at the start, and clients wait meanwhile
    doc:
      "So much room is set aside in each of log.dirs, but no more than a 32nd part of the disk, " +
      "and given up when that is full, so that topics and records can still be deleted.",
  }),
};

/** For those who compare with Apache Kafka. */
export const OWN_SETTING_NAMES: readonly string[] = Object.keys(OWN_SETTINGS);
