/**
 * The real executable, driven by kcat (librdkafka): produce and consume, codecs, groups,
 * idempotence, times.
 */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { TemporaryFolder } from "../kit/folders.ts";
import { hasProgram, pause, Program, runProgram, startStreamer } from "../kit/programs.ts";
import { testWith } from "../kit/skip.ts";

const kcat = { needs: "kcat", available: hasProgram("kcat") };
const lines = (text: string) =>
  text.split("\n").filter((line) => line !== "" && !line.startsWith("%"));

function kcatTest(name: string, run: (brokers: string) => Promise<void>): void {
  testWith(kcat, `kcat: ${name}`, async () => {
    using folder = new TemporaryFolder();
    const { program, brokers } = await startStreamer({ data: `${folder.path}/data` });
    await using _ = program;
    await run(brokers);
    strictEqual(await program.stop(), 0, program.printed);
  });
}

for (const codec of ["none", "gzip", "snappy", "lz4", "zstd"]) {
  kcatTest(`what was produced with ${codec} is consumed, keys and headers too`, async (brokers) => {
    const sent = Array.from({ length: 500 }, (_, i) => `key-${i}:${"value ".repeat(20)}${i}`);
    await runProgram("kcat", [
      "-b",
      brokers,
      "-P",
      "-t",
      "orders",
      "-K:",
      "-z",
      codec,
      "-H",
      "from=kcat",
    ], {
      input: sent.join("\n") + "\n",
    });
    const format = ["-f", "%k:%s|%h\\n"];
    const { printed } = await runProgram("kcat", [
      "-b",
      brokers,
      "-C",
      "-t",
      "orders",
      "-o",
      "beginning",
      "-e",
      "-q",
      ...format,
    ]);
    deepStrictEqual(lines(printed).sort(), sent.map((line) => `${line}|from=kcat`).sort());
  });
}

kcatTest("an idempotent producer's records are there once and in order", async (brokers) => {
  const sent = Array.from({ length: 20_000 }, (_, i) => `${i}`);
  await runProgram("kcat", [
    "-b",
    brokers,
    "-P",
    "-t",
    "once",
    "-p",
    "0",
    "-X",
    "enable.idempotence=true",
  ], {
    input: sent.join("\n") + "\n",
  });
  const { printed } = await runProgram("kcat", [
    "-b",
    brokers,
    "-C",
    "-t",
    "once",
    "-o",
    "beginning",
    "-e",
    "-q",
  ]);
  deepStrictEqual(lines(printed), sent);
});

kcatTest("metadata lists the broker and topics, and says when one is missing", async (brokers) => {
  await runProgram("kcat", ["-b", brokers, "-P", "-t", "here"], { input: "one\n" });
  const all = JSON.parse((await runProgram("kcat", ["-b", brokers, "-L", "-J"])).printed);
  deepStrictEqual(all.brokers.map(({ name }: { name: string }) => name), [brokers]);
  ok(all.topics.some(({ topic }: { topic: string }) => topic === "here"));
  const consumed = await runProgram(
    "kcat",
    ["-b", brokers, "-C", "-t", "missing", "-e", "-X", "allow.auto.create.topics=false"],
    { mayFail: true, withinMs: 30_000 },
  );
  match(consumed.printed, /Unknown topic or partition/i);
});

kcatTest("a time finds the first record at or after it", async (brokers) => {
  await runProgram("kcat", ["-b", brokers, "-P", "-t", "times"], { input: "early\n" });
  await pause(1100);
  const between = Date.now();
  await pause(1100);
  await runProgram("kcat", ["-b", brokers, "-P", "-t", "times"], { input: "late\n" });
  const { printed } = await runProgram("kcat", [
    "-b",
    brokers,
    "-C",
    "-t",
    "times",
    "-o",
    `s@${between}`,
    "-e",
    "-q",
  ]);
  deepStrictEqual(lines(printed), ["late"]);
});

kcatTest(
  "two members of a group share the partitions, and one takes over when the other leaves",
  async (brokers) => {
    await runProgram(new URL("../../bin/streamer", import.meta.url).pathname, [
      ..."topic create shared --partitions 4 --brokers".split(" "),
      brokers,
    ]);
    const consume = () =>
      new Program("kcat", [
        "-b",
        brokers,
        "-G",
        "together",
        "-X",
        "auto.offset.reset=earliest",
        "-u",
        "-f",
        "%p:%s\\n",
        "shared",
      ]);
    const [first, second] = [consume(), consume()];
    await using _first = first;
    await using _second = second;
    await first.untilPrinted(/rebalanced.*assigned/, 30_000);
    await second.untilPrinted(/rebalanced.*assigned/, 30_000);
    const produce = async (prefix: string) => {
      for (let p = 0; p < 4; p++) {
        await runProgram("kcat", ["-b", brokers, "-P", "-t", "shared", "-p", `${p}`], {
          input: `${prefix}${p}\n`,
        });
      }
    };
    // Both have partitions once the second rebalance is through; until then everything goes to one.
    const until = Date.now() + 30_000;
    let round = 0;
    const got = (program: Program) =>
      lines(program.printed).filter((line) => /^\d:r/.test(line)).length;
    while ((got(first) === 0 || got(second) === 0) && Date.now() < until) {
      await produce(`r${round++}-`);
      await pause(300);
    }
    ok(got(first) > 0 && got(second) > 0, `first:\n${first.printed}\nsecond:\n${second.printed}`);
    strictEqual(await second.stop(), 0);
    await produce("after-");
    for (let p = 0; p < 4; p++) {
      await first.untilPrinted(
        new RegExp(`^${p}:after-${p}$`, "m"),
        30_000,
      );
    }
  },
);
