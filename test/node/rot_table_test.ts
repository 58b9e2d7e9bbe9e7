/**
 * A bit changes in any file of a node's data folder while it is stopped: the node starts and answers
 * as before, or refuses the records that are hurt, or does not start and names the file. It never
 * answers anything else. `STREAMER_ROT_STEP=1` changes every byte; the others are that far apart.
 */
import { deepStrictEqual, ok } from "node:assert/strict";
import { BrokerConfig } from "../../src/config/mod.ts";
import { type Node, startNode } from "../../src/node/mod.ts";
import { denoPlatform } from "../../src/platform/deno/mod.ts";
import { MemoryDisk, SeededRandom } from "../../src/platform/memory/mod.ts";
import { commitOffset, createTopic, produce, readAll } from "../kit/raw_topics.ts";
import { RawClient } from "../kit/wire.ts";

const STEP = Number(Deno.env.get("STREAMER_ROT_STEP") ?? 0);
/** Places in each file. */
const PLACES = 6;

interface Line {
  readonly level: string;
  readonly text: string;
}

async function start(disk: MemoryDisk, lines: Line[] = []): Promise<Node> {
  return await startNode({
    config: BrokerConfig.from(
      new Map([
        ["listeners", "PLAINTEXT://127.0.0.1:0"],
        ["offsets.topic.num.partitions", "1"],
      ]),
    ),
    dataFolders: ["/data"],
    platform: { ...denoPlatform(), disk },
    log: (level, event, fields = {}) =>
      void lines.push({ level, text: `${event} ${JSON.stringify(fields)}` }),
  });
}

async function filled({ isClean }: { isClean: boolean }): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  const node = await start(disk);
  using client = await RawClient.connect(node.addresses[0].port);
  await createTopic(client, "orders", { partitions: 2 });
  for (let i = 0; i < 5; i++) await produce(client, { topic: "orders" }, [`${i}`]);
  await commitOffset(client, { group: "g", topic: "orders", offset: 3 });
  await node.close();
  if (!isClean) disk.remove("/data/.kafka_cleanshutdown");
  return disk;
}

function filesOf(disk: MemoryDisk, folder = "/data"): string[] {
  return disk.list(folder).flatMap(({ name, isDirectory }) => {
    const path = `${folder}/${name}`;
    return isDirectory ? filesOf(disk, path) : [path];
  }).filter((path) => !/\.(lock|reserve)$/.test(path));
}

interface Answers {
  readonly values: readonly string[] | "CORRUPT_MESSAGE";
  readonly committed: number | "refused";
}

async function answersOf(node: Node): Promise<Answers> {
  using client = await RawClient.connect(node.addresses[0].port);
  const values = await readAll(client, { topic: "orders" }).then(
    (records) => records.map(({ value }) => value),
    (error: Error) => {
      ok(/: 2$/.test(error.message), error.message);
      return "CORRUPT_MESSAGE" as const;
    },
  );
  return { values, committed: await committedIn(client) };
}

/** Asks for a while, since the group may be on its way. */
async function committedIn(client: RawClient): Promise<number | "refused"> {
  const topics = [{ name: "orders", partitionIndexes: [0] }];
  for (let i = 0; i < 20; i++) {
    const { errorCode, topics: found } = await client.ask("OffsetFetch", 7, {
      groupId: "g",
      topics,
    });
    const [partition] = found[0]?.partitions ?? [];
    if (errorCode === 0 && partition?.errorCode === 0) return partition.committedOffset;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return "refused";
}

function placesIn(bytes: Uint8Array, random: SeededRandom): number[] {
  if (STEP === 0) return Array.from({ length: PLACES }, () => random.int(bytes.length));
  return Array.from({ length: Math.ceil(bytes.length / STEP) }, (_, i) => i * STEP);
}

for (const isClean of [true, false]) {
  const before = isClean ? "a stop" : "a kill";
  Deno.test(`A bit changes in any file after ${before}: the same answers, or the file's name`, async () => {
    const whole = await filled({ isClean });
    const paths = filesOf(whole);
    const first = await start(whole);
    const expected = await answersOf(first);
    await first.close();
    const random = new SeededRandom(1);
    for (const path of paths) {
      const { length } = (await filled({ isClean })).readFile(path);
      if (length === 0) continue;
      for (const position of placesIn(new Uint8Array(length), random)) {
        const disk = await filled({ isClean });
        const bit = random.int(8);
        disk.corrupt(path, position, 1 << bit);
        const what = `bit ${bit} of byte ${position} of ${path}`;
        const lines: Line[] = [];
        let node: Node;
        try {
          node = await start(disk, lines);
        } catch (error) {
          const { message } = error as Error;
          const folder = path.split("/").at(-2)!;
          ok(
            message.includes(path) || folder !== "data" && message.includes(folder),
            `${what}: ${message}`,
          );
          continue;
        }
        const answers = await answersOf(node);
        await node.close();
        const told = lines.filter(({ level }) => level !== "info").map(({ text }) => text);
        const name = path.slice(path.lastIndexOf("/") + 1);
        const isTold = told.some((line) => line.includes(name) || line.includes("torn"));
        if (!isTold) deepStrictEqual(answers, expected, what);
        const { values, committed } = answers;
        if (values !== "CORRUPT_MESSAGE") {
          deepStrictEqual(values, expected.values.slice(0, values.length), what);
        }
        ok([expected.committed, "refused", -1].includes(committed), `${what}: ${committed}`);
      }
    }
  });
}
