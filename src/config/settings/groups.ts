/** Groups of consumers and of streams, and the offsets they commit. */
import { int, list, long, short, string } from "../setting.ts";

export const GROUPS_SETTINGS = {
  "group.min.session.timeout.ms": int({
    default: 6000,
    doc: "The shortest session timeout that a member of a classic group may ask for.",
  }),
  "group.max.session.timeout.ms": int({
    default: 1_800_000,
    doc: "The longest session timeout that a member of a classic group may ask for.",
  }),
  "group.initial.rebalance.delay.ms": int({
    default: 3000,
    doc: "How long an empty classic group waits for more members before its first rebalance.",
  }),
  "group.max.size": int({
    default: 2_147_483_647,
    min: 1,
    doc: "The most members of a classic group.",
  }),
  "group.coordinator.rebalance.protocols": list({
    default: ["classic", "consumer", "streams"],
    of: ["consumer", "classic", "share", "streams"],
    doc: "Which kinds of groups are served.",
  }),
  "group.coordinator.threads": int({
    default: 4,
    min: 1,
    doc: "In Kafka, threads of the group coordinator.",
  }),
  "group.coordinator.background.threads": int({
    default: 2,
    min: 1,
    doc: "In Kafka, threads that match regular expressions of subscriptions.",
  }),
  "group.coordinator.append.linger.ms": int({
    default: -1,
    min: -1,
    doc: "How long the coordinator gathers records before it writes them; -1 adapts to the " +
      "load.",
  }),
  "group.coordinator.cached.buffer.max.bytes": int({
    default: 1_048_588,
    min: 524_288,
    dynamic: "cluster",
    doc: "The largest buffer for writing that the coordinator keeps.",
  }),
  "group.consumer.session.timeout.ms": int({
    default: 45000,
    min: 1,
    doc: "A consumer that is silent for this long leaves its group.",
  }),
  "group.consumer.min.session.timeout.ms": int({
    default: 45000,
    min: 1,
    doc: "The least that a group may set for it.",
  }),
  "group.consumer.max.session.timeout.ms": int({
    default: 60000,
    min: 1,
    doc: "The most that a group may set for it.",
  }),
  "group.consumer.heartbeat.interval.ms": int({
    default: 5000,
    min: 1,
    doc: "How often consumers send a heartbeat.",
  }),
  "group.consumer.min.heartbeat.interval.ms": int({
    default: 5000,
    min: 1,
    doc: "The least that a group may set for it.",
  }),
  "group.consumer.max.heartbeat.interval.ms": int({
    default: 15000,
    min: 1,
    doc: "The most that a group may set for it.",
  }),
  "group.consumer.assignment.interval.ms": int({
    default: 1000,
    min: 0,
    dynamic: "cluster",
    doc: "The shortest time between two assignments of one consumer group.",
  }),
  "group.consumer.min.assignment.interval.ms": int({
    default: 0,
    min: 0,
    doc: "The least that a group may set for it.",
  }),
  "group.consumer.max.assignment.interval.ms": int({
    default: 15000,
    min: 0,
    doc: "The most that a group may set for it.",
  }),
  "group.consumer.max.size": int({
    default: 2_147_483_647,
    min: 1,
    doc: "The most members of a consumer group.",
  }),
  "group.consumer.assignors": list({
    default: ["uniform", "range"],
    doc: "The assignors that the coordinator has for consumer groups; the first is the " +
      "default.",
  }),
  "group.consumer.migration.policy": string({
    default: "bidirectional",
    oneOf: ["DISABLED", "DOWNGRADE", "UPGRADE", "BIDIRECTIONAL"],
    ignoresCase: true,
    doc: "Which way a group may change between classic and consumer while it has members.",
  }),
  "group.streams.session.timeout.ms": int({
    default: 45000,
    min: 1,
    doc: "A streams application that is silent for this long leaves its group.",
  }),
  "group.streams.min.session.timeout.ms": int({
    default: 45000,
    min: 1,
    doc: "The least that a group may set for it.",
  }),
  "group.streams.max.session.timeout.ms": int({
    default: 60000,
    min: 1,
    doc: "The most that a group may set for it.",
  }),
  "group.streams.heartbeat.interval.ms": int({
    default: 5000,
    min: 1,
    doc: "How often streams applications send a heartbeat.",
  }),
  "group.streams.min.heartbeat.interval.ms": int({
    default: 5000,
    min: 1,
    doc: "The least that a group may set for it.",
  }),
  "group.streams.max.heartbeat.interval.ms": int({
    default: 15000,
    min: 1,
    doc: "The most that a group may set for it.",
  }),
  "group.streams.assignment.interval.ms": int({
    default: 1000,
    min: 0,
    dynamic: "cluster",
    doc: "The shortest time between two assignments of one streams group.",
  }),
  "group.streams.min.assignment.interval.ms": int({
    default: 0,
    min: 0,
    doc: "The least that a group may set for it.",
  }),
  "group.streams.max.assignment.interval.ms": int({
    default: 15000,
    min: 0,
    doc: "The most that a group may set for it.",
  }),
  "group.streams.initial.rebalance.delay.ms": int({
    default: 3000,
    min: 0,
    doc: "How long an empty streams group waits for more members before its first " + "assignment.",
  }),
  "group.streams.max.size": int({
    default: 2_147_483_647,
    min: 1,
    doc: "The most members of a streams group.",
  }),
  "group.streams.num.standby.replicas": int({
    default: 0,
    min: 0,
    doc: "How many standby copies each task of a streams group has.",
  }),
  "group.streams.max.standby.replicas": int({
    default: 2,
    min: 0,
    doc: "The most that a group may set for it.",
  }),
  "offsets.topic.num.partitions": int({
    default: 50,
    min: 1,
    doc: "How many partitions __consumer_offsets is created with.",
  }),
  "offsets.topic.replication.factor": short({
    default: 3,
    min: 1,
    doc: "How many replicas __consumer_offsets is created with; as many as there are brokers " +
      "when those are fewer.",
  }),
  "offsets.topic.segment.bytes": int({
    default: 104_857_600,
    min: 1,
    doc: "The segment size of __consumer_offsets; small, so that compaction and loading are " +
      "quick.",
  }),
  "offsets.topic.compression.codec": int({
    default: 0,
    min: 0,
    max: 4,
    doc: "The codec of records in __consumer_offsets: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 " +
      "zstd.",
  }),
  "offsets.retention.minutes": int({
    default: 10080,
    min: 1,
    doc: "Committed offsets are forgotten this long after a group lost its last member, or " +
      "after the commit for consumers without a group.",
  }),
  "offsets.retention.check.interval.ms": long({
    default: 600_000,
    min: 1,
    doc: "How often to look for committed offsets that may be forgotten.",
  }),
  "offsets.commit.timeout.ms": int({
    default: 5000,
    min: 1,
    doc: "How long a commit may wait until all in-sync replicas have it.",
  }),
  "offsets.load.buffer.size": int({
    default: 5_242_880,
    min: 1,
    doc: "How many bytes are read at once when a partition of __consumer_offsets is loaded.",
  }),
  "offset.metadata.max.bytes": int({
    default: 4096,
    doc: "The longest note that a client may attach to a committed offset.",
  }),
};
