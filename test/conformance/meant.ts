/**
 * Where we differ from Apache Kafka and mean to, with the reason. What stops differing has to leave
 * this list.
 */
import type { Difference } from "../kit/compare.ts";
import { SERVED_APIS } from "../../src/broker/mod.ts";
import { OWN_SETTING_NAMES } from "../../src/config/mod.ts";
import type { Scenario } from "./side.ts";

export interface Meant {
  readonly reason: string;
  applies(difference: Difference, scenario: Scenario, version: number): boolean;
}

const WORDS = JSON.stringify("words");
const API_OF_PATH = /(?:^|\.)(apiKeys\.\d+)\.\w+$/;
const served = new Set(SERVED_APIS.map(({ key }) => `apiKeys.${key}`));

/** Settings of the brokers of this test that cannot be the same on both. */
const OF_THE_PLACE = [
  "advertised.listeners",
  "controller.listener.names",
  "controller.quorum.voters",
  "inter.broker.listener.name",
  "listener.security.protocol.map",
  "listeners",
  "log.dir",
  "log.dirs",
  "process.roles",
];

/** Reassignments that add or remove nothing that the ones before them did not. */
const REPLACED_AND_WHOLE = new Set(
  [
    "replaced by where it was",
    "replaced by where it was, in another order",
    "replaced by more",
    "one of two came, and it is replaced by where it was",
    "one of two came, and it is replaced by that one",
    "to those who are there, and more",
  ].map((name) => `on three nodes: 3 is stopped: ${name}`),
);

export const MEANT: Meant[] = [
  {
    reason: "An error is told in words as well, where Apache Kafka leaves it at the code",
    applies: ({ path, ours, theirs }) =>
      path.endsWith(".errorMessage") && ours === WORDS && (theirs === "null" || theirs === '""'),
  },
  {
    reason: "APIs that are not served yet are not advertised",
    applies: ({ path, ours }, { api }) =>
      api === "ApiVersions" && ours === undefined && API_OF_PATH.test(path) &&
      !served.has(API_OF_PATH.exec(path)![1]),
  },
  {
    reason: "Durability is a setting of ours",
    applies: ({ path }) => /\bconfigs\.(log\.)?durability\./.test(path),
  },
  {
    reason: "Settings of ours: where figures are shown, and limits where Apache Kafka has none",
    applies: ({ path }) => OWN_SETTING_NAMES.some((name) => path.includes(`configs.${name}.`)),
  },
  {
    reason: "A node that is a quorum by itself opens no port for other controllers",
    applies: ({ path }, { api }) => api === "DescribeQuorum" && /^nodes\.\d+\.listeners/.test(path),
  },
  {
    reason: "Each broker says where it listens and keeps its files",
    applies: ({ path }, { api }) =>
      api === "DescribeConfigs" && OF_THE_PLACE.some((name) => path.includes(`.configs.${name}.`)),
  },
  {
    reason: "node.id has a default here, so that a node starts without settings",
    applies: ({ path }) => path.includes(".configs.node.id.synonyms.1."),
  },
  {
    reason: "Only brokers stamp records: a producer's batch that says so is refused",
    applies: (_, { api, name }) => api === "Produce" && name === "stamped by the broker, it says",
  },
  {
    reason:
      "A partition named twice in a Fetch is answered twice: nobody asks so, and a map each time would cost",
    applies: (_, { api, name }) => api === "Fetch" && name === "one partition twice",
  },
  {
    reason:
      "Settings that one request asks for twice are answered once: it could ask for any amount of memory",
    applies: ({ path, ours }, { api, name }) =>
      api === "DescribeConfigs" && name === "one topic twice, and another" && ours === undefined &&
      path.startsWith("results.orders (2)."),
  },
  {
    reason: "Neither id nor name is INVALID_REQUEST, where Apache Kafka falls over",
    applies: (_, { api, name }) => api === "Metadata" && name === "neither id nor name",
  },
  {
    reason: "A topic without a name is one of a wrong name, where Apache Kafka falls over",
    applies: (_, { api, name }) =>
      api === "DescribeTopicPartitions" && name === "a topic without a name",
  },
  {
    reason: "A credential without a password is refused, where Apache Kafka falls over",
    applies: ({ path }, { api, name }) =>
      api === "AlterUserScramCredentials" && name === "with no password" &&
      /\.error(Code|Message)$/.test(path),
  },
  {
    reason:
      "Records that were deleted are never found by their times, and those behind them are, where " +
      "Apache Kafka goes by all that still lies in its files",
    applies: ({ path }, { api, name }) =>
      api === "ListOffsets" &&
      (/^of a log cut(, the youngest is gone| within a packed batch| within segments| to nothing)$/
        .test(
          name,
        ) ||
        name === "of logs of all shapes, after a restart" && path.startsWith("cut")),
  },
  {
    reason: "An unknown isolation level is INVALID_REQUEST, where Apache Kafka falls over",
    applies: ({ path }, { api, name }) =>
      api === "ListOffsets" && /^with isolation level (-2|7)$/.test(name) &&
      path.endsWith(".errorCode"),
  },
  {
    reason: "An unknown operation is INVALID_REQUEST, where Apache Kafka falls over",
    applies: (_, { api, name }) =>
      api === "IncrementalAlterConfigs" && name === "an unknown operation",
  },
  {
    reason: "What cannot be unpacked is CORRUPT_MESSAGE, where Apache Kafka falls over",
    applies: ({ path }, { api, name }) =>
      api === "Produce" && ["unknown codec", "packed by gzip, but not really"].includes(name) &&
      /errorCode|logStartOffset/.test(path),
  },
  {
    reason:
      "A reassignment that takes the place of one under way ends where the last request wants it, " +
      "and at once when all of it is there. Apache Kafka 4.3.1 keeps what the first one adds (or " +
      "removes) when the second adds (or removes) nothing: it never ends, or ends elsewhere",
    applies: ({ path }, { api, name }) =>
      api === "AlterPartitionReassignments" && REPLACED_AND_WHOLE.has(name) &&
      (/^1\.[12]\./.test(path) || /^2\.(0\.responses|2)\./.test(path)),
  },
  {
    reason: "Controllers are fetched from since version 12, as replicas of their log do (KIP-595)",
    applies: ({ path }, { api, name }) =>
      api === "ApiVersions" && name.includes(": of controllers: ") &&
      path.endsWith("apiKeys.1.minVersion"),
  },
  {
    reason: "Transactions are not served yet",
    applies: (_, { name }) =>
      ["of a transaction", "a transactional id", "a transactional batch"].includes(name),
  },
];
