import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { InvariantError, topicId } from "../../src/base/mod.ts";
import { MetadataImage, metadataRecord as record, writtenVersion } from "../../src/metadata/mod.ts";
import {
  decodeMetadataRecord,
  encodeMetadataRecord,
  METADATA_RECORDS,
  type MetadataRecord,
} from "../../src/protocol/mod.ts";

const ORDERS = topicId("xe1BttuRRhecNZt-hJXVpg");
const UUID = "KatxgszGSnubPiAtPBt86g";
const at = { offset: 10, epoch: 1 };

const apply = (image: MetadataImage, ...records: MetadataRecord[]) => image.apply(records, at);
const imageOf = (...records: MetadataRecord[]) => apply(MetadataImage.empty, ...records).image;

const topic = record("TopicRecord", 0, { name: "orders", topicId: ORDERS });
const partition = (partitionId: number) =>
  record("PartitionRecord", 2, {
    partitionId,
    topicId: ORDERS,
    replicas: [1, 2],
    directories: [UUID, UUID],
    isr: [1, 2],
    leader: 1,
    leaderEpoch: 0,
    partitionEpoch: 0,
  });
const change = (value: object) =>
  record("PartitionChangeRecord", 2, { partitionId: 0, topicId: ORDERS, ...value });
const withTopic = imageOf(topic, partition(0), partition(1));

// name, change, what is different afterwards; all else stays.
const changes: [string, object, object][] = [
  ["an empty change counts as one", {}, {}],
  ["the ISR shrinks and the leader epoch stays", { isr: [1] }, { isr: [1] }],
  ["a new leader begins a new leader epoch", { leader: 2 }, { leader: 2, leaderEpoch: 1 }],
  ["the same leader named again does too", { leader: 1 }, { leaderEpoch: 1 }],
  ["no leader is a leader epoch as well", { leader: -1, isr: [] }, {
    leader: -1,
    isr: [],
    leaderEpoch: 1,
  }],
  ["an empty list is a list, not nothing", { addingReplicas: [] }, { addingReplicas: [] }],
  ["replicas and directories move together", { replicas: [3, 1], directories: [UUID, UUID] }, {
    replicas: [3, 1],
  }],
  ["recovery is said by its own field", { leaderRecoveryState: 1 }, { leaderRecoveryState: 1 }],
  ["eligible replicas", { eligibleLeaderReplicas: [2], lastKnownElr: [1] }, {
    eligibleLeaderReplicas: [2],
    lastKnownElr: [1],
  }],
];
for (const [name, value, different] of changes) {
  Deno.test(`PartitionChange: ${name}`, () => {
    const before = withTopic.partition("orders", 0)!;
    const { image, delta } = apply(withTopic, change(value));
    deepStrictEqual(image.partition("orders", 0), { ...before, partitionEpoch: 1, ...different });
    strictEqual(image.partition("orders", 1), withTopic.partition("orders", 1));
    strictEqual(withTopic.partition("orders", 0), before);
    deepStrictEqual(delta.topics.get(ORDERS)!.partitions, [0]);
  });
}

Deno.test("What did not change is shared with the image before", () => {
  const config = record("ConfigRecord", 0, {
    resourceType: 2,
    resourceName: "orders",
    name: "retention.ms",
    value: "1",
  });
  const { image } = apply(withTopic, config);
  strictEqual(image.topics, withTopic.topics);
  strictEqual(image.brokers, withTopic.brokers);
  strictEqual(withTopic.configsOf({ type: 2, name: "orders" }).size, 0);
});

Deno.test("A topic takes its settings along when it goes, and its name is free again", () => {
  const config = record("ConfigRecord", 0, {
    resourceType: 2,
    resourceName: "orders",
    name: "retention.ms",
    value: "1",
  });
  const { image: before } = apply(withTopic, config);
  const again = record("TopicRecord", 0, { name: "orders", topicId: UUID });
  const { image, delta } = apply(
    before,
    record("RemoveTopicRecord", 0, { topicId: ORDERS }),
    again,
  );
  strictEqual(image.topicById(ORDERS), undefined);
  strictEqual(image.topicIdOf("orders"), topicId(UUID));
  strictEqual(image.configResources().length, 0);
  const gone = delta.topics.get(ORDERS)!;
  deepStrictEqual([gone.before?.name, gone.after, gone.partitions], ["orders", undefined, [0, 1]]);
  strictEqual(delta.topics.get(topicId(UUID))!.before, undefined);
});

Deno.test("A topic that comes and goes in one batch is no change", () => {
  const { image, delta } = apply(
    MetadataImage.empty,
    topic,
    partition(0),
    record("RemoveTopicRecord", 0, { topicId: ORDERS }),
  );
  strictEqual(delta.topics.size, 0);
  strictEqual(image.topics.size, 0);
});

Deno.test("A setting is removed by null, and a resource by its last setting", () => {
  const set = (value: string | null) =>
    record("ConfigRecord", 0, {
      resourceType: 4,
      resourceName: "",
      name: "log.cleaner.threads",
      value,
    });
  const { image } = apply(MetadataImage.empty, set("2"));
  strictEqual(image.configsOf({ type: 4, name: "" }).get("log.cleaner.threads"), "2");
  const { image: removed, delta } = apply(image, set(null));
  strictEqual(removed.configResources().length, 0);
  deepStrictEqual(delta.configs, [{ type: 4, name: "" }]);
});

const registered = record("RegisterBrokerRecord", 4, {
  brokerId: 1,
  brokerEpoch: 7,
  incarnationId: UUID,
  fenced: true,
  logDirs: [UUID],
});
const brokerChanges: [string, MetadataRecord, object][] = [
  [
    "unfenced by -1",
    record("BrokerRegistrationChangeRecord", 0, { brokerId: 1, brokerEpoch: 7, fenced: -1 }),
    { fenced: false },
  ],
  [
    "left as it is by 0",
    record("BrokerRegistrationChangeRecord", 1, {
      brokerId: 1,
      brokerEpoch: 7,
      inControlledShutdown: 1,
    }),
    { inControlledShutdown: true },
  ],
  [
    "given directories",
    record("BrokerRegistrationChangeRecord", 2, { brokerId: 1, brokerEpoch: 7, logDirs: [ORDERS] }),
    { logDirs: [ORDERS] },
  ],
  [
    "given cordoned directories",
    record("BrokerRegistrationChangeRecord", 3, {
      brokerId: 1,
      brokerEpoch: 7,
      cordonedLogDirs: [UUID],
    }),
    { cordonedLogDirs: [UUID] },
  ],
  ["unfenced by the record of old", record("UnfenceBrokerRecord", 0, { id: 1, epoch: 7 }), {
    fenced: false,
  }],
];
for (const [name, value, different] of brokerChanges) {
  Deno.test(`A broker is ${name}`, () => {
    const before = imageOf(registered);
    const { image, delta } = apply(before, value);
    deepStrictEqual(image.brokers.get(1), { ...before.brokers.get(1), ...different });
    ok(delta.brokers.has(1));
  });
}

const contradictions: [string, MetadataRecord[]][] = [
  ["a change to a partition that is not there", [topic, change({ leader: 1 })]],
  ["a partition of no topic", [partition(0)]],
  ["a topic created twice", [topic, topic]],
  ["a topic removed that is not there", [record("RemoveTopicRecord", 0, { topicId: ORDERS })]],
  ["a change to another incarnation of a broker", [
    registered,
    record("UnfenceBrokerRecord", 0, { id: 1, epoch: 6 }),
  ]],
  ["a transaction within a transaction", [
    record("BeginTransactionRecord", 0, {}),
    record("BeginTransactionRecord", 0, {}),
  ]],
  ["an end without a beginning", [record("EndTransactionRecord", 0, {})]],
];
for (const [name, records] of contradictions) {
  Deno.test(`Replay stops at ${name}`, () => {
    throws(() => imageOf(...records), InvariantError);
  });
}

Deno.test("Records of a metadata transaction count when it ends, also when that is batches later", () => {
  const open = imageOf(record("BeginTransactionRecord", 0, { name: "x" }), topic);
  strictEqual(open.topics.size, 0);
  const more = apply(open, partition(0)).image;
  strictEqual(open.parts.openTransaction!.length, 1);
  strictEqual(
    apply(more, record("EndTransactionRecord", 0, {})).image.topicByName("orders")!.partitions
      .length,
    1,
  );
  strictEqual(apply(more, record("AbortTransactionRecord", 0, {})).image.topics.size, 0);
});

Deno.test("Eligible replicas are forgotten by topic or for all, and the partition epoch stays", () => {
  const before = apply(withTopic, change({ eligibleLeaderReplicas: [2], lastKnownElr: [1] })).image;
  for (const [name, left] of [["orders", 0], ["", 0], ["other", 1]] as const) {
    const { image } = apply(before, record("ClearElrRecord", 0, { topicName: name }));
    const after = image.partition("orders", 0)!;
    strictEqual(after.eligibleLeaderReplicas.length, left);
    strictEqual(after.partitionEpoch, 1);
  }
});

Deno.test("A quota of an entity is one, in whatever order its parts are named", () => {
  const quota = (parts: [string, string | null][], value: number, remove = false) =>
    record("ClientQuotaRecord", 0, {
      entity: parts.map(([entityType, entityName]) => ({ entityType, entityName })),
      key: "producer_byte_rate",
      value,
      remove,
    });
  const { image } = apply(
    MetadataImage.empty,
    quota([["user", "a"], ["client-id", null]], 1),
    quota([["client-id", null], ["user", "a"]], 2),
  );
  deepStrictEqual([...image.clientQuotas.values()].map(({ limits }) => [...limits]), [[[
    "producer_byte_rate",
    2,
  ]]]);
  strictEqual(
    apply(image, quota([["user", "a"], ["client-id", null]], 0, true)).image.clientQuotas.size,
    0,
  );
});

/** One of everything. */
const everything: MetadataRecord[] = [
  record("FeatureLevelRecord", 0, { name: "metadata.version", featureLevel: 30 }),
  record("FeatureLevelRecord", 0, { name: "group.version", featureLevel: 1 }),
  registered,
  record("RegisterControllerRecord", 0, {
    controllerId: 3,
    incarnationId: UUID,
    features: [{ name: "kraft.version", maxSupportedVersion: 1 }],
  }),
  topic,
  partition(0),
  partition(1),
  record("ConfigRecord", 0, {
    resourceType: 2,
    resourceName: "orders",
    name: "segment.bytes",
    value: "1048576",
  }),
  record("ClientQuotaRecord", 0, {
    entity: [{ entityType: "user", entityName: "a" }],
    key: "request_percentage",
    value: 12.5,
  }),
  record("ProducerIdsRecord", 0, { brokerId: -1, nextProducerId: 3000 }),
  record("AccessControlEntryRecord", 0, {
    id: UUID,
    resourceType: 2,
    resourceName: "orders",
    patternType: 3,
    principal: "User:a",
    host: "*",
    operation: 3,
    permissionType: 3,
  }),
  record("UserScramCredentialRecord", 0, {
    name: "a",
    mechanism: 1,
    salt: Uint8Array.of(1),
    storedKey: Uint8Array.of(2),
    serverKey: Uint8Array.of(3),
    iterations: 4096,
  }),
  record("DelegationTokenRecord", 0, {
    owner: "User:a",
    requester: "User:a",
    renewers: ["User:b"],
    tokenId: "t",
  }),
];

Deno.test("An image of one of everything is written as those records", () => {
  deepStrictEqual(imageOf(...everything).toRecords(), everything);
});

Deno.test("What is removed is gone from the snapshot", () => {
  const { image } = apply(
    imageOf(...everything),
    record("FeatureLevelRecord", 0, { name: "group.version", featureLevel: 0 }),
    record("UnregisterBrokerRecord", 0, { brokerId: 1, brokerEpoch: 7 }),
    record("RemoveTopicRecord", 0, { topicId: ORDERS }),
    record("RemoveAccessControlEntryRecord", 0, { id: UUID }),
    record("RemoveUserScramCredentialRecord", 0, { name: "a", mechanism: 1 }),
    record("RemoveDelegationTokenRecord", 0, { tokenId: "t" }),
    record("NoOpRecord", 0, {}),
    record("ZkMigrationStateRecord", 0, { zkMigrationState: 2 }),
  );
  deepStrictEqual(image.toRecords().map(({ type }) => type), [
    "FeatureLevelRecord",
    "RegisterControllerRecord",
    "ClientQuotaRecord",
    "ProducerIdsRecord",
  ]);
});

for (let level = 7; level <= 30; level++) {
  Deno.test(`A snapshot at metadata.version ${level} holds only what that can say, and reads back`, () => {
    const lower = record("FeatureLevelRecord", 0, {
      name: "metadata.version",
      featureLevel: level,
    });
    const { image } = apply(imageOf(...everything), lower, change({ eligibleLeaderReplicas: [2] }));
    const records = image.toRecords();
    for (const written of records) {
      strictEqual(written.version, writtenVersion(written.type, level));
      deepStrictEqual(decodeMetadataRecord(encodeMetadataRecord(written)), written);
    }
    deepStrictEqual(imageOf(...records).toRecords(), records);
  });
}

Deno.test("Every type of record is taken in, in every version", () => {
  strictEqual(Object.keys(METADATA_RECORDS).length, 26);
  const before = imageOf(record("BeginTransactionRecord", 0, {}));
  for (const message of Object.values(METADATA_RECORDS)) {
    for (let version = message.versions[0]; version <= message.versions[1]; version++) {
      if (/^(Begin|End|Abort)Transaction/.test(message.name)) continue;
      const empty = record(message.name as MetadataRecord["type"], version, {} as never);
      deepStrictEqual(decodeMetadataRecord(encodeMetadataRecord(empty)), empty);
      strictEqual(apply(before, empty).image.parts.openTransaction!.length, 1);
    }
  }
});
