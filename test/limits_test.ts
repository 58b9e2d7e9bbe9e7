/**
 * Every limit of `config/limits.ts`, gone to: what happens there happens, and is counted. A limit
 * without a test here does not pass the type check.
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { noLog, ZERO_UUID } from "../src/base/mod.ts";
import { BrokerConfig, type Limit, type LimitName, LIMITS } from "../src/config/mod.ts";
import { GroupCoordinator } from "../src/coordinator/group/mod.ts";
import { FetchSessions } from "../src/broker/fetch_sessions.ts";
import { AutoTopics } from "../src/broker/auto_topics.ts";
import { ClientTelemetry } from "../src/broker/client_telemetry.ts";
import type { ControllerClient } from "../src/broker/mod.ts";
import { MetadataImage } from "../src/metadata/mod.ts";
import { LimitFigures, Metrics } from "../src/metrics/mod.ts";
import {
  type Answer,
  type ConnectionInfo,
  KafkaServer,
  netMetrics,
  type Request,
  type ServerLimits,
} from "../src/net/mod.ts";
import { NO_ADMISSION_LIMITS } from "../src/net/admission.ts";
import { MemoryNetwork, SeededRandom, SimulatedClock } from "../src/platform/memory/mod.ts";
import { errorName, JoinGroupRequest } from "../src/protocol/mod.ts";
import { encodeBatch, type RecordInput } from "../src/records/mod.ts";
import { full, utf8 } from "./coordinator/group/requests.ts";
import { type FiguredCluster, startFigured } from "./kit/figures.ts";
import { HUNG_UP, RawClient } from "./kit/wire.ts";
import { WireClient } from "./net/client.ts";

const hitsOf = (cluster: FiguredCluster, limit: LimitName) =>
  cluster.figure(`streamer_limit_hits_total{limit="${limit}"}`);

/** A real node with a setting, on the loopback. */
async function withNode(
  settings: Record<string, string>,
  limit: LimitName,
  go: (client: RawClient, cluster: FiguredCluster) => Promise<void>,
): Promise<void> {
  await using cluster = await startFigured(settings);
  {
    using client = await RawClient.connect(cluster.port);
    await go(client, cluster);
  }
  ok((await hitsOf(cluster, limit))! > 0, `${limit} is not counted`);
}

/** A server in memory, where time stands until it is moved, and a handler of the test's own. */
async function withServer(
  limits: Partial<ServerLimits>,
  limit: LimitName,
  handle: (request: Request) => Answer | Promise<Answer>,
  go: (place: {
    connect: () => Promise<WireClient>;
    clock: SimulatedClock;
    network: MemoryNetwork;
    server: KafkaServer;
  }) => Promise<void>,
): Promise<void> {
  const network = new MemoryNetwork();
  const clock = new SimulatedClock();
  const metrics = new Metrics();
  const { hit } = new LimitFigures(metrics);
  const server = new KafkaServer({
    network,
    clock,
    log: noLog,
    handler: { versions: () => [0, 3], handle },
    limits,
    metrics: netMetrics(metrics, hit),
  });
  const address = server.listen({ name: "PLAINTEXT", host: "127.0.0.1", port: 0 });
  await go({
    connect: async () => new WireClient(await network.dial(address)),
    clock,
    network,
    server,
  });
  const hits = metrics.samples("streamer_limit_hits_total")
    .find(({ labels }) => labels[0][1] === limit)!.value;
  ok(hits > 0, `${limit} is not counted`);
  await server.close();
}

const HEARTBEAT = 12;
/** Lets everything go on that does not wait for time. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

async function createTopic(client: RawClient, name: string, more: object = {}): Promise<string> {
  const { topics } = await client.ask("CreateTopics", 5, {
    topics: [{ name, numPartitions: 1, replicationFactor: 1, ...more }],
    timeoutMs: 1000,
  });
  return errorName(topics[0].errorCode);
}

async function produce(client: RawClient, topic: string, records: Uint8Array): Promise<string> {
  const { responses } = await client.ask("Produce", 9, {
    acks: -1,
    timeoutMs: 1000,
    topicData: [{ name: topic, partitionData: [{ index: 0, records }] }],
  });
  return errorName(responses[0].partitionResponses[0].errorCode);
}

const fetch = (client: RawClient, more: object = {}) =>
  client.ask("Fetch", 12, {
    maxWaitMs: 0,
    minBytes: 1,
    maxBytes: 1_000_000,
    sessionEpoch: -1,
    topics: [{
      topic: "orders",
      partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000_000 }],
    }],
    ...more,
  });

const batchOf = (records: RecordInput[], options: Parameters<typeof encodeBatch>[1] = {}) =>
  encodeBatch(records.map((record) => ({ timestamp: Date.now(), ...record })), options);

const value = (bytes: number) => batchOf([{ value: new Uint8Array(bytes) }]);

/** Asked as version 3, which gives an id at once. */
async function join(client: RawClient, groupId: string, metadataBytes = 10): Promise<string> {
  const { errorCode } = await client.ask("JoinGroup", 3, {
    groupId,
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 10_000,
    memberId: "",
    protocolType: "consumer",
    protocols: [{ name: "range", metadata: new Uint8Array(metadataBytes) }],
  });
  return errorName(errorCode);
}

/** The coordinator needs a moment to make its topic. */
async function joinFirst(client: RawClient, groupId: string): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    await client.ask("FindCoordinator", 3, { key: groupId, keyType: 0 });
    const error = await join(client, groupId);
    if (error === "NONE") return;
    ok(/COORDINATOR/.test(error), error);
    await settle();
  }
  throw new Error("no coordinator");
}

async function commit(client: RawClient, groupId: string, metadata: string): Promise<string> {
  const { topics } = await client.ask("OffsetCommit", 7, {
    groupId,
    generationIdOrMemberEpoch: -1,
    memberId: "",
    topics: [{
      name: "orders",
      partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: metadata }],
    }],
  });
  return errorName(topics[0].partitions[0].errorCode);
}

const topics = (client: RawClient) =>
  client.ask("Metadata", 9, { topics: [], allowAutoTopicCreation: false });

async function connectMany(port: number, count: number): Promise<RawClient[]> {
  const clients: RawClient[] = [];
  for (let i = 0; i < count; i++) clients.push(await RawClient.connect(port));
  return clients;
}

const close = (clients: RawClient[]) => {
  for (const client of clients) client[Symbol.dispose]();
};

const AT: { readonly [N in LimitName]: (limit: N) => Promise<void> } = {
  "max.connections": (limit) =>
    withNode({ [limit]: "2" }, limit, async (client, { port }) => {
      await topics(client);
      const [second, third] = await connectMany(port, 2);
      await topics(second);
      let isAnswered = false;
      const answer = topics(third).then((answered) => (isAnswered = true, answered));
      await settle();
      strictEqual(isAnswered, false);
      second[Symbol.dispose]();
      ok((await answer).brokers.length > 0);
      third[Symbol.dispose]();
    }),

  "max.connections.per.ip": (limit) =>
    withNode({ [limit]: "1" }, limit, async (client, { port }) => {
      await topics(client);
      using second = await RawClient.connect(port);
      strictEqual(await second.untilHungUp(), HUNG_UP);
    }),

  "max.connection.creation.rate": (limit) =>
    withNode({ [limit]: "1" }, limit, async (_, { port }) => {
      const more = await connectMany(port, 20);
      await topics(more[0]);
      close(more);
    }),

  "connection_creation_rate": (limit) =>
    withNode({}, limit, async (client, { port }) => {
      const entity = [{ entityType: "ip", entityName: "127.0.0.1" }];
      const entries = [{ entity, ops: [{ key: limit, value: 1, remove: false }] }];
      await client.ask("AlterClientQuotas", 1, { entries, validateOnly: false });
      const more = await connectMany(port, 20);
      strictEqual(await more.at(-1)!.untilHungUp(), HUNG_UP);
      close(more);
    }),

  "open.files": (limit) =>
    withServer({}, limit, () => "none", async ({ server, clock, network }) => {
      const listener = network.listen({ host: "127.0.0.1", port: 0 });
      const accept = listener.accept.bind(listener);
      let failures = 3;
      listener.accept = () => failures-- > 0 ? Promise.reject(new Error("EMFILE")) : accept();
      server.serve("MORE", listener);
      const client = await network.dial(listener.address);
      await settle();
      strictEqual(server.connectionCount, 0);
      for (let i = 0; i < 3; i++) await clock.advanceAndSettle(100);
      await settle();
      strictEqual(server.connectionCount, 1);
      client.close();
    }),

  "held.connections": (limit) => {
    const limits = { ...NO_ADMISSION_LIMITS, creationRateOf: () => 0.001 };
    return withServer(limits, limit, () => "none", async ({ connect, server }) => {
      const many = 2 + LIMITS[limit].fixed;
      let last: WireClient | undefined;
      for (let i = 0; i < many; i++) last = await connect();
      await last!.hungUp();
      strictEqual(server.heldCount, LIMITS[limit].fixed);
    });
  },

  "connections.max.idle.ms": (limit) =>
    withNode({ [limit]: "50" }, limit, async (client) => {
      await topics(client);
      strictEqual(await client.untilHungUp(), HUNG_UP);
    }),

  "stall.ms": (limit) =>
    withServer({}, limit, () => "none", async ({ connect, clock }) => {
      const client = await connect();
      await client.connection.write([Uint8Array.of(0, 0, 0, 9, 1)]);
      await settle();
      await clock.advanceAndSettle(2 * LIMITS[limit].fixed);
      await client.hungUp();
    }),

  "socket.request.max.bytes": (limit) =>
    withNode({ [limit]: "1000" }, limit, async (client) => {
      const body = { topics: [{ name: "x".repeat(1000) }], allowAutoTopicCreation: false };
      strictEqual(await client.ask("Metadata", 9, body), HUNG_UP);
    }),

  "queued.max.request.bytes": (limit) => {
    const answered: number[] = [];
    const handle = ({ connection }: Request): Answer => (answered.push(connection.id), () => {});
    return withServer({ maxQueuedBytes: 300_000 }, limit, handle, async ({ connect }) => {
      const [first, second] = [await connect(), await connect()];
      const frame = WireClient.frame(HEARTBEAT, 0, 1, new Uint8Array(200_000));
      await first.connection.write([frame.subarray(0, 100_000)]);
      await settle();
      const waiting = second.connection.write([frame]);
      await settle();
      deepStrictEqual(answered, []); // the first has the bytes, and keeps them until it is whole
      await first.connection.write([frame.subarray(100_000)]);
      await Promise.all([waiting, first.answer(), second.answer()]);
      deepStrictEqual(answered, [1, 2]);
    });
  },

  "queued.max.requests": (limit) =>
    withWaiting({ maxQueuedRequests: 2 }, limit, { connections: 4, each: 3, taken: 6 }),

  "pipelined.requests": (limit) => {
    const { fixed } = LIMITS[limit];
    return withWaiting({}, limit, { connections: 1, each: fixed + 1, taken: fixed });
  },

  "array.elements": (limit) =>
    withNode({}, limit, async (client) => {
      const names = Array.from({ length: LIMITS[limit].fixed + 1 }, () => "x");
      const topicNames = names.map((name) => ({ name }));
      strictEqual(
        await client.ask("DeleteTopics", 6, { topics: topicNames, timeoutMs: 1 }),
        HUNG_UP,
      );
    }),

  "queued.max.response.bytes": (limit) => {
    const rooms: number[] = [];
    const handle = (request: Request): Answer => {
      rooms.push(request.responseRoom);
      return (writer) => writer.bytes(new Uint8Array(1_000_000));
    };
    return withServer({ maxUnsentBytes: 500_000 }, limit, handle, async ({ connect }) => {
      const [silent, other] = [await connect(), await connect()];
      await silent.send(HEARTBEAT, 0);
      await settle();
      await other.send(HEARTBEAT, 0);
      await settle();
      deepStrictEqual(rooms, [500_000, 0]);
      await Promise.all([silent.answer(), other.answer()]);
    });
  },

  "fetch.max.bytes": (limit) =>
    withNode({ [limit]: "2000" }, limit, async (client) => {
      await createTopic(client, "orders");
      for (let i = 0; i < 5; i++) strictEqual(await produce(client, "orders", value(900)), "NONE");
      const { responses } = await fetch(client);
      const { length } = responses[0].partitions[0].records;
      ok(length > 0 && length <= 2000, `${length} bytes`);
    }),

  "message.max.bytes": (limit) =>
    withNode({ [limit]: "1000" }, limit, async (client) => {
      await createTopic(client, "orders");
      strictEqual(await produce(client, "orders", value(2000)), "MESSAGE_TOO_LARGE");
    }),

  "unpacked.bytes": (limit) =>
    withNode({}, limit, async (client) => {
      await createTopic(client, "orders");
      const bomb = batchOf([{ value: new Uint8Array(LIMITS[limit].fixed) }], { codec: "zstd" });
      ok(bomb.length < 100_000);
      strictEqual(await produce(client, "orders", bomb), "MESSAGE_TOO_LARGE");
    }),

  "rebuilt.parts": (limit) =>
    withNode({}, limit, async (client) => {
      await createTopic(client, "orders");
      const headers = Array.from({ length: LIMITS[limit].fixed }, () => ({ key: "", value: null }));
      const bomb = batchOf([{ offset: 1, headers }, { offset: 0 }], { lastOffset: 1 });
      strictEqual(await produce(client, "orders", bomb), "INVALID_RECORD");
      const small = batchOf([{ offset: 1 }, { offset: 0 }], { lastOffset: 1 });
      strictEqual(await produce(client, "orders", small), "NONE");
    }),

  "max.producer.ids.per.partition": (limit) =>
    withNode({ [limit]: "10" }, limit, async (client) => {
      await createTopic(client, "orders");
      for (let producerId = 1; producerId <= 11; producerId++) {
        const ours = { producerId, producerEpoch: 0, baseSequence: 0 };
        strictEqual(await produce(client, "orders", batchOf([{}], ours)), "NONE");
      }
      const { topics } = await client.ask("DescribeProducers", 0, {
        topics: [{ name: "orders", partitionIndexes: [0] }],
      });
      const ids = topics[0].partitions[0].activeProducers.map((each: any) => each.producerId);
      deepStrictEqual(ids, [3, 4, 5, 6, 7, 8, 9, 10, 11]);
    }),

  "max.incremental.fetch.session.cache.slots": (limit) =>
    withNode({ [limit]: "1" }, limit, async (client) => {
      await createTopic(client, "orders");
      ok((await fetch(client, { sessionEpoch: 0 })).sessionId > 0);
      strictEqual((await fetch(client, { sessionEpoch: 0 })).sessionId, 0);
    }),

  "fetch.session.partitions": async (limit) => {
    const hits: LimitName[] = [];
    const sessions = new FetchSessions(
      { slots: 10, maxPartitions: 2, onLimit: (name) => hits.push(name) },
      () => 1,
    );
    const wanted = [1, 2, 3].map((partition) => ({
      topic: "orders",
      topicId: "",
      partition,
      currentLeaderEpoch: -1,
      fetchOffset: 0,
      lastFetchedEpoch: -1,
      logStartOffset: -1,
      maxBytes: 1,
    }));
    const scope = sessions.open({
      sessionId: 0,
      sessionEpoch: 0,
      usesTopicIds: false,
      isFollower: false,
      wanted,
      forgotten: [],
    }, 0);
    ok(typeof scope !== "string" && scope.sessionId === 0);
    deepStrictEqual(hits, [limit]);
  },

  "group.coordinator.max.groups": (limit) =>
    withNode({ [limit]: "1" }, limit, async (client) => {
      await createTopic(client, "orders");
      await joinFirst(client, "one");
      strictEqual(await join(client, "two"), "GROUP_MAX_SIZE_REACHED");
      strictEqual(await commit(client, "three", ""), "GROUP_MAX_SIZE_REACHED");
    }),

  "group.coordinator.max.bytes": (limit) =>
    withNode({ [limit]: `${1024 * 1024}`, "offset.metadata.max.bytes": "2000000" }, limit, async (
      client,
    ) => {
      await createTopic(client, "orders");
      await joinFirst(client, "one");
      strictEqual(await join(client, "two", 1024 * 1024), "GROUP_MAX_SIZE_REACHED");
      strictEqual(await join(client, "two", 1000), "NONE");
      const long = "x".repeat(30_000);
      const errors: string[] = [];
      for (let i = 0; i < 40; i++) errors.push(await commit(client, `simple-${i}`, long));
      deepStrictEqual([errors[0], errors.at(-1)], ["NONE", "INVALID_COMMIT_OFFSET_SIZE"]);
    }),

  "group.max.size": (limit) =>
    withNode({ [limit]: "1" }, limit, async (client) => {
      await joinFirst(client, "one");
      strictEqual(await join(client, "one"), "GROUP_MAX_SIZE_REACHED");
    }),

  "group.pending.members": async (limit) => {
    let count = 0;
    const coordinator = new GroupCoordinator<number>({ newMemberId: () => `m${++count}` });
    coordinator.onLoaded(0);
    const request = full(JoinGroupRequest, {
      groupId: "one",
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 10_000,
      protocolType: "consumer",
      protocols: [{ name: "range", metadata: utf8("x") }],
    });
    const ask = () =>
      coordinator.joinGroup(request, 9, { now: 0, clientId: "c", clientHost: "/h" }, 1);
    for (let i = 0; i < LIMITS[limit].fixed; i++) deepStrictEqual(ask().limits, []);
    deepStrictEqual(ask().limits, [limit]);
  },

  "offset.metadata.max.bytes": (limit) =>
    withNode({ [limit]: "10" }, limit, async (client) => {
      await createTopic(client, "orders");
      await joinFirst(client, "one");
      strictEqual(await commit(client, "two", "x".repeat(11)), "OFFSET_METADATA_TOO_LARGE");
    }),

  "max.broker.partitions": (limit) =>
    withNode({ [limit]: "3" }, limit, async (client) => {
      strictEqual(await createTopic(client, "orders", { numPartitions: 4 }), "POLICY_VIOLATION");
      strictEqual(await createTopic(client, "orders", { numPartitions: 2 }), "NONE");
      const { results } = await client.ask("CreatePartitions", 3, {
        topics: [{ name: "orders", count: 4, assignments: null }],
        timeoutMs: 1000,
      });
      strictEqual(errorName(results[0].errorCode), "POLICY_VIOLATION");
      strictEqual(await createTopic(client, "more"), "NONE");
      strictEqual(await createTopic(client, "most"), "POLICY_VIOLATION");
    }),

  "request.partitions": (limit) =>
    withNode({}, limit, async (client) => {
      const numPartitions = LIMITS[limit].fixed + 1;
      strictEqual(await createTopic(client, "orders", { numPartitions }), "POLICY_VIOLATION");
    }),

  "auto.topics": async (limit) => {
    const hits: LimitName[] = [];
    const asked: string[] = [];
    const controller = {
      autoCreateTopics: (names: string[]) => (asked.push(...names), new Promise(() => {})),
    } as unknown as ControllerClient;
    const auto = new AutoTopics(controller, noLog, (name) => hits.push(name));
    const names = Array.from({ length: LIMITS[limit].fixed + 5 }, (_, i) => `t${i}`);
    auto.create(names, {} as never, { take() {} } as never);
    strictEqual(asked.length, LIMITS[limit].fixed);
    deepStrictEqual(hits, [limit]);
  },

  "directory.wishes": (limit) =>
    withNode({}, limit, async (client) => {
      const many = LIMITS[limit].fixed + 1;
      const { results } = await client.ask("AlterReplicaLogDirs", 2, {
        dirs: [{
          path: "/data",
          topics: [{ name: "none", partitions: Array.from({ length: many }, (_, i) => i) }],
        }],
      });
      strictEqual(results[0].partitions.length, many);
    }),

  "max.request.partition.size.limit": (limit) =>
    withNode({ [limit]: "3" }, limit, async (client) => {
      await createTopic(client, "orders", { numPartitions: 5 });
      const { topics, nextCursor } = await client.ask("DescribeTopicPartitions", 0, {
        topics: [{ name: "orders" }],
        responsePartitionLimit: 2000,
        cursor: null,
      });
      strictEqual(topics[0].partitions.length, 3);
      strictEqual(nextCursor.partitionIndex, 3);
    }),

  "telemetry.max.bytes": (limit) =>
    withNode({ [limit]: "1000" }, limit, async (client) => {
      const { clientInstanceId, subscriptionId } = await client.ask(
        "GetTelemetrySubscriptions",
        0,
        { clientInstanceId: "AAAAAAAAAAAAAAAAAAAAAA" },
      );
      const { errorCode } = await client.ask("PushTelemetry", 0, {
        clientInstanceId,
        subscriptionId,
        terminating: false,
        compressionType: 0,
        metrics: new Uint8Array(1001),
      });
      strictEqual(errorName(errorCode), "TELEMETRY_TOO_LARGE");
    }),

  "telemetry.instances": async (limit) => {
    const hits: LimitName[] = [];
    const telemetry = new ClientTelemetry(new SeededRandom(1), noLog, (name) => hits.push(name));
    const caller = {
      clientId: "c",
      connection: { id: 1, signal: new AbortController().signal } as ConnectionInfo,
      image: MetadataImage.empty,
      now: 0,
    };
    for (let i = 0; i <= LIMITS[limit].fixed; i++) telemetry.subscriptionOf(ZERO_UUID, caller);
    strictEqual(telemetry.counts.instances, LIMITS[limit].fixed);
    deepStrictEqual(hits, [limit]);
  },
};

/** Connections whose requests wait for what does not come: so many are taken in, and no more. */
function withWaiting(
  limits: Partial<ServerLimits>,
  limit: LimitName,
  { connections, each, taken }: { connections: number; each: number; taken: number },
): Promise<void> {
  const waits: (() => void)[] = [];
  const handle = (request: Request): Promise<Answer> => {
    request.release();
    return new Promise((resolve) => waits.push(() => resolve(() => {})));
  };
  return withServer(limits, limit, handle, async ({ connect }) => {
    const clients = await Promise.all(Array.from({ length: connections }, connect));
    for (const client of clients) {
      for (let i = 0; i < each; i++) await client.send(HEARTBEAT, 0);
      await settle();
    }
    strictEqual(waits.length, taken);
    for (let answered = 0; answered < connections * each;) {
      for (const resolve of waits.splice(0)) {
        resolve();
        answered++;
      }
      await settle();
    }
    for (const client of clients) for (let i = 0; i < each; i++) ok(await client.answer());
  });
}

for (const [name, { of, edge }] of Object.entries(LIMITS) as [LimitName, Limit][]) {
  Deno.test(`${name}, ${of}: ${edge}`, () => AT[name](name as never));
}

/** Limits that are a quota's, and the system's. */
const ELSEWHERE = new Set(["connection_creation_rate", "open.files"]);

Deno.test("Each limit is a setting, or says what it is", () => {
  const settings = Object.entries(LIMITS as Record<string, Limit>)
    .filter(([name, { fixed }]) => fixed === undefined && !ELSEWHERE.has(name));
  const unknown = settings.filter(([name]) => BrokerConfig.setting(name) === undefined);
  deepStrictEqual(unknown, []);
});

Deno.test("A running node shows each limit, and who came to it", async () => {
  await using cluster = await startFigured();
  for (const name of Object.keys(LIMITS) as LimitName[]) {
    strictEqual(await hitsOf(cluster, name), 0, name);
    const limit = await cluster.figure(`streamer_limit{limit="${name}"}`);
    strictEqual(limit !== undefined, name !== "connection_creation_rate", name);
  }
});
