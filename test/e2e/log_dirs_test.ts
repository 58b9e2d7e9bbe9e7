/**
 * Several log directories with the real program: one that is taken away fails alone, and
 * Kafka's own tools and Apache Kafka itself find everything where it is.
 */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { TemporaryFolder } from "../kit/folders.ts";
import { canMount } from "../kit/mounts.ts";
import {
  freePort,
  hasApacheKafka,
  peers,
  Program,
  root,
  runProgram,
  startApacheKafka,
  startStreamer,
} from "../kit/programs.ts";
import { testWith } from "../kit/skip.ts";
import { batch, Side } from "../conformance/side.ts";

interface Dir {
  errorCode: number;
  logDir: string;
  topics: { name: string; partitions: { partitionIndex: number; partitionSize: number }[] }[];
}

const dirsOf = async (side: Side): Promise<Dir[]> =>
  (await side.ask("DescribeLogDirs", 5, { topics: null })).results;

/** Which partitions of a topic lie in a directory. */
function partitionsIn(dirs: Dir[], path: string, topic: string): number[] {
  const found = dirs.find(({ logDir }) => logDir === path)!.topics
    .find(({ name }) => name === topic)?.partitions ?? [];
  return found.map(({ partitionIndex }) => partitionIndex).sort();
}

async function errorOf(side: Side, topic: string, index: number, records: Uint8Array) {
  const topicData = [{ name: topic, partitionData: [{ index, records }] }];
  const answer = await side.ask("Produce", 9, { acks: -1, timeoutMs: 5000, topicData });
  return answer.responses[0].partitionResponses[0].errorCode;
}

const STORAGE_ERROR = 56, LEADER_NOT_AVAILABLE = 5;

/** Starts streamer with a second log directory on a small disk of its own, empty each time. */
async function startOnSmallDisk(folder: string) {
  const port = freePort();
  const small = `${folder}/small`;
  Deno.mkdirSync(small, { recursive: true });
  const script = 'mount -t tmpfs -o size=16m none "$0" && exec "$@"';
  const serve = ["serve", "--listen", `127.0.0.1:${port}`, "--data", `${folder}/large,${small}`];
  serve.push("--set", "log.segment.bytes=1048576");
  const program = new Program("unshare", [
    "-m",
    "sh",
    "-c",
    script,
    small,
    `${root}bin/streamer`,
    ...serve,
  ]);
  await program.untilPrinted(/[Rr]eady/);
  return { program, small, side: new Side({ port }) };
}

testWith(
  { needs: "mounts", available: canMount() },
  "A directory that is taken away fails alone, and nothing takes the place of what was in it",
  async () => {
    using folder = new TemporaryFolder();
    let lost: number[];
    {
      const { program, small, side } = await startOnSmallDisk(folder.path);
      await using _ = program;
      await side.topics({ orders: { partitions: 4 } });
      const dirs = await dirsOf(side);
      lost = partitionsIn(dirs, small, "orders");
      const kept = partitionsIn(dirs, `${folder.path}/large`, "orders");
      deepStrictEqual([lost.length, kept.length], [2, 2]);
      for (const partition of [...lost, ...kept]) {
        strictEqual(await errorOf(side, "orders", partition, batch(["a"])), 0);
      }
      // The file that is open goes on; the next segment finds no place.
      const inside = ["-m", "-t", `${program.pid}`];
      await runProgram("nsenter", [...inside, "rm", "-r", `${small}/orders-${lost[0]}`]);
      let error = 0;
      for (let tries = 0; tries < 10 && error === 0; tries++) {
        error = await errorOf(side, "orders", lost[0], batch(["x".repeat(400_000)]));
      }
      strictEqual(error, STORAGE_ERROR);
      strictEqual(await errorOf(side, "orders", lost[1], batch(["b"])), STORAGE_ERROR);
      for (const partition of kept) {
        strictEqual(await errorOf(side, "orders", partition, batch(["b"])), 0);
      }
      await side.until(async () => {
        const { topics } = await side.ask("Metadata", 12, { topics: [{ name: "orders" }] });
        return topics[0].partitions.every((each: any) =>
          lost.includes(each.partitionIndex)
            ? each.errorCode === LEADER_NOT_AVAILABLE && each.offlineReplicas.length === 1
            : each.errorCode === 0
        );
      });
      await side.topics({ later: { partitions: 2 } });
      const after = await dirsOf(side);
      deepStrictEqual(after.map(({ errorCode }) => errorCode), [0, STORAGE_ERROR]);
      deepStrictEqual(partitionsIn(after, `${folder.path}/large`, "later"), [0, 1]);
      await side.hangUp();
      strictEqual(await program.stop(), 0);
      match(program.printed, /log directory offline.*small/);
    }
    // The small disk comes back empty: another directory, without what was in the old one.
    const { program, side } = await startOnSmallDisk(folder.path);
    await using _ = program;
    for (const partition of lost) {
      strictEqual(await errorOf(side, "orders", partition, batch(["c"])), STORAGE_ERROR);
    }
    await side.topics({ latest: { partitions: 1 } });
    await side.hangUp();
    strictEqual(await program.stop(), 0);
  },
);

const kafka = (port: number, tool: string, ...args: string[]) =>
  runProgram(
    `${peers}/kafka`,
    [tool, "--bootstrap-server", `127.0.0.1:${port}`, ...args],
    { withinMs: 90_000 },
  );

testWith(
  { needs: "Apache Kafka", available: hasApacheKafka() },
  "Two directories of ours are served by Apache Kafka and by us again, wherever partitions were moved",
  async () => {
    using folder = new TemporaryFolder();
    const paths = [`${folder.path}/data`, `${folder.path}/more`]; // the first where `kafka serve` looks
    const args = ["--set", "node.id=1"];
    const values = async (side: Side) => {
      const found: string[] = [];
      for (const partition of [0, 1, 2]) {
        const asked = {
          topics: [{ name: "orders", partitions: [{ partitionIndex: partition, timestamp: -1 }] }],
        };
        const { topics } = await side.ask("ListOffsets", 7, { replicaId: -1, ...asked });
        found.push(`${topics[0].partitions[0].errorCode}:${topics[0].partitions[0].offset}`);
      }
      return found.join(" ");
    };
    {
      const { program, port } = await startStreamer({ data: paths.join(), args });
      await using _ = program;
      const side = new Side({ port });
      await side.topics({ orders: { partitions: 3 } });
      for (const partition of [0, 1, 2]) await side.append("orders", partition, batch(["a", "b"]));
      const before = await dirsOf(side);
      const from = partitionsIn(before, paths[0], "orders").includes(0) ? 0 : 1;

      const plan = `${folder.path}/plan.json`;
      const partitions = [{
        topic: "orders",
        partition: 0,
        replicas: [1],
        log_dirs: [paths[1 - from]],
      }];
      Deno.writeTextFileSync(plan, JSON.stringify({ version: 1, partitions }));
      const execute = ["--reassignment-json-file", plan, "--execute"];
      const { printed } = await kafka(port, "reassign-partitions", ...execute);
      match(printed, /Successfully started moving log directory/);
      await side.until(async () =>
        partitionsIn(await dirsOf(side), paths[1 - from], "orders").includes(0)
      );
      const described = await kafka(port, "log-dirs", "--describe", "--topic-list", "orders");
      const line = described.printed.split("\n").find((each) => each.startsWith("{"))!;
      const [broker] = JSON.parse(line).brokers;
      const listed = broker.logDirs.find((each: any) => each.logDir === paths[1 - from]);
      ok(listed.partitions.some((each: any) => each.partition === "orders-0" && !each.isFuture));
      await side.hangUp();
      strictEqual(await program.stop(), 0);
    }
    let moved: number;
    {
      const settings = [`log.dirs=${paths.join()}`];
      const { program, port } = await startApacheKafka({ folder: folder.path, settings });
      await using _ = program;
      const side = new Side({ port });
      await side.untilLed(["orders"]);
      strictEqual(await values(side), "0:2 0:2 0:2");
      await side.append("orders", 1, batch(["c"]));
      moved = partitionsIn(await dirsOf(side), paths[0], "orders").includes(1) ? 1 : 0;
      const dirs = [{ path: paths[moved], topics: [{ name: "orders", partitions: [1] }] }];
      await side.ask("AlterReplicaLogDirs", 2, { dirs });
      await side.until(async () =>
        partitionsIn(await dirsOf(side), paths[moved], "orders").includes(1)
      );
      await side.hangUp();
      strictEqual(await program.stop(), 143); // as Java says that it was asked to end
    }
    const { program, port } = await startStreamer({ data: paths.join(), args });
    await using _ = program;
    const side = new Side({ port });
    strictEqual(await values(side), "0:2 0:3 0:2");
    ok(partitionsIn(await dirsOf(side), paths[moved], "orders").includes(1));
    await side.hangUp();
    strictEqual(await program.stop(), 0);
  },
);
