/**
 * Apache Kafka's own dump tool reads what streamer wrote: segments in every codec, indexes, and
 * snapshots.
 */
import { doesNotMatch, ok, strictEqual } from "node:assert/strict";
import { TemporaryFolder } from "../kit/folders.ts";
import { hasApacheKafka, hasProgram, peers, runProgram, startStreamer } from "../kit/programs.ts";
import { testWith } from "../kit/skip.ts";

const needs = {
  needs: "Apache Kafka's tools and kcat",
  available: hasApacheKafka() && hasProgram("kcat"),
};

testWith(
  needs,
  "Apache Kafka's dump tool reads our log, indexes and producer snapshots",
  async () => {
    using folder = new TemporaryFolder();
    const args = ["--set", "log.segment.bytes=1048576", "--set", "log.index.interval.bytes=4096"];
    const { program, brokers } = await startStreamer({ data: `${folder.path}/data`, args });
    await using _ = program;
    for (const codec of ["none", "gzip", "snappy", "lz4", "zstd"]) {
      const input = Array.from(
        { length: 3000 },
        (_, i) => `${codec}-${i} ${Math.sin(i)} ${"abc".repeat(i % 200)}`,
      ).join("\n") + "\n";
      const options = ["-X", "enable.idempotence=true", "-X", "batch.size=20000"];
      await runProgram("kcat", [
        "-b",
        brokers,
        "-P",
        "-t",
        "dumped",
        "-p",
        "0",
        "-z",
        codec,
        ...options,
      ], { input });
    }
    await program.stop();
    const data = `${folder.path}/data/dumped-0`;
    const names = [...Deno.readDirSync(data)].map(({ name }) => name).sort();
    const segments = names.filter((name) => name.endsWith(".log"));
    ok(segments.length >= 2, `several segments: ${names}`);
    let records = 0;
    for (const name of segments) {
      const files = [name, name.replace(".log", ".index"), name.replace(".log", ".timeindex")].map((
        file,
      ) => `${data}/${file}`);
      const dump = ["dump-log", "--files", files.join(","), "--deep-iteration", "--print-data-log"];
      const { printed } = await runProgram(`${peers}/kafka`, dump, { withinMs: 120_000 });
      doesNotMatch(
        printed,
        /Mismatches in|Indexed offset|mismatch|Could not|Exception|isvalid: false/i,
      );
      records += printed.match(/payload: /g)?.length ?? 0;
    }
    ok(records === 15_000, `${records} of 15000 records dumped`);
    const snapshot = names.findLast((name) => name.endsWith(".snapshot"))!;
    const { printed } = await runProgram(`${peers}/kafka`, [
      "dump-log",
      "--files",
      `${data}/${snapshot}`,
    ], { withinMs: 120_000 });
    const ids = [...printed.matchAll(/producerId: (\d+)/g)].map(([, id]) => id);
    const entries = Map.groupBy(ids, (id) => id);
    strictEqual(Math.max(...[...entries.values()].map(({ length }) => length)), 5, printed);
  },
);
