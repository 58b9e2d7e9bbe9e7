/**
 * What nodes answer that do not lead the partition that they are asked for, and who comes with
 * another leader's epoch than the one there is.
 */
import type { ApiName } from "../../../../src/protocol/mod.ts";
import { batch, type Scenario, type Side } from "../../side.ts";
import { SHARED, SPREAD } from "../../stages/three.ts";
import { fromEach, onThree } from "./scenario.ts";

/** Of `SPREAD`, each of three nodes leads one; of `SHARED`, 3 leads it and 2 has none. */
const TOPICS = [[SPREAD, [0, 1, 2]], [SHARED, [0]]] as const;

type Body = (side: Side, version: number) => object;

/** One request to each of the three. */
const each = (api: ApiName, name: string, body: Body, more: Partial<Scenario> = {}): Scenario =>
  onThree(api, name, (side, version) => fromEach(side, api, version, body(side, version)), {
    together: true,
    ...more,
  });

/** Each of the three leads one, follows in another, and has nothing of the third. */
const WRITTEN = { replicas: [[1, 2], [2, 3], [3, 1]] };
const INDEXES = [0, 1, 2];

const produce = (acks: number): Scenario =>
  onThree(
    "Produce",
    `acks ${acks} to whoever leads and to others`,
    (side, version, own) =>
      fromEach(side, "Produce", version, {
        acks,
        timeoutMs: 5000,
        topicData: [{
          ...side.named(own, version, 13),
          partitionData: INDEXES.map((index) => ({ index, records: batch(["more"]) })),
        }],
      }),
    { topic: WRITTEN, together: true },
  );

const fetch = (fields: object): Body => (side, version) => ({
  maxWaitMs: 0,
  minBytes: 1,
  maxBytes: 1_000_000,
  topics: TOPICS.map(([topic, partitions]) => ({
    ...side.named(topic, version, 13, "topic"),
    partitions: partitions.map((partition) => ({
      partition,
      fetchOffset: 0,
      partitionMaxBytes: 1,
      ...fields,
    })),
  })),
});

const listOffsets = (timestamp: number, fields: object = {}): Body => () => ({
  replicaId: -1,
  topics: TOPICS.map(([name, partitions]) => ({
    name,
    partitions: partitions.map((partitionIndex) => ({ partitionIndex, timestamp, ...fields })),
  })),
});

const epochs = (fields: object): Body => () => ({
  replicaId: -1,
  topics: TOPICS.map(([topic, partitions]) => ({
    topic,
    partitions: partitions.map((partition) => ({ partition, leaderEpoch: 0, ...fields })),
  })),
});

/** What a node that leads tells of a log that grows is not what this is about. */
const EARLIEST = -2;

export const WRONG_NODE: Scenario[] = [
  produce(1),
  produce(-1),
  each("Fetch", "from whoever leads and from others", fetch({})),
  each("Fetch", "of an epoch to come", fetch({ currentLeaderEpoch: 7 }), { since: 9 }),
  each("ListOffsets", "of whoever leads and of others", listOffsets(EARLIEST)),
  each(
    "ListOffsets",
    "of an epoch to come",
    listOffsets(EARLIEST, { currentLeaderEpoch: 7 }),
    { since: 4 },
  ),
  each("OffsetForLeaderEpoch", "of whoever leads and of others", epochs({ leaderEpoch: -1 })),
  each("OffsetForLeaderEpoch", "of an epoch to come", epochs({ currentLeaderEpoch: 7 })),
  each("DeleteRecords", "of whoever leads and of others", () => ({
    timeoutMs: 5000,
    topics: TOPICS.map(([name, partitions]) => ({
      name,
      partitions: partitions.map((partitionIndex) => ({ partitionIndex, offset: 0 })),
    })),
  })),
  each("DescribeProducers", "of whoever leads and of others", () => ({
    topics: TOPICS.map(([name, partitionIndexes]) => ({ name, partitionIndexes })),
  })),
];
