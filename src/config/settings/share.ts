/** Share groups: many consumers on one partition, record by record (KIP-932). */
import { int, list, short } from "../setting.ts";

export const SHARE_SETTINGS = {
  "group.share.session.timeout.ms": int({
    default: 45000,
    min: 1,
    doc: "A share consumer that is silent for this long leaves its group.",
  }),
  "group.share.min.session.timeout.ms": int({
    default: 45000,
    min: 1,
    doc: "The least that a group may set for it.",
  }),
  "group.share.max.session.timeout.ms": int({
    default: 60000,
    min: 1,
    doc: "The most that a group may set for it.",
  }),
  "group.share.heartbeat.interval.ms": int({
    default: 5000,
    min: 1,
    doc: "How often share consumers send a heartbeat.",
  }),
  "group.share.min.heartbeat.interval.ms": int({
    default: 5000,
    min: 1,
    doc: "The least that a group may set for it.",
  }),
  "group.share.max.heartbeat.interval.ms": int({
    default: 15000,
    min: 1,
    doc: "The most that a group may set for it.",
  }),
  "group.share.assignment.interval.ms": int({
    default: 1000,
    min: 0,
    dynamic: "cluster",
    doc: "The shortest time between two assignments of one share group.",
  }),
  "group.share.min.assignment.interval.ms": int({
    default: 0,
    min: 0,
    doc: "The least that a group may set for it.",
  }),
  "group.share.max.assignment.interval.ms": int({
    default: 15000,
    min: 0,
    doc: "The most that a group may set for it.",
  }),
  "group.share.max.size": int({
    default: 200,
    min: 1,
    max: 1000,
    doc: "The most members of a share group.",
  }),
  "group.share.max.share.sessions": int({
    default: 2000,
    min: 1,
    doc: "The most share sessions on one broker.",
  }),
  "group.share.assignors": list({
    default: ["simple"],
    doc: "The assignor that the coordinator has for share groups.",
  }),
  "group.share.delivery.count.limit": int({
    default: 5,
    min: 2,
    max: 10,
    doc: "A record is given up after it was delivered this often without being accepted.",
  }),
  "group.share.min.delivery.count.limit": int({
    default: 2,
    min: 2,
    max: 5,
    doc: "The least that a group may set for it.",
  }),
  "group.share.max.delivery.count.limit": int({
    default: 10,
    min: 5,
    max: 25,
    doc: "The most that a group may set for it.",
  }),
  "group.share.record.lock.duration.ms": int({
    default: 30000,
    min: 1000,
    max: 3_600_000,
    doc: "How long a consumer has a record to itself before it is given to another.",
  }),
  "group.share.min.record.lock.duration.ms": int({
    default: 15000,
    min: 1000,
    max: 30000,
    doc: "The least that a group may set for it.",
  }),
  "group.share.max.record.lock.duration.ms": int({
    default: 60000,
    min: 30000,
    max: 3_600_000,
    doc: "The most that a group may set for it.",
  }),
  "group.share.partition.max.record.locks": int({
    default: 2000,
    min: 100,
    max: 10000,
    doc: "The most records of one partition that may be out with consumers.",
  }),
  "group.share.min.partition.max.record.locks": int({
    default: 100,
    min: 100,
    max: 2000,
    doc: "The least that a group may set for it.",
  }),
  "group.share.max.partition.max.record.locks": int({
    default: 4000,
    min: 2000,
    max: 10000,
    doc: "The most that a group may set for it.",
  }),
  "share.coordinator.state.topic.num.partitions": int({
    default: 50,
    min: 1,
    doc: "How many partitions __share_group_state is created with.",
  }),
  "share.coordinator.state.topic.replication.factor": short({
    default: 3,
    min: 1,
    doc: "How many replicas __share_group_state is created with.",
  }),
  "share.coordinator.state.topic.min.isr": short({
    default: 2,
    min: 1,
    doc: "How many replicas of __share_group_state must hold a record.",
  }),
  "share.coordinator.state.topic.segment.bytes": int({
    default: 104_857_600,
    min: 1,
    doc: "The segment size of __share_group_state.",
  }),
  "share.coordinator.state.topic.compression.codec": int({
    default: 0,
    min: 0,
    max: 4,
    doc: "The codec of records in __share_group_state: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 " +
      "zstd.",
  }),
  "share.coordinator.snapshot.update.records.per.snapshot": int({
    default: 500,
    min: 0,
    max: 500,
    doc: "How many updates are written between two snapshots of a partition's share state.",
  }),
  "share.coordinator.write.timeout.ms": int({
    default: 5000,
    min: 1,
    doc: "How long a write of share state may wait until all in-sync replicas have it.",
  }),
  "share.coordinator.load.buffer.size": int({
    default: 5_242_880,
    min: 1,
    doc: "How many bytes are read at once when share state is loaded.",
  }),
  "share.coordinator.threads": int({
    default: 1,
    min: 1,
    doc: "In Kafka, threads of the share coordinator.",
  }),
  "share.coordinator.append.linger.ms": int({
    default: -1,
    min: -1,
    doc: "How long the coordinator gathers records before it writes them; -1 adapts to the " +
      "load.",
  }),
  "share.coordinator.cached.buffer.max.bytes": int({
    default: 1_048_588,
    min: 524_288,
    dynamic: "cluster",
    doc: "The largest buffer for writing that the coordinator keeps.",
  }),
  "share.fetch.purgatory.purge.interval.requests": int({
    default: 1000,
    doc: "In Kafka, how many answered share fetches may stay in memory before they are swept " +
      "out.",
  }),
};
