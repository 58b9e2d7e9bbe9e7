/**
 * `streamer serve` as an operator meets it: settings, wrong settings, ports, addresses, two of
 * everything.
 */
import { match, ok, strictEqual } from "node:assert/strict";
import { TemporaryFolder } from "../kit/folders.ts";
import { freePort, Program, root, runProgram, startStreamer } from "../kit/programs.ts";

const streamer = `${root}bin/streamer`;
const fails = async (args: string[], cwd: string) =>
  await runProgram(streamer, ["serve", ...args], { cwd, mayFail: true, withinMs: 20_000 });

Deno.test("Wrong settings end with 2 and say the setting, the value and what is allowed", async () => {
  using folder = new TemporaryFolder();
  const wrong: [string[], RegExp][] = [
    [["--set", "log.retention.hourz=1"], /log\.retention\.hourz.*log\.retention\.hours/s],
    [["--set", "log.segment.bytes=many"], /log\.segment\.bytes.*many.*(number|integer)/s],
    [["--set", "log.segment.bytes=1"], /log\.segment\.bytes.*\b1\b.*1048576/s],
    [["--set", "no-equals-sign"], /no-equals-sign/],
    [["--listen", "nonsense:port"], /nonsense:port/],
    [["--node-id", "-3"], /node\.id.*-3/s],
    [["--roles", "chef"], /process\.roles.*chef/s],
    [["--frobnicate"], /--frobnicate/],
    [["--config", `${folder.path}/missing.properties`], /missing\.properties/],
  ];
  for (const [args, message] of wrong) {
    const { code, printed } = await fails([...args, "--data", `${folder.path}/data`], folder.path);
    strictEqual(code, 2, `${args}: ${printed}`);
    match(printed, message);
  }
});

Deno.test("It refuses to listen beyond loopback as long as there is no authentication, unless told", async () => {
  using folder = new TemporaryFolder();
  const port = freePort();
  const data = ["--data", `${folder.path}/data`];
  const { code, printed } = await fails(["--listen", `0.0.0.0:${port}`, ...data], folder.path);
  strictEqual(code, 2, printed);
  match(printed, /--allow-anyone/);
  const args = [
    "serve",
    "--listen",
    `0.0.0.0:${port}`,
    "--advertise",
    `127.0.0.1:${port}`,
    "--allow-anyone",
    ...data,
  ];
  await using program = new Program(streamer, args);
  await program.untilPrinted(/[Rr]eady/);
});

Deno.test("A port that is taken: says which, and by what to change it", async () => {
  using folder = new TemporaryFolder();
  const { program, port } = await startStreamer({ data: `${folder.path}/one` });
  await using _ = program;
  const { code, printed } = await fails([
    "--listen",
    `127.0.0.1:${port}`,
    "--data",
    `${folder.path}/two`,
  ], folder.path);
  strictEqual(code, 1, printed);
  match(printed, new RegExp(`${port}[\\s\\S]*--listen`));

  const free = ["--listen", "127.0.0.1:0", "--data", `${folder.path}/two`];
  const figures = await fails([...free, "--metrics-listen", `127.0.0.1:${port}`], folder.path);
  strictEqual(figures.code, 1, figures.printed);
  match(figures.printed, new RegExp(`${port}[\\s\\S]*--metrics-listen`));
});

Deno.test("Two processes on one data folder: the second is refused, with the first one's pid", async () => {
  using folder = new TemporaryFolder();
  const { program } = await startStreamer({ data: `${folder.path}/data` });
  await using _ = program;
  const { code, printed } = await fails([
    "--listen",
    `127.0.0.1:${freePort()}`,
    "--data",
    `${folder.path}/data`,
  ], folder.path);
  strictEqual(code, 1, printed);
  match(printed, new RegExp(`\\b${program.pid}\\b`));
});

Deno.test("No flags are needed: the folder is ./streamer-data, and it is printed", async () => {
  using folder = new TemporaryFolder();
  const port = freePort(); // the default port may be another's here
  await using program = new Program(streamer, ["serve", "--listen", `127.0.0.1:${port}`], {
    cwd: folder.path,
  });
  await program.untilPrinted(/[Rr]eady/);
  match(program.printed, /streamer-data/);
  ok(Deno.statSync(`${folder.path}/streamer-data/meta.properties`).isFile);
});

Deno.test("A server.properties of Kafka's is taken as it is", async () => {
  using folder = new TemporaryFolder();
  const [port, controller] = [freePort(), freePort()];
  const file = `${folder.path}/server.properties`;
  Deno.writeTextFileSync(
    file,
    `# as Kafka ships it, for one node
process.roles=broker,controller
node.id=7
controller.quorum.bootstrap.servers=127.0.0.1:${controller}
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}
inter.broker.listener.name=PLAINTEXT
advertised.listeners=PLAINTEXT://localhost:${port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL
num.network.threads=3
num.io.threads=8
socket.send.buffer.bytes=102400
log.dirs=${folder.path}/logs
num.partitions=5
offsets.topic.replication.factor=1
log.retention.hours=168
log.segment.bytes=1073741824
log.retention.check.interval.ms=300000
`,
  );
  await using program = new Program(streamer, ["serve", "--config", file]);
  await program.untilPrinted(/[Rr]eady/);
  match(program.printed, /setting without effect .*setting=num\.io\.threads/);
  const brokers = `127.0.0.1:${port}`;
  await runProgram(streamer, ["topic", "create", "defaults", "--brokers", brokers]);
  const { printed } = await runProgram(streamer, [
    "topic",
    "describe",
    "defaults",
    "--json",
    "--brokers",
    brokers,
  ]);
  const described = JSON.parse(printed);
  const topic = Array.isArray(described) ? described[0] : described.topics?.[0] ?? described;
  strictEqual(topic.partitions.length, 5);
  match(Deno.readTextFileSync(`${folder.path}/logs/meta.properties`), /^node\.id=7$/m);
});

Deno.test("Topics, configs, ids and records survive a restart", async () => {
  using folder = new TemporaryFolder();
  const first = await startStreamer({ data: `${folder.path}/data` });
  const create = [
    "topic",
    "create",
    "kept",
    "--partitions",
    "3",
    "--config",
    "retention.ms=123456789",
  ];
  await runProgram(streamer, [...create, "--brokers", first.brokers]);
  await runProgram(streamer, ["produce", "kept", "--brokers", first.brokers], {
    input: "still here\n",
  });
  const describe = async (brokers: string) =>
    (await runProgram(streamer, ["topic", "describe", "kept", "--json", "--brokers", brokers]))
      .printed;
  const id = /"(?:topicId|id)":\s*"([^"]{22})"/;
  const before = await describe(first.brokers);
  match(before, /123456789/);
  strictEqual(await first.program.stop(), 0, first.program.printed);
  const second = await startStreamer({ data: `${folder.path}/data` });
  await using _ = second.program;
  const after = await describe(second.brokers);
  match(after, /123456789/);
  strictEqual(id.exec(after)?.[1], id.exec(before)?.[1]);
  const consume = [
    "consume",
    "--topic",
    "kept",
    "--from",
    "beginning",
    "--max-messages",
    "1",
    "--brokers",
    second.brokers,
  ];
  match((await runProgram(streamer, consume)).printed, /still here/);
});
