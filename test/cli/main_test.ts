import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { COMMANDS } from "../../src/cli/commands.ts";
import { freePort } from "../kit/programs.ts";
import { run } from "../kit/terminal.ts";

Deno.test("Without words, and with --help, the commands are listed", async () => {
  for (const words of [[], ["--help"], ["-h"], ["help"]]) {
    const { code, out, err } = await run(words);
    strictEqual(code, 0);
    strictEqual(err, "");
    for (const { name } of COMMANDS) match(out, new RegExp(`^  ${name} `, "m"));
  }
});

Deno.test("Every command has help with its flags and an example", async () => {
  const lines = COMMANDS.map(({ name }) => [name]);
  for (const group of ["topic", "group"]) {
    const { out } = await run([group, "--help"]);
    const names = [...out.matchAll(/^ {2}([a-z]+) {2}/gm)].map(([, name]) => name);
    lines.push(...names.map((name) => [group, name]));
  }
  ok(lines.length > 14);
  for (const words of lines) {
    const { code, out } = await run([...words, "--help"]);
    strictEqual(code, 0, words.join(" "));
    match(out, /^Usage: streamer /m);
    match(out, /^Examples:\n {2}\S/m, words.join(" "));
  }
});

const refused: [string, RegExp][] = [
  ["serv", /Unknown command "serv"\. Did you mean "streamer serve"\?/],
  ["topic creat x", /Unknown command "topic creat"\. Did you mean "streamer topic create"\?/],
  [
    "topic create x --partition 2",
    /Unknown flag --partition\. Did you mean --partitions\?\nSee: streamer topic create --help/,
  ],
  ["topic create", /Something is missing\. Usage: streamer topic create NAME/],
  ["topic list orders", /"orders" is one word too many/],
  ["topic alter x", /Nothing to change/],
  ["consume", /The topic is missing/],
  ["consume x --from soon", /--from cannot be "soon"/],
  ["consume x --group g --partition 1", /--partition does not go with --group/],
  ["produce x --header oops", /--header cannot be "oops": it is NAME=VALUE/],
  ["produce x --compression zip", /is one of none, gzip, snappy, lz4, zstd/],
  ["serve --set log.dir.reserve.bytes=1073741824", /it must be a whole number from 0 to 268435456/],
  [
    "serve --metrics-listen [::]:9464",
    /Will not listen on \[::\]:9464: there is no authentication/,
  ],
  ["--brokers", /Unknown flag --brokers\. Flags stand behind the command/],
];
for (const [line, message] of refused) {
  Deno.test(`"streamer ${line}" ends with 2 and says what to type`, async () => {
    const { code, out, err } = await run(line.split(" "));
    deepStrictEqual([code, out], [2, ""]);
    match(err, message);
  });
}

Deno.test("A broker that is not there is named, with what stood in the way and what to do", async () => {
  for (const words of [["topic", "list"], ["consume", "x"], ["produce", "x"], ["group", "list"]]) {
    const { code, err } = await run([...words, "--brokers", "127.0.0.1:1"]);
    strictEqual(code, 1, words.join(" "));
    match(err, /Cannot reach 127\.0\.0\.1:1: connection refused; is a broker running there\?/);
    match(err, /--brokers/);
  }
});

Deno.test("A broker that stops in the midst of a request is no fault of the program", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = (async () => {
    using connection = await listener.accept();
    // ApiVersions 3: error 35, no list. Version 0: no error, and Metadata in versions 0 to 12.
    for (const body of ["0023 00000000", "0000 00000001 0003 0000 000c"]) {
      const request = new Uint8Array(4096);
      await connection.read(request);
      const bytes = Uint8Array.fromHex(body.replaceAll(" ", ""));
      const size = Uint8Array.of(0, 0, 0, 4 + bytes.length);
      await connection.write(Uint8Array.of(...size, ...request.subarray(8, 12), ...bytes));
    }
    await connection.read(new Uint8Array(4096));
  })();
  const { port } = listener.addr;
  const { code, err } = await run(["topic", "list", "--brokers", `127.0.0.1:${port}`]);
  await serving;
  strictEqual(code, 1);
  match(err, new RegExp(`^Lost the connection to 127.0.0.1:${port}: connection reset\\n`));
});

Deno.test("Where no figures are shown, it is said why, and how a node shows them", async () => {
  const { code, err } = await run(["metrics", "--from", `127.0.0.1:${freePort()}`]);
  strictEqual(code, 1);
  match(err, /Cannot read figures from http:.*[Cc]onnection refused/);
  match(err, /--metrics-listen/);
});

Deno.test("An address that makes no sense is refused", async () => {
  const { code, err } = await run(["topic", "list", "--brokers", "here:there"]);
  strictEqual(code, 1);
  match(err, /Cannot read the broker address "here:there"/);
});

Deno.test("The version is printed, also for programs", async () => {
  match((await run(["version"])).out, /^streamer \d+\.\d+\.\d+\n$/);
  ok(JSON.parse((await run(["version", "--json"])).out).version);
});

Deno.test("Help and serve load neither client nor schema library", async () => {
  // What the program loads before it knows the command is all that the door imports at once.
  const command = new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", new URL("../../src/cli/serve.ts", import.meta.url).pathname],
    cwd: new URL("../..", import.meta.url).pathname,
  });
  const { stdout } = await command.output();
  interface Module {
    specifier: string;
    dependencies?: { code?: { specifier: string }; isDynamic?: boolean }[];
  }
  const { roots, modules } = JSON.parse(new TextDecoder().decode(stdout)) as {
    roots: string[];
    modules: Module[];
  };
  const loaded = new Set<string>();
  const load = (specifier: string) => {
    if (loaded.has(specifier)) return;
    loaded.add(specifier);
    const module = modules.find((one) => one.specifier === specifier);
    for (const { code, isDynamic } of module?.dependencies ?? []) {
      if (code && !isDynamic) load(code.specifier);
    }
  };
  for (const root of roots) load(root);
  ok(loaded.size > 10, `only ${loaded.size} modules were looked at`);
  const heavy = [...loaded].filter((specifier) =>
    /kafkajs|zod|hono|src\/client|plugins\//.test(specifier)
  );
  deepStrictEqual(heavy, []);
});
