/**
 * A whole node whose disk fills up at any operation that takes room: every request is done or
 * refused, nothing of what is refused is there, the node goes on, and starts again with all that it
 * has acknowledged.
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { noLog } from "../../src/base/mod.ts";
import { BrokerConfig } from "../../src/config/mod.ts";
import { type Node, startNode } from "../../src/node/mod.ts";
import { denoPlatform } from "../../src/platform/deno/mod.ts";
import { MemoryDisk } from "../../src/platform/memory/mod.ts";
import { committedOffset, produce, readAll } from "../kit/raw_topics.ts";
import { HUNG_UP, RawClient } from "../kit/wire.ts";

const STORAGE_ERROR = 56, NOT_COORDINATOR = 16, NOT_AVAILABLE = 15;

class World {
  readonly platform = denoPlatform();
  readonly disk = new MemoryDisk({ clock: this.platform.clock });
  node!: Node;
  client!: RawClient;
  failure: Error | undefined;

  async start(settings: Record<string, string> = {}): Promise<void> {
    const all = {
      listeners: "PLAINTEXT://127.0.0.1:0",
      "log.dir.reserve.bytes": "0",
      "offsets.topic.num.partitions": "1",
      "group.initial.rebalance.delay.ms": "0",
      ...settings,
    };
    this.node = await startNode({
      config: BrokerConfig.from(new Map(Object.entries(all))),
      dataFolders: ["/data"],
      platform: { ...this.platform, disk: this.disk },
      log: noLog,
    });
    void this.node.failed.then((error) => this.failure = error);
    this.client = await RawClient.connect(this.node.addresses[0].port);
  }

  async stop(): Promise<void> {
    this.client[Symbol.dispose]();
    await this.node.close();
  }
}

/** What was acknowledged. */
class Promised {
  readonly topics = new Map<string, string[]>();
  readonly configs = new Map<string, string>();
  readonly committed = new Map<string, number>();
  refused = 0;

  /** Notes what a request has led to; a refusal has one of these codes. */
  #done(code: number, ...refusals: number[]): boolean {
    if (code === 0) return true;
    ok(refusals.includes(code), `refused with ${code}`);
    this.refused++;
    return false;
  }

  async create({ client }: World, name: string): Promise<void> {
    if (this.topics.has(name)) return; // it could not be deleted
    const topics = [{ name, numPartitions: 1, replicationFactor: 1 }];
    const { topics: [topic] } = await client.ask("CreateTopics", 7, { topics, timeoutMs: 1000 });
    if (this.#done(topic.errorCode, STORAGE_ERROR)) this.topics.set(name, []);
  }

  async delete({ client }: World, name: string): Promise<void> {
    if (!this.topics.has(name)) return;
    const asked = { topicNames: [name], timeoutMs: 1000 };
    const { responses: [{ errorCode }] } = await client.ask("DeleteTopics", 4, asked);
    if (this.#done(errorCode, STORAGE_ERROR)) this.topics.delete(name);
  }

  async produce({ client }: World, topic: string, value: string): Promise<void> {
    if (!this.topics.has(topic)) return;
    const answer = await produce(client, { topic }, [value]);
    if (answer === HUNG_UP) throw new Error("hung up");
    if (this.#done(answer.errorCode, STORAGE_ERROR)) this.topics.get(topic)!.push(value);
  }

  async alter({ client }: World, name: string, value: string): Promise<void> {
    if (!this.topics.has(name)) return;
    const configs = [{ name: "retention.ms", configOperation: 0, value }];
    const resources = [{ resourceType: 2, resourceName: name, configs }];
    const asked = { resources, validateOnly: false };
    const { responses: [{ errorCode }] } = await client.ask("IncrementalAlterConfigs", 1, asked);
    if (this.#done(errorCode, STORAGE_ERROR)) this.configs.set(name, value);
  }

  async commit({ client }: World, topic: string, offset: number): Promise<void> {
    if (!this.topics.has(topic)) return;
    const keys = { keyType: 0, coordinatorKeys: ["group"] };
    const { coordinators: [found] } = await client.ask("FindCoordinator", 4, keys);
    if (!this.#done(found.errorCode, NOT_AVAILABLE)) return;
    const { topics } = await client.ask("OffsetCommit", 8, {
      groupId: "group",
      generationIdOrMemberEpoch: -1,
      memberId: "",
      topics: [{ name: topic, partitions: [{ partitionIndex: 0, committedOffset: offset }] }],
    });
    const { errorCode } = topics[0].partitions[0];
    if (this.#done(errorCode, NOT_COORDINATOR, NOT_AVAILABLE)) this.committed.set(topic, offset);
  }

  /** @param isFull empty partitions may be made once there is room. */
  async check(world: World, { isFull = false } = {}): Promise<void> {
    const { client } = world;
    strictEqual(world.failure, undefined);
    for (const [topic, values] of this.topics) {
      if (isFull && values.length === 0) continue;
      const stored = await readAll(client, { topic });
      deepStrictEqual(stored.map(({ value }) => value), values);
    }
    const { topics } = await client.ask("Metadata", 9, { topics: null });
    deepStrictEqual(
      topics.map(({ name }: any) => name).filter((name: string) => name !== "__consumer_offsets")
        .sort(),
      [...this.topics.keys()].sort(),
    );
  }
}

async function script(world: World, promised: Promised, round: number): Promise<void> {
  const names = [`a${round}`, `b${round}`];
  for (const name of names) {
    await promised.create(world, name);
    for (let i = 0; i < 3; i++) await promised.produce(world, name, `${round} ${i}`);
  }
  await promised.alter(world, names[0], `${1_000_000 + round}`);
  await promised.commit(world, names[0], 1 + round);
  await promised.delete(world, names[1]);
  await promised.create(world, names[1]);
  await promised.produce(world, names[1], "again");
}

async function live(from: number, length: number): Promise<{ count: number; refused: number }> {
  const world = new World();
  await world.start();
  const promised = new Promised();
  await script(world, promised, 0);
  let count = 0;
  world.disk.isFull = () => {
    const at = count++;
    return at >= from && at < from + length;
  };
  await script(world, promised, 1);
  const { refused } = promised;
  await promised.check(world, { isFull: true });
  world.disk.isFull = undefined;
  await world.stop();
  await world.start();
  await promised.check(world);
  for (const [topic, offset] of promised.committed) {
    strictEqual(await committedOffset(world.client, { group: "group", topic }), offset);
  }
  await script(world, promised, 2);
  strictEqual(promised.refused, refused);
  await promised.check(world);
  await world.stop();
  return { count, refused };
}

Deno.test("A node's disk is full at every operation in turn: it does a request or refuses it, and goes on", async () => {
  const { count } = await live(Infinity, 0);
  ok(count > 30, `${count} operations take room`);
  let refused = 0;
  for (let from = 0; from < count; from++) {
    for (const length of [1, 30]) {
      try {
        refused += (await live(from, length)).refused;
      } catch (cause) {
        const where = `full from operation ${from} on for ${length}`;
        throw new Error(`${where}: ${(cause as Error).message}`, { cause });
      }
    }
  }
  ok(refused > count);
});

Deno.test("The reserve of a full disk is for the metadata and not for records, and is made again", async () => {
  const world = new World();
  const { disk } = world;
  disk.capacityBytes = 4 * 1024 * 1024;
  const reserveBytes = 64 * 1024;
  await world.start({ "log.dir.reserve.bytes": `${reserveBytes}` });
  const reserve = () => disk.stat("/data/.reserve").size;
  const promised = new Promised();
  for (const name of ["kept", "doomed"]) await promised.create(world, name);
  await promised.produce(world, "doomed", "d".repeat(1_000_000));
  for (const bytes of [100_000, 1000, 1]) {
    const { refused } = promised;
    while (promised.refused === refused) await promised.produce(world, "kept", "k".repeat(bytes));
  }
  strictEqual(reserve(), reserveBytes);
  const { refused } = promised;
  for (let i = 0; i < 50; i++) await promised.alter(world, "kept", `${1_000_000 + i}`);
  strictEqual(promised.refused, refused);
  ok(reserve() < reserveBytes);
  ok(disk.space().freeBytes > 1000);
  await promised.produce(world, "kept", "not into the reserve");
  strictEqual(promised.refused, refused + 1);
  await promised.delete(world, "doomed");
  ok(!promised.topics.has("doomed"));
  for (let i = 0; i < 100 && reserve() < reserveBytes; i++) await world.platform.clock.sleep(50);
  strictEqual(reserve(), reserveBytes);
  await promised.produce(world, "kept", "room again");
  strictEqual(promised.refused, refused + 1);
  await promised.check(world);
  await world.stop();
  await world.start({ "log.dir.reserve.bytes": `${reserveBytes}` });
  await promised.check(world);
  await world.stop();
});
