/**
 * `streamer serve --cores`: several brokers in one process, each in a thread of its own, as people
 * and other people's clients meet them.
 */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { Kafka, logLevel } from "kafkajs";
import { partitionsOf, type PartitionState, until } from "../kit/ask.ts";
import { beginMachine, type Machine, startMachine, stopWell } from "../kit/core_machine.ts";
import { TemporaryFolder } from "../kit/folders.ts";
import {
  FAULTS,
  freePort,
  freePorts,
  hasProgram,
  linesOf,
  root,
  runProgram,
} from "../kit/programs.ts";
import { testWith } from "../kit/skip.ts";
import { run } from "../kit/terminal.ts";

const does = async (line: string): Promise<string> => {
  const { code, out, err } = await run(line.split(" "));
  strictEqual(code, 0, `${line}\n${out}${err}`);
  return out;
};

/** The partitions of the topic, once each has a leader. */
async function ledPartitions(
  { asker, program }: Machine,
  topic: string,
): Promise<PartitionState[]> {
  return await until(`All of ${topic} is led`, async () => {
    const partitions = await partitionsOf(asker, [topic]);
    return partitions?.length && partitions.every(({ leader }) => leader > 0)
      ? partitions
      : undefined;
  }, { withinMs: 60_000, else: () => `\n${program.printed}` });
}

const countOf = (values: readonly number[]): Record<number, number> => {
  const counts: Record<number, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
};

const kafkaOf = ({ brokers }: Machine) =>
  new Kafka({ clientId: "test", brokers: [brokers], logLevel: logLevel.NOTHING });

async function produce(machine: Machine, topic: string, values: readonly string[]): Promise<void> {
  const producer = kafkaOf(machine).producer();
  await producer.connect();
  try {
    for (let at = 0; at < values.length; at += 100) {
      const messages = values.slice(at, at + 100).map((value) => ({ key: value, value }));
      await producer.send({ topic, messages, acks: -1 });
    }
  } finally {
    await producer.disconnect();
  }
}

/** All that a new group reads from the beginning, until there are as many as expected. */
async function consumeAll(machine: Machine, topic: string, count: number): Promise<string[]> {
  const consumer = kafkaOf(machine).consumer({ groupId: `readers-${crypto.randomUUID()}` });
  const got: string[] = [];
  await consumer.connect();
  try {
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      eachMessage: ({ message }) => {
        got.push(message.value!.toString());
        return Promise.resolve();
      },
    });
    await until("All is consumed", () => Promise.resolve(got.length >= count || undefined), {
      withinMs: 60_000,
      else: () => `: ${got.length} of ${count}\n${machine.program.printed}`,
    });
    return got.sort();
  } finally {
    await consumer.disconnect();
  }
}

const valuesOf = (count: number) =>
  Array.from({ length: count }, (_, index) => `value ${String(index).padStart(6, "0")}`);

function coresTest(name: string, run: (folder: string) => Promise<void>): void {
  Deno.test({
    name,
    sanitizeOps: false,
    sanitizeResources: false,
    fn: async () => {
      using folder = new TemporaryFolder();
      await run(folder.path);
    },
  });
}

coresTest("Two cores are two brokers of one cluster, and a kill takes nothing", async (folder) => {
  const values = valuesOf(2000);
  let port: number;
  {
    await using machine = await startMachine({ folder });
    port = machine.port;
    match(
      machine.program.printed,
      new RegExp(`Ready on 127.0.0.1:${port}, 127.0.0.1:${port + 1} after .*: nodes 1 to 2 of`),
    );
    await does(`topic create orders --partitions 8 --replicas 1 --brokers ${machine.brokers}`);
    const partitions = await ledPartitions(machine, "orders");
    deepStrictEqual(countOf(partitions.map(({ leader }) => leader)), { 1: 4, 2: 4 });
    await produce(machine, "orders", values);
    deepStrictEqual(await consumeAll(machine, "orders", values.length), values);
    const status = await does(`cluster status --brokers 127.0.0.1:${port + 1}`);
    match(status, /1 +leader[\s\S]*2 +observer/);
    match(status, /All is well/);
    deepStrictEqual(linesOf(machine.program, FAULTS), []);
    machine.program.kill("SIGKILL");
    await machine.program.exited;
  }
  await using again = await startMachine({ folder, port });
  deepStrictEqual(await consumeAll(again, "orders", values.length), values);
  await stopWell(again);
});

coresTest("A node grows into three cores, and shrinks when the last is drained", async (folder) => {
  const values = valuesOf(300);
  const port = freePorts(3);
  {
    await using alone = await startMachine({ folder, cores: 1, port });
    await does(`topic create before --partitions 3 --replicas 1 --brokers ${alone.brokers}`);
    await produce(alone, "before", values);
    await stopWell(alone);
  }
  {
    await using grown = await startMachine({ folder, cores: 3, port });
    deepStrictEqual(await consumeAll(grown, "before", values.length), values);
    await does(`topic create after --partitions 6 --replicas 1 --brokers ${grown.brokers}`);
    const partitions = await ledPartitions(grown, "after");
    deepStrictEqual(countOf(partitions.map(({ leader }) => leader)), { 1: 2, 2: 2, 3: 2 });
    await produce(grown, "after", values);
    await stopWell(grown);
  }
  for (const cores of [["--cores", "2"], []]) {
    const at = ["--listen", `127.0.0.1:${port}`, "--data", `${folder}/data`];
    const { code, printed } = await runProgram(`${root}bin/streamer`, ["serve", ...at, ...cores], {
      mayFail: true,
    });
    strictEqual(code, 2, printed);
    const id = cores.length > 0 ? 3 : 2;
    match(
      printed,
      new RegExp(`Cannot run without node ${id}: its partitions are in .*/cores/${id}:`),
    );
    match(printed, new RegExp(`--cores ${id};.*streamer cluster drain ${id}`));
  }
  {
    await using grown = await startMachine({ folder, cores: 3, port });
    await does(`cluster drain 3 --brokers ${grown.brokers}`);
    await stopWell(grown);
  }
  await using fewer = await startMachine({ folder, cores: 2, port });
  await does(`cluster remove 3 --brokers ${fewer.brokers}`);
  deepStrictEqual(await consumeAll(fewer, "after", values.length), values);
  deepStrictEqual(await consumeAll(fewer, "before", values.length), values);
  await stopWell(fewer);
});

coresTest("A port of any core that is taken ends the start, and is named", async (folder) => {
  const port = freePorts(2);
  using _ = Deno.listen({ hostname: "127.0.0.1", port: port + 1 });
  await using machine = beginMachine({ folder, port });
  strictEqual(await machine.program.exited, 1, machine.program.printed);
  match(machine.program.printed, new RegExp(`Cannot listen on 127.0.0.1:${port + 1}`));
  deepStrictEqual(linesOf(machine.program, FAULTS), []);
});

coresTest("A stop ends a start that waits for its quorum", async (folder) => {
  const [port, controller, other] = [freePorts(2), freePort(), freePort()];
  const voters = `1@127.0.0.1:${controller},101@127.0.0.1:${other}`;
  const args = ["--controller-listen", `127.0.0.1:${controller}`, "--voters", voters];
  await using machine = beginMachine({ folder, port, args });
  await machine.program.untilPrinted(/waiting for the cluster's controllers +node=1/, 60_000);
  strictEqual(await machine.program.stop(), 0, machine.program.printed);
  match(machine.program.printed, /Stopped before it was ready/);
});

coresTest("Three machines of two cores never have two replicas on one", async (folder) => {
  const controllers = [freePort(), freePort(), freePort()];
  const voters = controllers.map((port, index) => `${index * 10 + 1}@127.0.0.1:${port}`).join();
  const ports = controllers.map(() => freePorts(2));
  const begin = (index: number) =>
    beginMachine({
      folder: `${folder}/machine-${index}`,
      port: ports[index],
      args: [
        ...["--node-id", `${index * 10 + 1}`, "--rack", `machine-${index}`],
        ...["--controller-listen", `127.0.0.1:${controllers[index]}`, "--voters", voters],
      ],
    });
  await using first = begin(0);
  await using second = begin(1);
  await using third = begin(2);
  const machines = [first, second, third];
  for (const { program } of machines) await program.untilPrinted(/^Ready on/m, 60_000);
  const machineOf = (id: number) => Math.floor(id / 10);
  await does(`topic create orders --partitions 12 --replicas 3 --brokers ${first.brokers}`);
  await does(`topic create pairs --partitions 12 --replicas 2 --brokers ${first.brokers}`);
  for (const [topic, replicas] of [["orders", 3], ["pairs", 2]] as const) {
    const partitions = await ledPartitions(first, topic);
    for (const each of partitions) {
      strictEqual(new Set(each.replicas.map(machineOf)).size, replicas, JSON.stringify(each));
    }
    const leaders = Object.values(countOf(partitions.map(({ leader }) => leader)));
    deepStrictEqual(leaders, [2, 2, 2, 2, 2, 2]);
  }
  const values = valuesOf(300);
  await produce(first, "orders", values);
  await stopWell(second);
  strictEqual(/without being let go/.test(second.program.printed), false, second.program.printed);
  const led = (await partitionsOf(first.asker, ["orders"]))!.map(({ leader }) => leader);
  deepStrictEqual(led.filter((id) => machineOf(id) === 1), [], "both gave away what they led");
  await using again = begin(1);
  await again.program.untilPrinted(/^Ready on/m, 60_000);
  await until("All are in sync again", async () => {
    const partitions = await partitionsOf(first.asker, ["orders"]);
    return partitions?.every(({ isr }) => isr.length === 3) || undefined;
  }, { withinMs: 60_000, else: () => again.program.printed });
  third.program.kill("SIGKILL"); // a machine's loss is the loss of one replica, and of one vote
  await third.program.exited;
  deepStrictEqual(await consumeAll(again, "orders", values.length), values);
  await produce(again, "orders", ["and goes on"]);
  for (const machine of [first, again]) await stopWell(machine);
});

const kcat = { needs: "kcat", available: hasProgram("kcat") };

testWith(kcat, "librdkafka finds the leaders on each of three cores", async () => {
  using folder = new TemporaryFolder();
  await using machine = await startMachine({ folder: folder.path, cores: 3 });
  await does(`topic create spread --partitions 9 --replicas 1 --brokers ${machine.brokers}`);
  const values = valuesOf(900);
  const at = ["-b", machine.brokers, "-t", "spread"];
  await runProgram("kcat", [...at, "-P", "-K:", "-X", "enable.idempotence=true"], {
    input: values.map((value) => `${value}:${value}\n`).join(""),
  });
  const { printed } = await runProgram("kcat", [...at, "-C", "-o", "beginning", "-e", "-q"]);
  deepStrictEqual(printed.trim().split("\n").sort(), values);
  const leaders = (await ledPartitions(machine, "spread")).map(({ leader }) => leader);
  deepStrictEqual(countOf(leaders), { 1: 3, 2: 3, 3: 3 });
  await stopWell(machine);
});

const refused: [args: string, RegExp][] = [
  ["--cores 0", /node\.cores to "0": it must be a whole number from 1 to 128, or auto/],
  ["--cores two", /node\.cores to "two"/],
  ["--cores 2 --listen 127.0.0.1:65535", /Cannot give core 2 the port behind 65535/],
  [
    "--cores 2 --listen 127.0.0.1:9092 --controller-listen 127.0.0.1:9093 --new-cluster",
    /Cannot give port 9093 to CONTROLLER of node 1 and PLAINTEXT of node 2/,
  ],
];

for (const [args, message] of refused) {
  Deno.test(`serve ${args} is refused before anything is done`, async () => {
    using folder = new TemporaryFolder();
    const words = ["serve", ...args.split(" "), "--data", `${folder.path}/data`];
    const { code, err } = await run(words, { workingDirectory: folder.path });
    strictEqual(code, 2, err);
    match(err, message);
    ok([...Deno.readDirSync(folder.path)].length === 0);
  });
}
