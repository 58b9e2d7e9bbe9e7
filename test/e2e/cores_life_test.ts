/**
 * The process that has a broker a core, from where its owner stands: what it shows, what happens
 * when one of its disks goes, and that Java's clients find all of it.
 */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { Asker, produceOne, until } from "../kit/ask.ts";
import { type Machine, startMachine, stopWell } from "../kit/core_machine.ts";
import { TemporaryFolder } from "../kit/folders.ts";
import { memberAt } from "../kit/makes.ts";
import { freePorts, hasApacheKafka, linesOf, peers, runProgram } from "../kit/programs.ts";
import { testWith } from "../kit/skip.ts";
import { run } from "../kit/terminal.ts";

/** A topic of one partition, on that broker. */
async function createOn({ asker }: Machine, name: string, id: number): Promise<number | undefined> {
  const assignments = [{ partitionIndex: 0, brokerIds: [id] }];
  const topic = { name, numPartitions: -1, replicationFactor: -1, assignments, configs: [] };
  const answer = await asker.ask("CreateTopics", 5, {
    topics: [topic],
    timeoutMs: 10_000,
    validateOnly: false,
  }, 15_000);
  return answer?.topics[0].errorCode;
}

Deno.test({
  name: "Each broker of a process shows its own figures, and says which of them it is",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    using folder = new TemporaryFolder();
    const figures = freePorts(2);
    const args = ["--metrics-listen", `127.0.0.1:${figures}`, "--log-json"];
    await using machine = await startMachine({ folder: folder.path, args });
    const pages = [figures, figures + 1].map((port) => `http://127.0.0.1:${port}/metrics`);
    match(machine.program.printed, new RegExp(`Figures on ${pages.join(", ")}`));
    for (const page of pages) match(await (await fetch(page)).text(), /^# TYPE /m);
    const events = linesOf(machine.program, /^{/).map((line) => JSON.parse(line));
    const opened = events.filter(({ event }) => event === "log directory opened");
    deepStrictEqual(opened.map(({ node }) => node).sort(), [1, 2]);
    await stopWell(machine);
  },
});

Deno.test({
  name: "A broker whose last disk is gone stays down, and its neighbor serves on",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    using folder = new TemporaryFolder();
    await using machine = await startMachine({ folder: folder.path });
    const { program, asker, brokers } = machine;
    strictEqual(await createOn(machine, "here", 1), 0);
    const data = `${folder.path}/data/cores/2`;
    Deno.renameSync(data, `${folder.path}/gone`);
    Deno.writeTextFileSync(data, "no folder");
    strictEqual(await createOn(machine, "there", 2), 0);
    await program.untilPrinted(/broker ended +node=2 .*it stays down/, 60_000);
    await until(
      "Its neighbor serves",
      async () => await produceOne(asker, "here", 0) || undefined,
      {
        withinMs: 30_000,
        else: () => program.printed,
      },
    );
    await until("It is missed", async () => {
      const { code, out } = await run(["cluster", "status", "--brokers", brokers]);
      return code === 1 && /2 .*fenced/.test(out) || undefined;
    }, { withinMs: 30_000, else: () => program.printed });
    strictEqual(await program.stop(), 0, program.printed);
  },
});

Deno.test({
  name: "With all disks gone the process ends, as it does with one broker",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    using folder = new TemporaryFolder();
    await using machine = await startMachine({ folder: folder.path });
    const { program } = machine;
    using second = new Asker({ ...memberAt(2, "127.0.0.1"), port: machine.port + 1 });
    for (const id of [1, 2]) strictEqual(await createOn(machine, `on-${id}`, id), 0);
    await until("2 takes records", async () => await produceOne(second, "on-2", 0) || undefined, {
      withinMs: 30_000,
      else: () => program.printed,
    });
    Deno.renameSync(`${folder.path}/data`, `${folder.path}/gone`);
    Deno.writeTextFileSync(`${folder.path}/data`, "no folder");
    await createOn(machine, "another", 2);
    await program.untilPrinted(/broker ended +node=2/, 60_000);
    void createOn(machine, "and-another", 1);
    strictEqual(await program.exited, 1, program.printed);
    match(program.printed, /broker ended +node=1 .*no other is left that serves/);
  },
});

const kafka = { needs: "Apache Kafka", available: hasApacheKafka() };

testWith(kafka, "Java's clients produce to and consume from both cores", async () => {
  using folder = new TemporaryFolder();
  await using machine = await startMachine({ folder: folder.path });
  const tool = async (name: string, args: string[]) => {
    const command = [name, "--bootstrap-server", machine.brokers, "--topic", "checked", ...args];
    return (await runProgram(`${peers}/kafka`, command)).printed;
  };
  await tool("topics", ["--create", "--partitions", "6", "--replication-factor", "1"]);
  const described = await tool("topics", ["--describe"]);
  const leaders = [...described.matchAll(/Leader: (\d)/g)].map(([, id]) => id).sort();
  deepStrictEqual(leaders, ["1", "1", "1", "2", "2", "2"], described);
  const count = ["--max-messages", "600"];
  const told = (printed: string, name: string): any[] =>
    printed.split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line))
      .filter((event) => event.name === name);
  const keys = ["--repeating-keys", "100"]; // without keys all would go to one partition
  const sent = told(
    await tool("verifiable-producer", [...count, ...keys]),
    "producer_send_success",
  );
  strictEqual(sent.length, 600);
  deepStrictEqual([...new Set(sent.map(({ partition }) => partition))].sort(), [0, 1, 2, 3, 4, 5]);
  const reading = ["--group-id", "checkers", "--reset-policy", "earliest", ...count];
  const consumed = await tool("verifiable-consumer", reading);
  const total = told(consumed, "records_consumed").reduce((sum, each) => sum + each.count, 0);
  strictEqual(total, 600);
  ok(told(consumed, "offsets_committed").every(({ success }) => success));
  await stopWell(machine);
});
