/**
 * Groups while a log directory fails that their partition of `__consumer_offsets` is not in, and
 * those whose partition was in it: a whole node on a disk in memory, met by kafkajs.
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { type Consumer, Kafka, logLevel } from "kafkajs";
import { noLog } from "../../src/base/mod.ts";
import { javaStringHash } from "../../src/bytes/mod.ts";
import { BrokerConfig } from "../../src/config/mod.ts";
import { startNode } from "../../src/node/mod.ts";
import { denoPlatform } from "../../src/platform/deno/mod.ts";
import { MemoryDisk } from "../../src/platform/memory/mod.ts";
import { moveTo } from "../conformance/places.ts";
import { batch, Side } from "../conformance/side.ts";

const PATHS = ["/one", "/two"];
const STORAGE_ERROR = 56, NOT_COORDINATOR = 16, COORDINATOR_NOT_AVAILABLE = 15;

/** A group whose offsets lie in this partition of two. */
function groupIn(partition: number): string {
  for (let i = 0;; i++) {
    if (Math.abs(javaStringHash(`group-${i}`)) % 2 === partition) return `group-${i}`;
  }
}
const KEPT = groupIn(0), LOST = groupIn(1);

class World {
  readonly platform = denoPlatform();
  readonly disk = new MemoryDisk({ clock: this.platform.clock });
  readonly #open: AsyncDisposable[] = [];
  side!: Side;
  kafka!: Kafka;

  async start(): Promise<void> {
    const settings = {
      listeners: "PLAINTEXT://127.0.0.1:0",
      "group.initial.rebalance.delay.ms": "0",
      "offsets.topic.num.partitions": "2",
    };
    const node = await startNode({
      config: BrokerConfig.from(new Map(Object.entries(settings))),
      dataFolders: PATHS,
      platform: { ...this.platform, disk: this.disk },
      log: noLog,
    });
    const [{ port }] = node.addresses;
    this.side = new Side({ port, place: { folder: "/", logDirs: PATHS, restart: async () => {} } });
    this.kafka = new Kafka({
      brokers: [`127.0.0.1:${port}`],
      logLevel: logLevel.NOTHING,
      retry: { initialRetryTime: 20, retries: 3 },
    });
    const { side } = this;
    this.#open.push({
      async [Symbol.asyncDispose]() {
        await side.hangUp();
        await node.close();
      },
    });
  }

  /** Reads orders in a group; commits what it has read. */
  async consume(groupId: string): Promise<{ consumer: Consumer; values: string[] }> {
    const consumer = this.kafka.consumer({
      groupId,
      heartbeatInterval: 100,
      maxWaitTimeInMs: 50,
      rebalanceTimeout: 500,
    });
    const values: string[] = [];
    await consumer.connect();
    await consumer.subscribe({ topic: "orders", fromBeginning: true });
    await consumer.run({
      autoCommitThreshold: 1,
      eachMessage: ({ message }) => {
        values.push(`${message.value}`);
        return Promise.resolve();
      },
    });
    this.#open.push({ [Symbol.asyncDispose]: () => consumer.disconnect() });
    return { consumer, values };
  }

  async committed(groupId: string) {
    const groups = [{ groupId, topics: [{ name: "orders", partitionIndexes: [0] }] }];
    const { groups: [{ errorCode, topics }] } = await this.side.ask("OffsetFetch", 8, { groups });
    return errorCode || topics[0].partitions[0].committedOffset;
  }

  async stop(): Promise<void> {
    for (const each of this.#open.splice(0).reverse()) await each[Symbol.asyncDispose]();
  }
}

Deno.test(
  "A group goes on while another directory fails, and one whose own fails comes back with it",
  { sanitizeOps: false, sanitizeResources: false }, // kafkajs leaves timers behind
  async () => {
    const world = new World();
    await world.start();
    const { disk, side } = world;
    // kafkajs stumbles when it is assigned nothing, so there is a partition for each of two.
    await side.topics({ orders: { partitions: 2 }, failing: {} });
    const keys = { keyType: 0, coordinatorKeys: [KEPT, LOST] };
    await side.ask("FindCoordinator", 4, keys);
    await side.untilLed(["__consumer_offsets"]);
    await moveTo(side, "__consumer_offsets", [0, 1]);
    await moveTo(side, "orders", [0, 0]);
    await moveTo(side, "failing", [1]);

    const first = await world.consume(KEPT);
    const other = await world.consume(LOST);
    await side.append("orders", 0, batch(["a"]));
    await side.until(async () =>
      await world.committed(KEPT) === 1 && await world.committed(LOST) === 1
    );

    disk.onOperation = (_, path) => path.startsWith("/two") ? "the device is gone" : undefined;
    const topicData = [{ name: "failing", partitionData: [{ index: 0, records: batch(["x"]) }] }];
    const { responses } = await side.ask("Produce", 9, { acks: -1, timeoutMs: 1000, topicData });
    strictEqual(responses[0].partitionResponses[0].errorCode, STORAGE_ERROR);

    // Its members go on, and others join them.
    await side.append("orders", 0, batch(["b"]));
    await side.until(async () => await world.committed(KEPT) === 2);
    const second = await world.consume(KEPT);
    await side.append("orders", 0, batch(["c"]));
    await side.until(async () => await world.committed(KEPT) === 3);
    const membersOf = async () => {
      const { groups: [group] } = await side.ask("DescribeGroups", 5, { groups: [KEPT] });
      return `${group.groupState} ${group.members.length}`;
    };
    await side.until(async () => await membersOf() === "Stable 2");
    await first.consumer.disconnect();
    await side.append("orders", 0, batch(["d"]));
    await side.until(async () => await world.committed(KEPT) === 4);
    deepStrictEqual([...first.values, ...second.values].sort(), ["a", "b", "c", "d"]);

    // Of the others nobody hears that they have never been.
    strictEqual(await world.committed(LOST), NOT_COORDINATOR);
    const { coordinators } = await side.ask("FindCoordinator", 4, keys);
    deepStrictEqual(
      coordinators.map(({ errorCode }: any) => errorCode),
      [0, COORDINATOR_NOT_AVAILABLE],
    );
    ok(other.values.includes("a"));
    await world.stop();

    disk.onOperation = undefined;
    await world.start();
    await world.side.until(async () => await world.committed(LOST) >= 1);
    const again = await world.consume(LOST);
    await world.side.until(async () => await world.committed(LOST) === 4);
    deepStrictEqual(again.values, ["b", "c", "d"]);
    strictEqual(await world.committed(KEPT), 4);
    await world.stop();
  },
);
