/** Tiered storage: older segments on cheaper storage elsewhere (KIP-405). */
import { boolean, int, long, NO_LIMIT, string } from "../setting.ts";

export const REMOTE_SETTINGS = {
  "remote.log.storage.system.enable": boolean({
    default: false,
    doc: "Whether topics may keep older segments elsewhere.",
  }),
  "remote.log.storage.manager.class.name": string({
    default: null,
    isFilled: true,
    doc: "A Java class that stores segments elsewhere.",
  }),
  "remote.log.storage.manager.class.path": string({
    default: null,
    doc: "Where that class is found.",
  }),
  "remote.log.storage.manager.impl.prefix": string({
    default: "rsm.config.",
    isFilled: true,
    doc: "The prefix of settings that are handed to it.",
  }),
  "remote.log.metadata.manager.class.name": string({
    default:
      "org.apache.kafka.server.log.remote.metadata.storage.TopicBasedRemoteLogMetadataManager",
    isFilled: true,
    doc: "A Java class that keeps track of stored segments.",
  }),
  "remote.log.metadata.manager.class.path": string({
    default: null,
    doc: "Where that class is found.",
  }),
  "remote.log.metadata.manager.impl.prefix": string({
    default: "rlmm.config.",
    isFilled: true,
    doc: "The prefix of settings that are handed to it.",
  }),
  "remote.log.metadata.manager.listener.name": string({
    default: null,
    isFilled: true,
    doc: "The listener that it connects to.",
  }),
  "remote.log.metadata.custom.metadata.max.bytes": int({
    default: 128,
    min: 0,
    doc: "The most that a store may note with a segment.",
  }),
  "remote.log.index.file.cache.total.size.bytes": long({
    default: 1_073_741_824,
    min: 1,
    dynamic: "cluster",
    doc: "How much disk the indexes of stored segments may take here.",
  }),
  "remote.log.manager.task.interval.ms": long({
    default: 30000,
    min: 1,
    doc: "How often to look for segments to copy or to remove.",
  }),
  "remote.log.manager.thread.pool.size": int({
    default: 2,
    min: 1,
    doc: "In Kafka, threads for small work on stored segments.",
  }),
  "remote.log.manager.copier.thread.pool.size": int({
    default: 10,
    min: 1,
    dynamic: "cluster",
    doc: "In Kafka, threads that copy segments.",
  }),
  "remote.log.manager.expiration.thread.pool.size": int({
    default: 10,
    min: 1,
    dynamic: "cluster",
    doc: "In Kafka, threads that remove stored segments.",
  }),
  "remote.log.manager.follower.thread.pool.size": int({
    default: 2,
    min: 1,
    dynamic: "cluster",
    doc: "In Kafka, threads that followers learn of stored segments with.",
  }),
  "remote.log.manager.copy.max.bytes.per.second": long({
    default: NO_LIMIT,
    min: 1,
    dynamic: "cluster",
    doc: "The most bytes a second copied to storage.",
  }),
  "remote.log.manager.copy.quota.window.num": int({
    default: 11,
    min: 1,
    doc: "How many windows of time that limit looks back over.",
  }),
  "remote.log.manager.copy.quota.window.size.seconds": int({
    default: 1,
    min: 1,
    doc: "How long one such window is.",
  }),
  "remote.log.manager.fetch.max.bytes.per.second": long({
    default: NO_LIMIT,
    min: 1,
    dynamic: "cluster",
    doc: "The most bytes a second fetched from storage.",
  }),
  "remote.log.manager.fetch.quota.window.num": int({
    default: 11,
    min: 1,
    doc: "How many windows of time that limit looks back over.",
  }),
  "remote.log.manager.fetch.quota.window.size.seconds": int({
    default: 1,
    min: 1,
    doc: "How long one such window is.",
  }),
  "remote.log.reader.threads": int({
    default: 10,
    min: 1,
    dynamic: "cluster",
    doc: "In Kafka, threads that read stored segments.",
  }),
  "remote.log.reader.max.pending.tasks": int({
    default: 100,
    min: 1,
    doc: "How many reads of stored segments may wait.",
  }),
  "remote.fetch.max.wait.ms": int({
    default: 500,
    min: 1,
    dynamic: "cluster",
    doc: "How long a fetch may wait for stored segments.",
  }),
  "remote.list.offsets.request.timeout.ms": long({
    default: 30000,
    min: 1,
    dynamic: "cluster",
    doc: "How long a search for an offset in stored segments may take.",
  }),
  "follower.fetch.last.tiered.offset.enable": boolean({
    default: false,
    dynamic: "cluster",
    doc: "Whether a new follower starts at what is not yet stored, rather than copying all.",
  }),
};
