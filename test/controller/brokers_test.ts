import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { MetadataImage } from "../../src/metadata/mod.ts";
import {
  AllocateProducerIdsRequest,
  type BrokerRegistrationRequest,
  ControllerRegistrationRequest,
  errorName,
  type InputOf,
  METADATA_RECORDS,
  type MetadataRecord,
} from "../../src/protocol/mod.ts";
import { levelRecords, SUPPORTED_FEATURES } from "../../src/controller/mod.ts";
import { LOG, recordsOfFile } from "../metadata/kafka_log.ts";
import { of, TestCluster, typesOf, uuidOf } from "./kit.ts";

Deno.test("A new cluster begins with the features of Apache Kafka's, in one transaction, once", () => {
  const cluster = new TestCluster();
  const { features } = MetadataImage.empty.apply(
    recordsOfFile(LOG).map(({ record }) => record),
    { offset: 120, epoch: 1 },
  ).image;
  deepStrictEqual(cluster.image.features, features);
  const minIsr = cluster.image.configsOf({ type: 4, name: "" });
  deepStrictEqual([...minIsr], [["min.insync.replicas", "1"]]);
  strictEqual(cluster.nextOffset, 9);
  deepStrictEqual(cluster.controller.bootstrap(), []);
});

Deno.test("A broker registers fenced, and is unfenced once it has read its registration", () => {
  const cluster = new TestCluster();
  const { errorCode, brokerEpoch } = cluster.register(1);
  deepStrictEqual([errorCode, brokerEpoch], [0, 9]);
  deepStrictEqual(cluster.heartbeat(1, { currentMetadataOffset: 8 }), {
    throttleTimeMs: 0,
    errorCode: 0,
    isCaughtUp: false,
    isFenced: true,
    shouldShutDown: false,
    records: [],
  });
  strictEqual(cluster.heartbeat(1, { currentMetadataOffset: 9, wantFence: true }).isFenced, true);
  const unfenced = cluster.heartbeat(1, { currentMetadataOffset: 9, cordonedLogDirs: [] });
  deepStrictEqual([unfenced.isCaughtUp, unfenced.isFenced], [true, false]);
  // As Apache Kafka writes it: see offsets 13 and 14 of the sample.
  deepStrictEqual(
    unfenced.records.map(({ version, value }) => ({ version, ...value })),
    recordsOfFile(LOG)
      .filter(({ offset }) => offset === 13 || offset === 14)
      .map(({ record: { version, value } }) => ({ version, ...value, brokerEpoch: 9 })),
  );
  strictEqual(cluster.heartbeat(1, { cordonedLogDirs: [] }).records.length, 0);
});

const refusals: [string, InputOf<typeof BrokerRegistrationRequest>, string][] = [
  ["of another cluster", { clusterId: "other" }, "INCONSISTENT_CLUSTER_ID"],
  [
    "under the id of one that lives",
    { brokerId: 1, incarnationId: uuidOf("new", 1) },
    "DUPLICATE_BROKER_REGISTRATION",
  ],
  ["that comes from ZooKeeper", { isMigratingZkBroker: true }, "BROKER_ID_NOT_REGISTERED"],
  ["without directories", { logDirs: [] }, "INVALID_REGISTRATION"],
  ["with a directory twice", { logDirs: [uuidOf("d", 1), uuidOf("d", 1)] }, "INVALID_REGISTRATION"],
  ["with a reserved directory", { logDirs: ["AAAAAAAAAAAAAAAAAAAAAQ"] }, "INVALID_REGISTRATION"],
  ["with another's directory", { logDirs: [uuidOf("dir", 1)] }, "INVALID_REGISTRATION"],
  ["without metadata.version", { features: [] }, "INVALID_REGISTRATION"],
  ["that is too old", {
    features: [{ name: "metadata.version", minSupportedVersion: 7, maxSupportedVersion: 29 }],
  }, "UNSUPPORTED_VERSION"],
  ["that needs a feature", {
    features: [...SUPPORTED_FEATURES, {
      name: "x",
      minSupportedVersion: 1,
      maxSupportedVersion: 2,
    }],
  }, "UNSUPPORTED_VERSION"],
  ["with a listener twice", { listeners: [{ name: "A" }, { name: "A" }] }, "INVALID_REGISTRATION"],
];
for (const [name, fields, error] of refusals) {
  Deno.test(`A broker ${name} is refused with ${error}`, () => {
    const cluster = TestCluster.withBrokers([null]);
    const { errorCode, brokerEpoch, records } = cluster.register(2, fields);
    deepStrictEqual([errorName(errorCode), brokerEpoch, records.length], [error, -1, 0]);
  });
}

Deno.test("A broker that lacks a finalized feature is refused", () => {
  const cluster = new TestCluster();
  const value = { name: "group.version", featureLevel: 2 };
  cluster.append([{
    type: METADATA_RECORDS.FeatureLevelRecord.name as "FeatureLevelRecord",
    version: 0,
    value,
  }]);
  strictEqual(errorName(cluster.register(1).errorCode), "UNSUPPORTED_VERSION");
});

Deno.test("The same incarnation registers again and keeps its epoch", () => {
  const cluster = TestCluster.withBrokers([null]);
  const { brokerEpoch } = cluster.image.brokers.get(1)!;
  const again = cluster.register(1);
  deepStrictEqual([again.errorCode, again.brokerEpoch], [0, brokerEpoch]);
  strictEqual(cluster.image.brokers.get(1)!.fenced, false);
});

const withTopic = (
  brokers: number,
  replicationFactor: number,
  settings?: Record<string, string>,
  levels?: readonly MetadataRecord[],
) => {
  const cluster = TestCluster.withBrokers(Array(brokers).fill(null), settings, levels);
  cluster.create({ topics: [{ name: "x", numPartitions: 3, replicationFactor }] });
  return cluster;
};

/** Levels without eligible.leader.replicas.version. */
const withoutElr = levelRecords(30, new Map([["group.version", 1]]));

Deno.test("A single broker that crashed comes back: its old leader epoch ends, another begins", () => {
  const cluster = withTopic(1, 1, {}, withoutElr);
  cluster.now = 10_000; // its session is over
  const { brokerEpoch, records } = cluster.register(1, { incarnationId: uuidOf("second", 1) });
  deepStrictEqual(typesOf(records), [
    "PartitionChange",
    "PartitionChange",
    "PartitionChange",
    "RegisterBroker",
  ]);
  strictEqual(cluster.image.brokers.get(1)!.brokerEpoch, brokerEpoch);
  deepStrictEqual(cluster.leaders("x"), [-1, -1, -1]);
  deepStrictEqual(cluster.image.partition("x", 0)!.isr, [1]);
  cluster.heartbeat(1);
  const { leader, leaderEpoch, isr } = cluster.image.partition("x", 0)!;
  deepStrictEqual({ leader, leaderEpoch, isr }, { leader: 1, leaderEpoch: 2, isr: [1] });
});

Deno.test("A single broker that crashed is the last known leader, and is known to lack something", () => {
  const cluster = withTopic(1, 1);
  cluster.now = 10_000;
  cluster.register(1, { incarnationId: uuidOf("second", 1) });
  const lost = cluster.image.partition("x", 0)!;
  deepStrictEqual(
    [lost.leader, lost.isr, lost.eligibleLeaderReplicas, lost.lastKnownElr],
    [-1, [], [], [1]],
  );
  cluster.heartbeat(1);
  const { leader, isr, lastKnownElr, leaderRecoveryState } = cluster.image.partition("x", 0)!;
  deepStrictEqual([leader, isr, lastKnownElr, leaderRecoveryState], [1, [1], [], 1]);
});

Deno.test("A session has begun for a broker of which it is known since when it is silent", () => {
  const { image } = TestCluster.withBrokers([null, null]);
  const after = new TestCluster();
  after.controller.reset(image, 10_000, new Map([[2, 5_500]]));
  strictEqual(after.controller.nextSilenceAt(), 14_500);
  strictEqual(after.controller.fenceSilentBroker(14_499), undefined);
  strictEqual(after.controller.fenceSilentBroker(14_500)?.brokerId, 2);
});

const host = "127.0.0.1";
const newcomers: {
  name: string;
  localBrokerId?: number;
  /** The new controller has heard of the one that was there before. */
  isHeardOf?: boolean;
  fields?: InputOf<typeof BrokerRegistrationRequest>;
  error: string;
}[] = [
  { name: "the one in its own process", localBrokerId: 1, error: "NONE" },
  { name: "one with the same directory at the same address", error: "NONE" },
  {
    name: "such a one while the one before speaks",
    isHeardOf: true,
    error: "DUPLICATE_BROKER_REGISTRATION",
  },
  {
    name: "one with another directory",
    fields: { logDirs: [uuidOf("other", 1)] },
    error: "DUPLICATE_BROKER_REGISTRATION",
  },
  {
    name: "one with a directory more",
    fields: { logDirs: [uuidOf("dir", 1), uuidOf("other", 1)] },
    error: "DUPLICATE_BROKER_REGISTRATION",
  },
  {
    name: "one at another address",
    fields: { listeners: [{ name: "PLAINTEXT", host, port: 9093 }] },
    error: "DUPLICATE_BROKER_REGISTRATION",
  },
];
for (const { name, localBrokerId, isHeardOf = false, fields = {}, error } of newcomers) {
  Deno.test(`Of a broker that lived before it, a new controller answers ${name} with ${error}`, () => {
    const before = withTopic(1, 1);
    const after = new TestCluster({}, localBrokerId);
    after.controller.reset(before.image, 0);
    after.nextOffset = before.nextOffset;
    if (isHeardOf) after.heartbeat(1);
    const incarnationId = uuidOf("second", 1);
    strictEqual(errorName(after.register(1, { ...fields, incarnationId }).errorCode), error);
    if (error !== "NONE") return;
    const third = after.register(1, { ...fields, incarnationId: uuidOf("third", 1) });
    const isLocal = localBrokerId !== undefined;
    const isRefused = errorName(third.errorCode) === "DUPLICATE_BROKER_REGISTRATION";
    strictEqual(isRefused, !isLocal, "the one that came has a session of its own");
  });
}

Deno.test("A single broker that stops is asked once more, then may go, and leads again when it is back", () => {
  const cluster = withTopic(1, 1);
  const first = cluster.heartbeat(1, { wantShutDown: true });
  deepStrictEqual(typesOf(first.records), [
    "BrokerRegistrationChange",
    "PartitionChange",
    "PartitionChange",
    "PartitionChange",
  ]);
  deepStrictEqual([first.isFenced, first.shouldShutDown], [false, false]);
  const second = cluster.heartbeat(1, { wantShutDown: true });
  deepStrictEqual(typesOf(second.records), ["BrokerRegistrationChange"]);
  deepStrictEqual([second.isFenced, second.shouldShutDown], [true, true]);
  const { isr, eligibleLeaderReplicas, lastKnownElr } = cluster.image.partition("x", 0)!;
  deepStrictEqual([isr, eligibleLeaderReplicas, lastKnownElr], [[], [1], [1]]);
  const { brokerEpoch: previousBrokerEpoch } = cluster.image.brokers.get(1)!;
  const back = { incarnationId: uuidOf("second", 1), previousBrokerEpoch };
  strictEqual(cluster.register(1, back).records.length, 1);
  cluster.heartbeat(1);
  const { leaderEpoch, leaderRecoveryState } = cluster.image.partition("x", 0)!;
  deepStrictEqual([leaderEpoch, leaderRecoveryState], [2, 0]);
  deepStrictEqual(cluster.leaders("x"), [1, 1, 1]);
});

Deno.test("What a broker led goes to the next replica in the ISR when it falls silent", () => {
  const cluster = withTopic(3, 3);
  const before = cluster.image.topicByName("x")!.partitions;
  cluster.now = 8_000;
  cluster.heartbeat(2);
  cluster.heartbeat(3);
  strictEqual(cluster.controller.fenceSilentBroker(8_999), undefined);
  const { brokerId, records } = cluster.controller.fenceSilentBroker(9_000)!;
  strictEqual(brokerId, 1);
  cluster.append(records);
  strictEqual(cluster.controller.fenceSilentBroker(9_000), undefined);
  cluster.image.topicByName("x")!.partitions.forEach(({ leader, isr, leaderEpoch }, i) => {
    const led = before[i].leader === 1;
    strictEqual(leader, led ? before[i].replicas[1] : before[i].leader);
    strictEqual(leaderEpoch, led ? 1 : 0, "a smaller ISR alone begins no leader epoch");
    deepStrictEqual([...isr].sort(), [2, 3]);
  });
});

Deno.test("The last of an ISR stays in it, and nobody else leads", () => {
  const cluster = withTopic(2, 2);
  cluster.heartbeat(1, { wantFence: true });
  cluster.heartbeat(2, { wantFence: true });
  deepStrictEqual(cluster.leaders("x"), [-1, -1, -1]);
  cluster.heartbeat(1);
  deepStrictEqual(cluster.leaders("x"), [-1, -1, -1], "broker 1 was out of the ISR before 2 was");
  cluster.heartbeat(2);
  deepStrictEqual(cluster.leaders("x"), [2, 2, 2]);
});

Deno.test("Where it is allowed, one that may lack records leads and says so", () => {
  const cluster = withTopic(2, 2, { "unclean.leader.election.enable": "true" });
  cluster.heartbeat(1, { wantFence: true });
  cluster.heartbeat(2, { wantFence: true });
  cluster.heartbeat(1);
  const { leader, isr, leaderRecoveryState } = cluster.image.partition("x", 0)!;
  deepStrictEqual({ leader, isr, leaderRecoveryState }, {
    leader: 1,
    isr: [1],
    leaderRecoveryState: 1,
  });
});

Deno.test("A broker of several hands over, and stops once the others know", () => {
  const cluster = withTopic(3, 3);
  const asked = cluster.heartbeat(1, { wantShutDown: true });
  strictEqual(asked.shouldShutDown, false);
  strictEqual(cluster.leaders("x").includes(1), false);
  strictEqual(cluster.heartbeat(1, { wantShutDown: true }).shouldShutDown, false);
  cluster.heartbeat(2);
  cluster.heartbeat(3);
  strictEqual(cluster.heartbeat(1, { wantShutDown: true }).shouldShutDown, true);
});

Deno.test("Partitions that Apache Kafka left to its eligible replicas are led again", () => {
  const records = recordsOfFile(LOG).map(({ record }) => record);
  const { image } = MetadataImage.empty.apply(records, { offset: 120, epoch: 1 });
  const cluster = new TestCluster();
  cluster.controller.reset(image, 0);
  cluster.nextOffset = 121;
  const logDirs = image.brokers.get(1)!.logDirs;
  strictEqual(
    errorName(
      cluster.register(1, { logDirs, incarnationId: uuidOf("second", 1) }).errorCode,
    ),
    "NONE",
  );
  cluster.heartbeat(1);
  const { leader, isr, leaderEpoch, eligibleLeaderReplicas } = cluster.image.partition(
    "orders",
    0,
  )!;
  deepStrictEqual({ leader, isr, leaderEpoch, eligibleLeaderReplicas }, {
    leader: 1,
    isr: [1],
    leaderEpoch: 2,
    eligibleLeaderReplicas: [],
  });
});

Deno.test("A heartbeat of another epoch is stale", () => {
  const cluster = TestCluster.withBrokers([null]);
  strictEqual(errorName(cluster.heartbeat(1, { brokerEpoch: 1 }).errorCode), "STALE_BROKER_EPOCH");
  strictEqual(errorName(cluster.heartbeat(7).errorCode), "STALE_BROKER_EPOCH");
});

Deno.test("Producer ids go out in blocks of 1000, to registered brokers", () => {
  const cluster = TestCluster.withBrokers([null]);
  const { brokerEpoch } = cluster.image.brokers.get(1)!;
  const allocate = (epoch: number) =>
    cluster.commit(
      cluster.controller.allocateProducerIds(
        of(AllocateProducerIdsRequest, { brokerId: 1, brokerEpoch: epoch }),
      ),
    );
  deepStrictEqual([0, 1].map(() => allocate(brokerEpoch).producerIdStart), [0, 1000]);
  deepStrictEqual(errorName(allocate(99).errorCode), "STALE_BROKER_EPOCH");
  strictEqual(cluster.image.nextProducerId, 2000);
});

Deno.test("A controller makes itself known", () => {
  const cluster = new TestCluster();
  const request = {
    controllerId: 1,
    incarnationId: uuidOf("c", 1),
    listeners: [{ name: "CONTROLLER", host: "h", port: 9093 }],
    features: SUPPORTED_FEATURES,
  };
  strictEqual(
    cluster.commit(
      cluster.controller.registerController(of(ControllerRegistrationRequest, request)),
    ).errorCode,
    0,
  );
  deepStrictEqual(cluster.image.controllers.get(1)!.endPoints[0], {
    name: "CONTROLLER",
    host: "h",
    port: 9093,
    securityProtocol: 0,
  });
  const old = {
    ...request,
    features: [{ name: "metadata.version", minSupportedVersion: 7, maxSupportedVersion: 10 }],
  };
  strictEqual(
    errorName(
      cluster.controller.registerController(of(ControllerRegistrationRequest, old)).response
        .errorCode,
    ),
    "UNSUPPORTED_VERSION",
  );
});
