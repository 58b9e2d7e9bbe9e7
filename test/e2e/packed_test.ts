/**
 * The packed single file: in an empty folder, with nothing in PATH but the system's own
 * directories.
 */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { TemporaryFolder } from "../kit/folders.ts";
import { freePort, freePorts, Program, runProgram } from "../kit/programs.ts";

/** One pack for all tests of this file. */
const packed = Deno.makeTempDirSync({ prefix: "streamer-packed-" }) + "/streamer";
globalThis.addEventListener(
  "unload",
  () => Deno.removeSync(packed.slice(0, packed.lastIndexOf("/")), { recursive: true }),
);

const environmentOf = (folder: string) => ({ PATH: "/usr/bin:/bin", HOME: folder, TMPDIR: folder });

Deno.test("deno task compile makes one file that starts", async () => {
  using folder = new TemporaryFolder();
  await runProgram(Deno.execPath(), ["task", "compile", "--how", "pack", "--output", packed], {
    withinMs: 240_000,
  });
  ok(Deno.statSync(packed).size > 20e6);
  const options = { env: environmentOf(folder.path), clearEnv: true, cwd: folder.path };
  match((await runProgram(packed, ["version"], options)).printed, /streamer \d+\.\d+\.\d+/);
  strictEqual((await runProgram(packed, ["nonsense"], { ...options, mayFail: true })).code, 2);
});

Deno.test("The packed file serves, makes topics, produces, consumes and runs someone's plugin", async () => {
  using folder = new TemporaryFolder();
  const env = environmentOf(folder.path);
  const options = { env, clearEnv: true, cwd: folder.path };
  const port = freePort();
  const brokers = `127.0.0.1:${port}`;
  await using server = new Program(packed, ["serve", "--listen", brokers], options);
  await server.untilPrinted(/[Rr]eady/, 30_000);
  await runProgram(packed, ["topic", "create", "orders", "--brokers", brokers], options);
  await runProgram(packed, ["produce", "orders", "--brokers", brokers], {
    ...options,
    input: "one\ntwo\n",
  });
  const consume = [
    "consume",
    "--topic",
    "orders",
    "--brokers",
    brokers,
    "--from",
    "beginning",
    "--max-messages",
  ];
  const { printed } = await runProgram(packed, [...consume, "2"], options);
  match(printed, /one[\s\S]*two/);
  const plugin = `export default {
    kind: "source", name: "three", summary: "Counts to three", topic: "orders",
    options: (z) => z.object({ word: z.string().default("plugin") }),
    async *run(options) { for (let i = 1; i <= 3; i++) yield { value: options.word + i }; },
  };`;
  Deno.writeTextFileSync(`${folder.path}/three.ts`, plugin);
  await runProgram(packed, ["run", "./three.ts", "--brokers", brokers, "--word", "mine"], options);
  match((await runProgram(packed, [...consume, "5"], options)).printed, /mine3/);
  strictEqual(await server.stop(), 0, server.printed);
});

Deno.test("The packed file serves on two cores", async () => {
  using folder = new TemporaryFolder();
  const options = { env: environmentOf(folder.path), clearEnv: true, cwd: folder.path };
  const port = freePorts(2);
  const brokers = `127.0.0.1:${port}`;
  const args = ["serve", "--cores", "2", "--listen", brokers];
  await using server = new Program(packed, args, options);
  await server.untilPrinted(new RegExp(`Ready on ${brokers}, 127.0.0.1:${port + 1} `), 60_000);
  const topic = ["topic", "create", "orders", "--partitions", "4", "--brokers", brokers];
  await runProgram(packed, topic, options);
  const second = `127.0.0.1:${port + 1}`;
  const input = Array.from({ length: 40 }, (_, index) => `key-${index}:value\n`).join("");
  await runProgram(packed, ["produce", "orders", "--key-separator", ":", "--brokers", second], {
    ...options,
    input,
  });
  const from = ["--from", "beginning", "--max-messages", "40", "--brokers", second];
  const { printed } = await runProgram(packed, ["consume", "orders", ...from], options);
  strictEqual(printed.match(/value/g)?.length, 40);
  const described = await runProgram(packed, ["topic", "describe", "orders", "--json", ...[
    "--brokers",
    brokers,
  ]], options);
  const [{ partitions }] = JSON.parse(described.printed);
  const leaders = partitions.map(({ leader }: { leader: number }) => leader).sort();
  deepStrictEqual(leaders, [1, 1, 2, 2]);
  strictEqual(await server.stop(), 0, server.printed);
});

Deno.test("The packed file shows a live picture: demo in an empty folder", async () => {
  using folder = new TemporaryFolder();
  const [http, kafka] = [freePort(), freePort()];
  const args = [
    "demo",
    "--http",
    `127.0.0.1:${http}`,
    "--listen",
    `127.0.0.1:${kafka}`,
    "--source",
    "test-pattern",
  ];
  await using demo = new Program(packed, args, {
    env: environmentOf(folder.path),
    clearEnv: true,
    cwd: folder.path,
  });
  await demo.untilPrinted(new RegExp(`http://127\\.0\\.0\\.1:${http}`), 30_000);
  const until = Date.now() + 20_000;
  let type: string | null = null;
  while (!type?.startsWith("image/") && Date.now() < until) {
    const response = await fetch(`http://127.0.0.1:${http}/snapshot.jpg`).catch(() => undefined);
    type = response?.ok ? response.headers.get("content-type") : null;
    await response?.body?.cancel();
  }
  match(type ?? "no picture", /^image\/(jpeg|png)/);
  strictEqual(await demo.stop(), 0, demo.printed);
});

Deno.test("A file for linux on arm64 can be packed here", async () => {
  using folder = new TemporaryFolder();
  const output = `${folder.path}/streamer-arm64`;
  const args = [
    "task",
    "compile",
    "--how",
    "pack",
    "--target",
    "aarch64-unknown-linux-gnu",
    "--output",
    output,
  ];
  await runProgram(Deno.execPath(), args, { withinMs: 240_000 });
  const unpack =
    `tail -c +$(sed -n 's/.*tail -c +\\([0-9]*\\).*/\\1/p' "$1" | head -1) "$1" | gzip -dc | tar -xf - -C "$2"`;
  await runProgram("sh", ["-c", unpack, "sh", output, folder.path]);
  const runtime = Deno.readFileSync(`${folder.path}/deno`);
  strictEqual(runtime[18], 0xb7, "an ELF file for AArch64"); // e_machine
});
