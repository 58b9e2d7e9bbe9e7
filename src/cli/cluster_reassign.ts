/** `streamer cluster reassign`: where replicas are to be, by a plan of ours or anyone's. */
import { resolve } from "node:path";
import { formatSize, keyOf } from "../base/mod.ts";
import type { Assignment, Client, PlannedMove, Reassignment } from "../client/mod.ts";
import {
  assignmentsOf,
  carryOut,
  count,
  follow,
  MOVE_FLAGS,
  planJson,
  renderPlan,
} from "./cluster_moves.ts";
import { BROKERS_FLAG, command, type CommandCall, JSON_FLAG } from "./command.ts";
import { CommandError, UsageError } from "./io.ts";
import { nodeIds } from "./node_ids.ts";
import { renderTable } from "./table.ts";
import { json, withClient } from "./with_client.ts";

const FLAGS = {
  ...BROKERS_FLAG,
  to: { type: "string", value: "N,…", help: "Spread topics over these brokers, evenly" },
  topics: { type: "string", value: "NAME,…", help: "Only these (default: all)" },
  replicas: {
    type: "integer",
    short: "r",
    min: 1,
    max: 1000,
    help: "With --to: so many replicas of each partition (default: as many as it has)",
  },
  plan: {
    type: "string",
    value: "FILE",
    help: "A plan in the JSON of kafka-reassign-partitions, as --dry-run prints it",
  },
  ...MOVE_FLAGS,
  status: { type: "boolean", help: "Show what moves now, and how far it is" },
  wait: { type: "boolean", help: "Wait for what moves now, and take limits back at its end" },
  cancel: { type: "boolean", help: "Stop what moves, of --topics or all, and go back" },
  unthrottle: { type: "boolean", help: "Take all limits on moves back" },
  ...JSON_FLAG,
} as const;

type Call = CommandCall<typeof FLAGS>;

const MODES = ["to", "plan", "status", "wait", "cancel", "unthrottle"] as const;

export const reassignCommand = command({
  name: "cluster reassign",
  summary: "Move replicas: plan it, do it, watch it, stop it",
  description:
    "With --to, topics are spread over the brokers that are named: replicas of a partition over racks, then " +
    "replicas and preferred leaders evenly over brokers, with as few copies as that takes. With --plan, what " +
    "the file says is done. Ends when all is moved; ^C ends the command and not the moving. Limits that " +
    "--throttle sets are taken back at the end.",
  examples: [
    ["streamer cluster reassign --to 1,2,3,4 --dry-run", "use a new broker too: what would move"],
    ["streamer cluster reassign --to 1,2,3,4 --throttle 20MiB", "and do it"],
    ["streamer cluster reassign --to 1,2,3 --topics orders,bills --replicas 3", ""],
    ["streamer cluster reassign --to 1,2,3 --dry-run --json | jq .proposed > plan.json", ""],
    ["streamer cluster reassign --plan plan.json", "what the file says"],
    ["streamer cluster reassign --status", "what moves"],
    ["streamer cluster reassign --cancel", "stop it, and go back"],
  ],
  flags: FLAGS,
  async run(call) {
    const { values } = call;
    const modes = MODES.filter((mode) => values[mode]);
    if (modes.length !== 1) {
      throw new UsageError(
        modes.length === 0
          ? "What is to be done? Say --to, --plan, --status, --wait, --cancel or --unthrottle"
          : `${modes.map((mode) => `--${mode}`).join(" and ")} cannot go together`,
        "For example: --to 1,2,3 --dry-run",
      );
    }
    await withClient(call, async (client) => {
      switch (modes[0]) {
        case "to":
        case "plan":
          return await execute(call, client);
        case "status":
          return await showMoving(call, client);
        case "wait":
          return await waitFor(call, client);
        case "cancel":
          return await cancel(call, client);
        case "unthrottle":
          return await unthrottle(call, client);
      }
    });
  },
});

async function execute(call: Call, client: Client): Promise<void> {
  const { values, io } = call;
  const { clock } = await io.platform();
  const { sizesOf } = await import("../client/mod.ts");
  const moves = values.plan === undefined
    ? await planTo(call, client)
    : await planOf(call, client, values.plan);
  const sizes = await sizesOf(client.cluster, moves);
  if (values.json) await io.write(json(await planJson(moves), call));
  else {
    await io.write(await renderPlan(moves, sizes, values.limit));
    if (values["dry-run"] && moves.length > 0) {
      const { current, proposed } = await planJson(moves);
      await io.write(
        `\nAs it is now:\n${JSON.stringify(current)}\n\nThe plan:\n${JSON.stringify(proposed)}\n`,
      );
    }
  }
  if (values["dry-run"]) return io.say("Nothing is changed: this was a dry run");
  if (moves.length === 0) return io.say("Nothing to do: all is where it is to be");
  await carryOut(client, moves, { io, throttle: values.throttle, clock });
  io.say(`Done: ${count(moves.length, "partition")} as planned`);
}

async function planTo({ values }: Call, client: Client): Promise<PlannedMove[]> {
  const { describeCluster, planSpread } = await import("../client/mod.ts");
  const [{ brokers }, all] = await Promise.all([
    describeCluster(client.cluster),
    assignmentsOf(client),
  ]);
  const ids = nodeIds("--to", values.to!);
  const chosen = ids.map((id) => {
    const broker = brokers.find((each) => each.id === id);
    if (broker !== undefined && !broker.isFenced) return broker;
    const running = brokers.filter(({ isFenced }) => !isFenced).map((each) => each.id).join(", ");
    const why = broker === undefined ? `There is no broker ${id}` : `Broker ${id} is away`;
    throw new CommandError(why, `Brokers that run: ${running}`);
  });
  return planSpread(ofTopics(all, values.topics), chosen, { replicas: values.replicas });
}

async function planOf({ values, io }: Call, client: Client, file: string): Promise<PlannedMove[]> {
  const { fromKafkaJson } = await import("../client/mod.ts");
  if (values.replicas !== undefined || values.topics !== undefined) {
    throw new UsageError("--replicas and --topics go with --to: a plan says it all by itself");
  }
  const { disk } = await io.platform();
  let bytes: Uint8Array;
  try {
    bytes = disk.readFile(resolve(io.workingDirectory, file));
  } catch (error) {
    throw new CommandError(`Cannot read --plan ${file}: ${(error as Error).message}`);
  }
  const wanted = fromKafkaJson(new TextDecoder().decode(bytes));
  const now = new Map((await assignmentsOf(client)).map((each) => [keyOf(each), each.replicas]));
  return wanted.map((each) => {
    const before = now.get(keyOf(each));
    if (before !== undefined) return { ...each, before };
    throw new CommandError(`There is no partition ${each.partition} of a topic "${each.topic}"`);
  }).filter(({ before, replicas }) => before.join() !== replicas.join());
}

/** Those of the topics by commas; all of them without. A topic that is not there is told of. */
function ofTopics<T extends Assignment>(all: readonly T[], topics: string | undefined): T[] {
  if (topics === undefined) return [...all];
  const names = topics.split(",").map((name) => name.trim());
  const missing = names.find((name) => !all.some(({ topic }) => topic === name));
  if (missing !== undefined) throw new CommandError(`Topic "${missing}" does not exist`);
  return all.filter(({ topic }) => names.includes(topic));
}

async function showMoving(call: Call, client: Client): Promise<void> {
  const { values, io } = call;
  const { copiedBytes, findThrottle, listReassignments, sizesOf, aliveBrokers } = await import(
    "../client/mod.ts"
  );
  const { cluster } = client;
  const all = await listReassignments(cluster);
  const moving = values.topics === undefined ? all : ofListed(all, values.topics);
  const shown = moving.slice(0, values.limit);
  const sizes = await sizesOf(cluster, shown);
  const rows = await Promise.all(shown.map(async (each) => {
    const size = (sizes.get(keyOf(each)) ?? 0) * each.adding.length;
    return { ...each, copied: await copiedBytes(cluster, [each], sizes), size };
  }));
  const topics = [...new Set((await assignmentsOf(client)).map(({ topic }) => topic))];
  const limited = await findThrottle(cluster, { brokers: await aliveBrokers(cluster), topics });
  const isLimited = limited.brokers.length > 0 || limited.topics.length > 0;
  if (values.json) {
    return await io.write(json({ moving: rows, count: moving.length, throttle: limited }, call));
  }
  if (moving.length === 0) await io.write("Nothing moves\n");
  else {
    await io.write(renderTable([
      { title: "TOPIC", cell: ({ topic }) => topic },
      { title: "PARTITION", cell: ({ partition }) => partition },
      { title: "REPLICAS", cell: ({ replicas }) => replicas.join(",") },
      { title: "ADDING", cell: ({ adding }) => adding.join(",") },
      { title: "REMOVING", cell: ({ removing }) => removing.join(",") },
      {
        title: "COPIED",
        cell: ({ copied, size }) => `${formatSize(copied)} of ${formatSize(size)}`,
        align: "right",
      },
    ], rows));
    if (moving.length > rows.length) await io.write(`… and ${moving.length - rows.length} more\n`);
  }
  if (isLimited) {
    io.say(
      `A limit is set on ${count(limited.brokers.length, "broker")} and ` +
        `${count(limited.topics.length, "topic")}` +
        (moving.length === 0 ? ". Take it back: streamer cluster reassign --unthrottle" : ""),
    );
  }
}

function ofListed(all: readonly Reassignment[], topics: string): Reassignment[] {
  const names = topics.split(",").map((name) => name.trim());
  return all.filter(({ topic }) => names.includes(topic));
}

/** As if its plan were known: what is there, and what it comes to. */
const asMoves = (moving: readonly Reassignment[]): PlannedMove[] =>
  moving.map(({ topic, partition, replicas, adding, removing }) => ({
    topic,
    partition,
    before: replicas.filter((id) => !adding.includes(id)),
    replicas: replicas.filter((id) => !removing.includes(id)),
  }));

async function waitFor({ values, io }: Call, client: Client): Promise<void> {
  const { clock } = await io.platform();
  const { listReassignments } = await import("../client/mod.ts");
  const all = await listReassignments(client.cluster);
  const moving = values.topics === undefined ? all : ofListed(all, values.topics);
  if (moving.length === 0) return io.say("Nothing moves");
  await follow(client.cluster, asMoves(moving), { io, throttle: 0, clock });
  io.say(`Done: ${count(moving.length, "partition")}`);
}

async function cancel(call: Call, client: Client): Promise<void> {
  const { values, io } = call;
  const { alterReassignments, listReassignments } = await import("../client/mod.ts");
  const all = await listReassignments(client.cluster);
  const moving = values.topics === undefined ? all : ofListed(all, values.topics);
  if (moving.length === 0) return io.say("Nothing moves");
  if (values["dry-run"]) {
    await io.write(moving.map((each) => `${keyOf(each)}\n`).join(""));
    return io.say("Nothing is changed: this was a dry run");
  }
  const refused = (await alterReassignments(
    client.cluster,
    moving.map(({ topic, partition }) => ({ topic, partition, replicas: null })),
  )).filter(({ error }) => error !== "NO_REASSIGNMENT_IN_PROGRESS"); // it came to its end just now
  const stopped = moving.length - refused.length;
  await io.write(`Stopped ${count(stopped, "partition")}\n`);
  if (refused.length > 0) {
    const [first] = refused;
    throw new CommandError(
      `Cannot stop ${count(refused.length, "partition")}, among them ${keyOf(first)}: ` +
        first.message,
    );
  }
  if (stopped === all.length) await unthrottle(call, client);
}

async function unthrottle({ io }: Call, client: Client): Promise<void> {
  const { aliveBrokers, clearThrottle, findThrottle } = await import("../client/mod.ts");
  const { cluster } = client;
  const topics = [...new Set((await assignmentsOf(client)).map(({ topic }) => topic))];
  const limited = await findThrottle(cluster, { brokers: await aliveBrokers(cluster), topics });
  if (limited.brokers.length === 0 && limited.topics.length === 0) {
    return io.say("No limit is set");
  }
  await clearThrottle(cluster, limited);
  io.say("Limits are taken back");
}
