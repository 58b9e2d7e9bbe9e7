/** Topics and records: what they are when nobody says otherwise. */
import { boolean, int, javaClass } from "../setting.ts";
import { topicDefault } from "./topic.ts";

export const TOPICS_SETTINGS = {
  "auto.create.topics.enable": boolean({
    default: true,
    doc: "Whether a topic that a client names and that is not there is created.",
  }),
  "delete.topic.enable": boolean({ default: true, doc: "Whether topics can be deleted." }),
  "num.partitions": int({
    default: 1,
    min: 1,
    doc: "How many partitions a topic gets when its creator does not say.",
  }),
  "default.replication.factor": int({
    default: 1,
    min: 1,
    doc: "How many replicas a partition gets when its creator does not say.",
  }),
  "min.insync.replicas": topicDefault("min.insync.replicas"),
  "unclean.leader.election.enable": topicDefault("unclean.leader.election.enable"),
  "message.max.bytes": topicDefault("max.message.bytes"),
  "compression.type": topicDefault("compression.type"),
  "compression.gzip.level": topicDefault("compression.gzip.level"),
  "compression.lz4.level": topicDefault("compression.lz4.level"),
  "compression.zstd.level": topicDefault("compression.zstd.level"),
  "fetch.max.bytes": int({
    default: 57_671_680,
    min: 1024,
    doc: "The most bytes that one fetch brings, whatever the client asks for; a first batch " +
      "that is larger still comes whole.",
  }),
  "max.incremental.fetch.session.cache.slots": int({
    default: 1000,
    min: 0,
    doc: "How many fetch sessions are remembered; a session saves clients from naming all " +
      "partitions each time.",
  }),
  "create.topic.policy.class.name": javaClass({
    default: null,
    doc: "A Java class that may refuse the creation of topics.",
  }),
  "alter.config.policy.class.name": javaClass({
    default: null,
    doc: "A Java class that may refuse changes of settings.",
  }),
  "fetch.purgatory.purge.interval.requests": int({
    default: 1000,
    doc: "In Kafka, how many answered fetches may stay in memory before they are swept out.",
  }),
  "producer.purgatory.purge.interval.requests": int({
    default: 1000,
    doc: "In Kafka, how many answered produces may stay in memory before they are swept out.",
  }),
  "delete.records.purgatory.purge.interval.requests": int({
    default: 1,
    doc: "In Kafka, how many answered deletions of records may stay in memory before they " +
      "are swept out.",
  }),
};
