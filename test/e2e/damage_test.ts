/**
 * The real program when what it stands on gives way: files of its folder gone or changed, a death
 * at a bad moment. It comes back with all that it acknowledged, or refuses to start
 * and names the place; it never loses in silence, and never blames itself.
 */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { CODECS } from "../../src/records/mod.ts";
import { TemporaryFolder } from "../kit/folders.ts";
import {
  FAULTS,
  freePort,
  linesOf,
  pause,
  Program,
  root,
  runProgram,
  startStreamer,
} from "../kit/programs.ts";
import {
  commitOffset,
  committedOffset,
  createTopic,
  deleteTopic,
  produce,
  readAll,
} from "../kit/raw_topics.ts";
import { HUNG_UP, RawClient } from "../kit/wire.ts";

const streamer = `${root}bin/streamer`;

Deno.test("A data folder with files gone or changed comes back whole, or is refused with the place named", async () => {
  using folder = new TemporaryFolder();
  const port = freePort();
  const whole = `${folder.path}/whole`;
  const args = ["--set", "log.segment.bytes=1048576", "--set", "log.index.interval.bytes=1024"];
  const expected = await fill(await startStreamer({ port, data: whole, args }));
  const log = "00000000000000000000";
  const flip = (at: number) => (path: string) => {
    const bytes = Deno.readFileSync(path);
    bytes[at < 0 ? bytes.length + at : at] ^= 0x10;
    Deno.writeFileSync(path, bytes);
  };
  const remove = (path: string) => Deno.removeSync(path, { recursive: true });
  const empty = (path: string) => Deno.writeFileSync(path, new Uint8Array());
  const truncate = (path: string) => Deno.truncateSync(path, 7);
  const idOf = (id: string) => (path: string) =>
    Deno.writeTextFileSync(path, `version: 0\ntopic_id: ${id}\n`);
  const same = undefined;
  const cases: [string, (path: string) => void, RegExp | undefined][] = [
    [`aa-0/${log}.index`, remove, same],
    [`aa-0/${log}.index`, flip(85), same], // a place in the middle, found out by use
    [`aa-0/${log}.timeindex`, empty, same],
    [`aa-0/leader-epoch-checkpoint`, remove, same],
    [`aa-0/partition.metadata`, remove, same],
    [`aa-0/partition.metadata`, idOf("AAAAAAAAAAAAAAAAAAAABA"), /aa-0.*partition\.metadata/],
    [`aa-0/partition.metadata`, idOf("(no id)"), same],
    [`aa-0/leader-epoch-checkpoint`, flip(0), same],
    [`replication-offset-checkpoint`, flip(0), same],
    [`replication-offset-checkpoint`, truncate, /replication-offset-checkpoint/],
    [`recovery-point-offset-checkpoint`, remove, same],
    [`meta.properties`, remove, /meta\.properties/],
    [`.kafka_cleanshutdown`, remove, same],
    [`__cluster_metadata-0`, remove, /__cluster_metadata-0 is missing/],
    [`__cluster_metadata-0/${log}.log`, flip(200), /__cluster_metadata-0/],
    [`__cluster_metadata-0/${log}.log`, flip(-3), /__cluster_metadata-0/],
    [`__cluster_metadata-0/${log}.log`, remove, /__cluster_metadata-0 knows no such topic/],
    [`__cluster_metadata-0/quorum-state`, flip(0), /quorum-state/],
    [`__cluster_metadata-0/quorum-state`, remove, same],
  ];
  for (const [file, damage, refusal] of cases) {
    const data = `${folder.path}/damaged`;
    await runProgram("cp", ["-a", whole, data]);
    damage(`${data}/${file}`);
    const what = `${file} ${damage.name}`;
    await using program = serve(port, data, args);
    if (refusal) {
      strictEqual(await program.exited, 1, `${what}: ${program.printed}`);
      match(program.printed, refusal, what);
    } else {
      await program.untilPrinted(/Ready/);
      using client = await RawClient.connect(port);
      deepStrictEqual((await readAll(client, { topic: "aa" })).map(({ value }) => value), expected);
      const middle = await readAll(client, { topic: "aa", from: 170 });
      strictEqual(middle[0].offset, 170, what);
      strictEqual(await committedOffset(client, { group: "g", topic: "aa" }), 17, what);
      strictEqual(await program.stop(), 0, `${what}: ${program.printed}`);
    }
    deepStrictEqual(linesOf(program, FAULTS), [], what);
    remove(data);
  }
});

const serve = (port: number, data: string, args: string[]) =>
  new Program(streamer, ["serve", "--listen", `127.0.0.1:${port}`, "--data", data, ...args]);

/** Two segments of records and a committed offset, and a clean stop. */
async function fill(
  { program, port }: { program: Program; port: number },
): Promise<string[]> {
  using client = await RawClient.connect(port);
  await createTopic(client, "aa");
  const values: string[] = [];
  for (let i = 0; i < 60; i++) {
    const some = Array.from({ length: 10 }, (_, n) => `${i} ${n} ${"x".repeat(3000)}`);
    const answer = await produce(client, { topic: "aa" }, some);
    ok(answer !== HUNG_UP && answer.errorCode === 0);
    values.push(...some);
  }
  await commitOffset(client, { group: "g", topic: "aa", offset: 17 });
  strictEqual(await program.stop(), 0);
  return values;
}

Deno.test("Records of a broken batch are refused to who asks, and nothing else goes with them", async () => {
  using folder = new TemporaryFolder();
  const data = `${folder.path}/data`;
  const started = await startStreamer({ data });
  const expected = await fill(started);
  const file = `${data}/aa-0/00000000000000000000.log`;
  const bytes = Deno.readFileSync(file);
  bytes.fill(0xee, 0, 8);
  Deno.writeFileSync(file, bytes);
  const { program, port } = await startStreamer({ data });
  await using _ = program;
  using client = await RawClient.connect(port);
  await readAll(client, { topic: "aa" }).then(
    () => ok(false),
    ({ message }) => match(message, /: 2$/),
  );
  strictEqual((await readAll(client, { topic: "aa", from: 400 })).length, expected.length - 400);
  strictEqual(linesOf(program, /records cannot be read/).length, 1, program.printed);
});

Deno.test("A topic deleted and made again is its own, whenever the node dies", async () => {
  using folder = new TemporaryFolder();
  const port = freePort();
  const data = `${folder.path}/data`;
  const args = ["--set", "replica.high.watermark.checkpoint.interval.ms=200"];
  const first = await startStreamer({ port, data, args });
  using client = await RawClient.connect(port);
  await createTopic(client, "again");
  for (let i = 0; i < 9; i++) await produce(client, { topic: "again" }, ["old", "old"]);
  const partitions = [{ partitionIndex: 0, offset: 18 }];
  await client.ask("DeleteRecords", 2, {
    topics: [{ name: "again", partitions }],
    timeoutMs: 1000,
  });
  await pause(500); // the checkpoint has the first one's start
  first.program.kill("SIGKILL");
  await first.program.exited;

  const second = await startStreamer({ port, data }); // whose checkpoints come late
  using next = await RawClient.connect(port);
  strictEqual(await deleteTopic(next, "again"), 0);
  strictEqual(await createTopic(next, "again"), 0);
  for (let i = 0; i < 5; i++) await produce(next, { topic: "again" }, [`new ${i}`]);
  second.program.kill("SIGKILL");
  await second.program.exited;

  const third = await startStreamer({ port, data });
  await using _ = third.program;
  using last = await RawClient.connect(port);
  const stored = await readAll(last, { topic: "again" });
  deepStrictEqual(stored.map(({ value }) => value), [0, 1, 2, 3, 4].map((i) => `new ${i}`));
  deepStrictEqual(linesOf(third.program, / error /), []);
});

Deno.test("SIGTERM under full load: out in time, nothing acknowledged lost, the next start is a clean one", async () => {
  using folder = new TemporaryFolder();
  const port = freePort();
  const data = `${folder.path}/data`;
  const { program } = await startStreamer({ port, data });
  using client = await RawClient.connect(port);
  await createTopic(client, "load", { partitions: 4 });
  const acked: { partition: number; offset: number; value: string }[] = [];
  const load = Array.from({ length: 8 }, async (_, i) => {
    const partition = i % 4;
    using mine = await RawClient.connect(port);
    for (let n = 0;; n++) {
      const value = `${i} ${n} ${"z".repeat(2000)}`;
      const target = { topic: "load", partition, acks: i < 4 ? -1 : 1, codec: CODECS[i % 5] };
      const answer = await produce(mine, target, [value]).catch(() => HUNG_UP);
      if (typeof answer === "string") return;
      strictEqual(answer.errorCode, 0);
      acked.push({ partition, offset: answer.baseOffset, value });
    }
  });
  await pause(1000);
  const began = performance.now();
  strictEqual(await program.stop(), 0, program.printed);
  ok(performance.now() - began < 25_000, `took ${performance.now() - began} ms`);
  await Promise.all(load);

  const next = await startStreamer({ port, data });
  await using _ = next.program;
  match(next.program.printed, /log directory opened.*clean=true/);
  using reader = await RawClient.connect(port);
  for (let partition = 0; partition < 4; partition++) {
    const stored = await readAll(reader, { topic: "load", partition });
    const at = new Map(stored.map(({ offset, value }) => [offset, value]));
    const lost = acked.filter((one) =>
      one.partition === partition && at.get(one.offset) !== one.value
    );
    deepStrictEqual(lost.slice(0, 3), [], `${lost.length} of ${acked.length} are lost`);
  }
});
