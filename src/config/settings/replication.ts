/** Copies of partitions between brokers, and the limits on traffic. */
import { boolean, int, javaClass, long, NO_LIMIT, structured } from "../setting.ts";

/** By the names of Kafka's classes, which do the same. */
export const LEADER_SELECTOR = "org.apache.kafka.common.replica.LeaderSelector";
export const RACK_AWARE_SELECTOR = "org.apache.kafka.common.replica.RackAwareReplicaSelector";

export const REPLICATION_SETTINGS = {
  "replica.lag.time.max.ms": long({
    default: 30000,
    doc: "A follower that has not caught up with its leader for this long is not in sync any " +
      "more.",
  }),
  "replica.fetch.max.bytes": int({
    default: 1_048_576,
    min: 0,
    doc: "The most bytes of one partition that a follower asks for at once.",
  }),
  "replica.fetch.min.bytes": int({
    default: 1,
    min: 0,
    doc: "A leader keeps a follower waiting until so many bytes are there.",
  }),
  "replica.fetch.wait.max.ms": int({
    default: 500,
    doc: "A leader keeps a follower waiting for at most this long.",
  }),
  "replica.fetch.response.max.bytes": int({
    default: 10_485_760,
    min: 0,
    doc: "The most bytes of all partitions that a follower asks for at once.",
  }),
  "replica.fetch.backoff.ms": int({
    default: 1000,
    min: 0,
    doc: "How long a follower waits before it tries a failed partition again.",
  }),
  "replica.socket.timeout.ms": int({
    default: 30000,
    doc: "How long a follower waits for its leader's answer.",
  }),
  "replica.socket.receive.buffer.bytes": int({
    default: 65536,
    doc: "The receive buffer of a follower's connection to a leader; -1 leaves it to the " +
      "system.",
  }),
  "replica.high.watermark.checkpoint.interval.ms": long({
    default: 5000,
    doc: "How often to note each partition's high watermark on disk.",
  }),
  "replica.selector.class": structured<string | null>("string", {
    default: null,
    allowed: `${LEADER_SELECTOR} or ${RACK_AWARE_SELECTOR}`,
    doc: "Which replica a consumer reads from: the leader, or one in its own rack.",
    parse: (text) => [LEADER_SELECTOR, RACK_AWARE_SELECTOR].find((name) => name === text.trim()),
    format: (value) => value,
  }),
  "num.replica.fetchers": int({
    default: 1,
    min: 1,
    dynamic: "cluster",
    doc: "In Kafka, threads that fetch from each other broker.",
  }),
  "auto.leader.rebalance.enable": boolean({
    default: true,
    doc: "Whether leadership is given back to the preferred replicas from time to time.",
  }),
  "leader.imbalance.check.interval.seconds": long({
    default: 300,
    min: 1,
    doc: "How often to look whether leadership should be given back.",
  }),
  "leader.replication.throttled.rate": long({
    default: NO_LIMIT,
    min: 0,
    dynamic: "cluster",
    isHidden: true,
    doc: "The most bytes a second that throttled partitions led here send to followers.",
  }),
  "follower.replication.throttled.rate": long({
    default: NO_LIMIT,
    min: 0,
    dynamic: "cluster",
    isHidden: true,
    doc: "The most bytes a second that throttled partitions followed here fetch.",
  }),
  "replica.alter.log.dirs.io.max.bytes.per.second": long({
    default: NO_LIMIT,
    min: 0,
    dynamic: "cluster",
    isHidden: true,
    doc: "The most bytes a second for moving partitions between folders.",
  }),
  "quota.window.num": int({
    default: 11,
    min: 1,
    doc: "How many windows of time the client quotas look back over.",
  }),
  "quota.window.size.seconds": int({ default: 1, min: 1, doc: "How long one such window is." }),
  "replication.quota.window.num": int({
    default: 11,
    min: 1,
    doc: "How many windows of time the replication quotas look back over.",
  }),
  "replication.quota.window.size.seconds": int({
    default: 1,
    min: 1,
    doc: "How long one such window is.",
  }),
  "alter.log.dirs.replication.quota.window.num": int({
    default: 11,
    min: 1,
    doc: "How many windows of time the quota for moves between folders looks back over.",
  }),
  "alter.log.dirs.replication.quota.window.size.seconds": int({
    default: 1,
    min: 1,
    doc: "How long one such window is.",
  }),
  "controller.quota.window.num": int({
    default: 11,
    min: 1,
    doc: "How many windows of time the quota for changes of topics looks back over.",
  }),
  "controller.quota.window.size.seconds": int({
    default: 1,
    min: 1,
    doc: "How long one such window is.",
  }),
  "unclean.leader.election.interval.ms": long({
    default: 300_000,
    min: 1,
    isHidden: true,
    doc: "How often the controller looks for partitions that nobody leads and somebody may by now.",
  }),
  "client.quota.callback.class": javaClass({
    default: null,
    doc: "A Java class that decides about client quotas.",
  }),
};
