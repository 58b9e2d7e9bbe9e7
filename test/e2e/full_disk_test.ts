/**
 * The real program on a real disk that fills up: what fits is taken and what does not is refused,
 * everything acknowledged is read and goes on being there, groups stay together, nothing has to be
 * started again, and it can be killed and started while the disk is full.
 */
import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import { Kafka, logLevel } from "kafkajs";
import { TemporaryFolder } from "../kit/folders.ts";
import { canMount, MOUNTS, SmallDisk } from "../kit/mounts.ts";
import { FAULTS, hasProgram, linesOf, pause, type Program, runProgram } from "../kit/programs.ts";
import { committedOffset, createTopic, deleteTopic, produce, readAll } from "../kit/raw_topics.ts";
import { testWith } from "../kit/skip.ts";
import { HUNG_UP, RawClient } from "../kit/wire.ts";

const NEEDS = { needs: MOUNTS, available: canMount() };
const STORAGE_ERROR = 56, NOT_COORDINATOR = 16;
const RESERVE = /\.reserve/;

/** Produces to a topic and keeps a ledger of what was acknowledged. */
class Ledger {
  readonly acked: string[] = [];
  #count = 0;

  constructor(readonly topic: string, readonly partition = 0) {}

  async produce(client: RawClient, bytes: number): Promise<number> {
    const value = `${this.#count++} ${"v".repeat(bytes)}`;
    const answer = await produce(client, this, [value]);
    if (answer === HUNG_UP) throw new Error("hung up");
    if (answer.errorCode === 0) this.acked.push(value);
    return answer.errorCode;
  }

  /** Until records are refused, large ones first and then the smallest. */
  async fill(client: RawClient): Promise<void> {
    for (const bytes of [90_000, 8000, 100]) {
      let code = 0;
      for (let i = 0; i < 2000 && code === 0; i++) code = await this.produce(client, bytes);
      strictEqual(code, STORAGE_ERROR);
    }
  }

  async untilTaken(client: RawClient, bytes = 100): Promise<void> {
    for (let i = 0; i < 200; i++) {
      if (await this.produce(client, bytes) === 0) return;
      await pause(50);
    }
    throw new Error(`${this.topic} takes no records`);
  }

  async check(client: RawClient): Promise<void> {
    const stored = await readAll(client, this);
    deepStrictEqual(stored.map(({ value }) => value.slice(0, 9)), this.acked.map(begin));
    deepStrictEqual(
      stored.map(({ value }) => value.length),
      this.acked.map(({ length }) => length),
    );
  }
}
const begin = (value: string) => value.slice(0, 9);

async function alterTopic(client: RawClient, name: string, configs: Record<string, string>) {
  const response = await client.ask("IncrementalAlterConfigs", 1, {
    resources: [{
      resourceType: 2,
      resourceName: name,
      configs: Object.entries(configs).map(([name, value]) => ({
        name,
        configOperation: 0,
        value,
      })),
    }],
    validateOnly: false,
  });
  return response.responses[0].errorCode;
}

const told = (program: Program, times: { full: number; room: number }) => {
  strictEqual(linesOf(program, /log directory is full/).length, times.full, program.printed);
  strictEqual(linesOf(program, /log directory has room again/).length, times.room, program.printed);
};

testWith(
  NEEDS,
  "A full disk refuses what does not fit, and takes it once topics, records or other files are gone",
  async () => {
    using folder = new TemporaryFolder();
    await using disk = await SmallDisk.mount(`${folder.path}/disk`, "16m");
    const args = [
      "--set",
      "log.retention.check.interval.ms=500",
      "--set",
      "log.initial.task.delay.ms=500",
    ];
    let { program, port } = await disk.startStreamer({ args });
    await using _ = { [Symbol.asyncDispose]: () => program.stop().then(() => {}) };
    const full = new Ledger("full"), old = new Ledger("old");
    {
      using client = await RawClient.connect(port);
      for (const name of ["full", "old", "spare"]) strictEqual(await createTopic(client, name), 0);
      for (let i = 0; i < 10; i++) strictEqual(await old.produce(client, 90_000), 0);
      const spare = new Ledger("spare");
      for (let i = 0; i < 10; i++) strictEqual(await spare.produce(client, 90_000), 0);

      await full.fill(client);
      await full.check(client);
      told(program, { full: 1, room: 0 });
      match(
        program.printed,
        /is full.*freeBytes=\d+.*No space left on device.*no restart is needed/,
      );

      const answer = await client.ask("CreateTopics", 7, {
        topics: [{ name: "late", numPartitions: 1, replicationFactor: 1 }],
        timeoutMs: 5000,
      });
      strictEqual(answer.topics[0].errorCode, STORAGE_ERROR);
      match(answer.topics[0].errorMessage, /Delete topics or records, or enlarge the disk/);

      // A topic that is deleted makes room at once, though the reserve is needed to say so.
      strictEqual(await deleteTopic(client, "spare"), 0);
      await full.untilTaken(client, 90_000);
      await program.untilPrinted(/has room again/);

      // So do records that are too old: their log goes on, empty.
      await full.fill(client);
      strictEqual(await alterTopic(client, "old", { "retention.ms": "1" }), 0);
      await full.untilTaken(client, 90_000);
      await program.untilPrinted(/has room again[^]*has room again/);
      deepStrictEqual(await readAll(client, { topic: "old", from: 10 }), []);
      strictEqual(await old.produce(client, 100), 0);
      strictEqual(await deleteTopic(client, "old"), 0);
      strictEqual(await createTopic(client, "late"), 0);

      // So does a file that is none of ours.
      await disk.fill("ballast");
      await full.fill(client);
      await disk.remove("ballast");
      await full.untilTaken(client, 90_000);
      await program.untilPrinted(/(has room again[^]*){3}/);
      await disk.fill("ballast");
      await full.fill(client);
      await full.check(client);
      deepStrictEqual(linesOf(program, FAULTS), []);
      strictEqual(linesOf(program, / error /).length, 4, program.printed);
    }
    for (const end of ["SIGKILL", "SIGTERM"] as const) {
      program.kill(end);
      strictEqual(await program.exited, end === "SIGKILL" ? 137 : 0, program.printed);
      ({ program } = await disk.startStreamer({ port, args }));
      using client = await RawClient.connect(port);
      await full.check(client);
      await full.fill(client);
      await full.check(client);
    }
    await disk.remove("ballast");
    {
      using client = await RawClient.connect(port);
      await full.untilTaken(client, 90_000);
      await full.check(client);
    }
    match(await disk.run("ls", "-la", `${disk.path}/data`), RESERVE);
    strictEqual(await program.stop(), 0);
    deepStrictEqual(linesOf(program, FAULTS), []);
  },
);

testWith(
  NEEDS,
  "A group goes on reading on a full disk, commits again when there is room, and loses nothing",
  async () => {
    using folder = new TemporaryFolder();
    await using disk = await SmallDisk.mount(`${folder.path}/disk`, "12m");
    const args = ["--set", "offsets.topic.num.partitions=1"];
    const { program, port } = await disk.startStreamer({ args });
    await using _ = program;
    using client = await RawClient.connect(port);
    const full = new Ledger("full");
    strictEqual(await createTopic(client, "full"), 0);
    strictEqual(await full.produce(client, 10), 0);

    const kafka = new Kafka({
      brokers: [`127.0.0.1:${port}`],
      logLevel: logLevel.NOTHING,
      retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 100 },
    });
    const consumer = kafka.consumer({ groupId: "readers", heartbeatInterval: 100 });
    const seen = new Set<string>();
    await consumer.connect();
    await consumer.subscribe({ topic: "full", fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachMessage: ({ message: { offset, value } }) => {
        seen.add(`${offset} ${value}`);
        return Promise.resolve();
      },
    });
    const untilSeen = async () => {
      for (let i = 0; i < 200 && seen.size < full.acked.length; i++) await pause(50);
      deepStrictEqual([...seen], full.acked.map((value, offset) => `${offset} ${value}`));
    };
    await untilSeen();
    await disk.fill("ballast");
    await full.fill(client);
    await untilSeen();

    // The group is as it was; what it commits is refused until there is room.
    const commit = () =>
      client.ask("OffsetCommit", 8, {
        groupId: "simple",
        generationIdOrMemberEpoch: -1,
        memberId: "",
        topics: [{ name: "full", partitions: [{ partitionIndex: 0, committedOffset: 1 }] }],
      });
    let code = 0;
    for (let i = 0; i < 500 && code === 0; i++) {
      code = (await commit()).topics[0].partitions[0].errorCode;
    }
    strictEqual(code, NOT_COORDINATOR);
    const { groups: [group] } = await client.ask("DescribeGroups", 5, { groups: ["readers"] });
    strictEqual(`${group.groupState} ${group.members.length}`, "Stable 1");

    await disk.remove("ballast");
    await full.untilTaken(client);
    await untilSeen();
    await consumer.commitOffsets([{ topic: "full", partition: 0, offset: `${seen.size}` }]);
    await consumer.disconnect();
    strictEqual(await committedOffset(client, { group: "readers", topic: "full" }), seen.size);
    told(program, { full: 1, room: 1 });
    deepStrictEqual(linesOf(program, FAULTS), []);
    strictEqual(await program.stop(), 0);
  },
);

testWith(
  { needs: "kcat", available: NEEDS.available && hasProgram("kcat") },
  "Of two log directories the one that is full refuses alone, and new topics go to the other",
  async () => {
    using folder = new TemporaryFolder();
    await using disk = await SmallDisk.mount(`${folder.path}/small`, "4m");
    const data = `${folder.path}/large,${disk.path}`;
    const { program, port } = await disk.startStreamer({ data });
    await using _ = program;
    using client = await RawClient.connect(port);
    strictEqual(await createTopic(client, "pair", { partitions: 2 }), 0);
    const held = (await disk.run("ls", disk.path)).includes("pair-0") ? 0 : 1;
    const full = new Ledger("pair", held), other = new Ledger("pair", 1 - held);
    await full.fill(client);
    for (let i = 0; i < 20; i++) strictEqual(await other.produce(client, 90_000), 0);
    for (const name of ["a", "b", "c"]) strictEqual(await createTopic(client, name), 0);
    strictEqual((await disk.run("ls", disk.path)).match(/^[abc]-0$/m), null);

    // librdkafka tries again until there is room; what it was told is delivered is there once.
    const input = Array.from({ length: 50 }, (_, i) => `k${i} ${"x".repeat(1000)}`).join("\n");
    const options = ["-X", "enable.idempotence=true", "-X", "message.timeout.ms=30000"];
    const sending = runProgram(
      "kcat",
      ["-b", `127.0.0.1:${port}`, "-P", "-t", "pair", "-p", `${held}`, ...options],
      { input, mayFail: true },
    );
    await pause(500);
    await disk.resize("16m");
    await program.untilPrinted(/has room again/);
    const { code, printed } = await sending;
    strictEqual(code, 0, printed);
    const stored = await readAll(client, full);
    deepStrictEqual(stored.slice(full.acked.length).map(({ value }) => value), input.split("\n"));
    deepStrictEqual(stored.slice(0, full.acked.length).map(({ value }) => value), full.acked);
    await other.check(client);
    told(program, { full: 1, room: 1 });
    strictEqual(await program.stop(), 0);
  },
);

testWith(
  NEEDS,
  "A start without room says what to do, and a node whose only directory is lost why it ends",
  async () => {
    using folder = new TemporaryFolder();
    await using disk = await SmallDisk.mount(`${folder.path}/disk`, "8m");
    const isRefused = async () => {
      await disk.fill("ballast");
      await rejects(
        () => disk.startStreamer(),
        /ended with 1[^]*No space left on device[^]*Nothing is lost. Free some room/,
      );
      await disk.remove("ballast");
    };
    await isRefused(); // a new directory
    const ledger = new Ledger("orders");
    {
      const { program, port } = await disk.startStreamer();
      await using _ = program;
      using client = await RawClient.connect(port);
      strictEqual(await createTopic(client, "orders"), 0);
      strictEqual(await ledger.produce(client, 100), 0);
      program.kill("SIGKILL"); // a clean stop leaves a file that makes room for what a start writes
      strictEqual(await program.exited, 137);
    }
    await disk.remove("data/.reserve");
    await isRefused();
    const { program, port } = await disk.startStreamer({
      args: ["--set", "log.segment.bytes=1048576"],
    });
    await using _ = program;
    using client = await RawClient.connect(port);
    await ledger.check(client);
    await disk.remove("data/orders-0");
    for (let i = 0, code = 0; i < 20 && code === 0; i++) {
      code = await ledger.produce(
        client,
        90_000,
      );
    }
    strictEqual(await program.exited, 1);
    match(
      program.printed,
      /^Cannot go on without .*data, the log directory with the metadata: .*$/m,
    );
    match(program.printed, /mend or replace it, and start again/);
    deepStrictEqual(linesOf(program, FAULTS), []);
  },
);
