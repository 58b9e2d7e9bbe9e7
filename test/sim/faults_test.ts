/**
 * Devices that fail, by injection: each kind of operation, with one log directory and with two, and
 * where the metadata lies. The directory is offline from then on, clients hear KAFKA_STORAGE_ERROR,
 * nothing is tried again, and after a power cut and a start all that was acknowledged is there.
 */
import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import type { DiskOperation } from "../../src/platform/memory/mod.ts";
import { encodeBatch } from "../../src/records/mod.ts";
import { forEachSeed } from "../kit/seeds.ts";
import { SimClient } from "./client.ts";
import { type Fault, type Life, Machine } from "./life.ts";
import { tell } from "./story.ts";

const OPERATIONS: readonly DiskOperation[] = ["open", "read", "write", "sync", "name", "look"];
const KAFKA_STORAGE_ERROR = 56;
const SMALL = { "segment.ms": "1", "retention.ms": "20000", "file.delete.delay.ms": "1000" };

class Place {
  readonly lines: string[] = [];
  readonly machine: Machine;
  life!: Life;
  client!: SimClient;

  constructor(dataFolders: string[], metadataFolder: string) {
    this.machine = new Machine({
      seed: 1,
      settings: {
        "listeners": "PLAINTEXT://127.0.0.1:9092",
        "log.initial.task.delay.ms": "1000",
        "log.retention.check.interval.ms": "1000",
      },
      dataFolders,
      metadataFolder,
      say: (line) => this.lines.push(line),
    });
  }

  async start(fault?: Fault): Promise<void> {
    this.life = this.machine.begin({ fault });
    await this.life.start();
    this.client = await SimClient.connect(this.life);
  }

  /** An answer, or undefined when the node can't go on. */
  ask(...question: Parameters<SimClient["ask"]>): Promise<any> {
    return this.life.until(this.client.ask(...question));
  }

  async create(name: string, count: number): Promise<void> {
    const configs = Object.entries(SMALL).map(([name, value]) => ({ name, value }));
    const topics = [{ name, numPartitions: count, replicationFactor: 1, configs }];
    await this.ask("CreateTopics", 7, { topics, timeoutMs: 1000 });
  }

  /** The error of each partition. */
  async produce(name: string, partitions: number[], value: string): Promise<number[]> {
    const timestamp = this.life.clock.now();
    const bytes = new TextEncoder().encode(value);
    const partitionData = partitions.map((index) => ({
      index,
      records: encodeBatch([{ key: bytes, value: bytes, timestamp }]),
    }));
    const request = { acks: -1, timeoutMs: 1000, topicData: [{ name, partitionData }] };
    const answer = await this.ask("Produce", 9, { transactionalId: null, ...request });
    const responses: any[] = answer?.responses[0].partitionResponses ?? [];
    return responses.map(({ errorCode }) => errorCode);
  }

  /** The error, or how much is there, of each partition from its beginning. */
  async fetch(topic: string, partitions: number[], fetchOffset = 0): Promise<number[]> {
    const topics = [{
      topic,
      partitions: partitions.map((partition) => ({
        partition,
        fetchOffset,
        partitionMaxBytes: 1 << 20,
      })),
    }];
    const answer = await this.ask("Fetch", 11, { maxBytes: 1 << 20, topics });
    const found: any[] = answer?.responses[0].partitions ?? [];
    return found.map(({ errorCode, highWatermark }) => -errorCode || highWatermark);
  }

  async endsOf(name: string, partitions: number[]): Promise<number[]> {
    const wanted = partitions.map((partitionIndex) => ({ partitionIndex, timestamp: -1 }));
    const topics = [{ name, partitions: wanted }];
    const answer = await this.ask("ListOffsets", 7, { replicaId: -1, topics });
    return answer.topics[0].partitions.map(({ offset }: any) => offset);
  }

  /** By partition of the topic, the folder that it lies in. */
  async foldersOf(name: string, count: number): Promise<string[]> {
    const { results } = await this.ask("DescribeLogDirs", 4, { topics: null });
    return Array.from(
      { length: count },
      (_, index) =>
        results.find(({ topics }: any) =>
          topics.some((topic: any) =>
            topic.name === name &&
            topic.partitions.some(({ partitionIndex }: any) => partitionIndex === index)
          )
        ).logDir,
    );
  }
}

for (const operation of OPERATIONS) {
  for (const broken of ["/two", "/one", "/meta"]) {
    for (const folders of broken === "/two" ? [["/one", "/two"]] : [["/one"], ["/one", "/two"]]) {
      // What is there of the metadata is read at the start only: see below.
      if (broken === "/meta" && (operation === "read" || operation === "look")) continue;
      Deno.test(`${operation} fails in ${broken}, log.dirs=${folders}`, async () => {
        const place = new Place(folders, "/meta");
        await place.start();
        const all = [0, 1];
        await place.create("a", 2);
        for (const value of ["x", "y", "z"]) {
          deepStrictEqual(await place.produce("a", all, value), [0, 0]);
          await place.life.until(place.life.clock.sleep(5));
        }
        const folderOf = await place.foldersOf("a", 2);
        if (folders.length === 2) deepStrictEqual([...folderOf].sort(), folders);

        place.life.fault = { operation, folder: broken, after: 0, lasts: true };
        const { life } = place;
        // Whatever touches the disk: writing, reading what is old, retention, a new topic.
        await place.produce("a", all, "w");
        await place.fetch("a", all);
        await place.create("b", 2);
        await life.until(life.clock.sleep(60_000));
        await place.fetch("a", all);
        ok(life.isHit, "the fault was never met");
        const endsNode = broken === "/meta" || folders.length === 1;
        strictEqual(life.hasFailed, endsNode);
        if (endsNode) {
          match(place.lines.join("\n"), /error node failed error=Cannot .*: input\/output error/);
        } else {
          const isLost = folderOf.map((folder) => folder === broken);
          // The device works again, and nobody believes it.
          life.fault = undefined;
          const codes = isLost.map((lost) => lost ? KAFKA_STORAGE_ERROR : 0);
          deepStrictEqual(await place.produce("a", all, "v"), codes);
          const fetched = await place.fetch("a", all, 3);
          deepStrictEqual(fetched.map((found) => found === -KAFKA_STORAGE_ERROR), isLost);
        }
        life.end("power");

        await place.start();
        const ends = await place.endsOf("a", all);
        ok(ends.every((end) => end >= 3), `the partitions end at ${ends}`);
        deepStrictEqual(await place.produce("a", all, "u"), [0, 0]);
        ok(await place.life.stop());
      });
    }
  }
}

for (const operation of OPERATIONS) {
  for (const broken of ["/one", "/two", "/meta"]) {
    Deno.test(`${operation} fails in ${broken} at the start`, async () => {
      const place = new Place(["/one", "/two"], "/meta");
      await place.start();
      await place.create("a", 2);
      deepStrictEqual(await place.produce("a", [0, 1], "x"), [0, 0]);
      const folderOf = await place.foldersOf("a", 2);
      place.life.end("power");

      const fault = { operation, folder: broken, after: 0, lasts: true };
      if (broken === "/meta") {
        place.life = place.machine.begin({ fault });
        await rejects(() => place.life.start(), /^StorageError: Cannot .*: input\/output error$/);
      } else {
        await place.start(fault);
        const codes = folderOf.map((folder) => folder === broken ? KAFKA_STORAGE_ERROR : 0);
        deepStrictEqual(await place.produce("a", [0, 1], "y"), codes);
      }
      place.life.end("power");
      await place.start();
      const ends = await place.endsOf("a", [0, 1]);
      ok(ends.every((end) => end >= 1), `the partitions end at ${ends}`);
      ok(await place.life.stop());
    });
  }
}

Deno.test("Whatever fails whenever in whichever directory, it is told, and no promise is broken", () =>
  forEachSeed(60, async (seed) => {
    const { failure } = await tell(seed, { withFaults: true });
    if (failure !== undefined) throw failure;
  }));
