/** `streamer group reset`: has a group go on reading elsewhere. */
import { resolve } from "node:path";
import { parseTime } from "../base/mod.ts";
import type { PlannedOffset, ResetTo, TopicScope } from "../client/mod.ts";
import { BROKERS_FLAG, command, JSON_FLAG } from "./command.ts";
import { UsageError } from "./io.ts";
import { renderTable } from "./table.ts";
import { json, withClient } from "./with_client.ts";

export const resetCommand = command({
  name: "group reset",
  summary: "Have a group go on reading elsewhere",
  usage: "GROUP --to WHERE [flags]",
  description:
    "Shows what would change, and changes it with --execute. Nobody may be in the group meanwhile. " +
    "Offsets outside of the log are moved to its nearer end.",
  examples: [
    [
      "streamer group reset billing --to beginning",
      "read everything again: what that would change",
    ],
    ["streamer group reset billing --to -1h --execute", "from an hour ago on"],
    ["streamer group reset billing --topic orders:0,2 --to 4711 --execute", "two partitions"],
    ["streamer group reset billing --by 1 --topic orders:0 --execute", "skip one record"],
    ["streamer group reset billing --to current --csv > now.csv", "keep where it is …"],
    ["streamer group reset billing --from-file now.csv --execute", "… and go back there"],
  ],
  positionals: { min: 1, max: 1 },
  flags: {
    ...BROKERS_FLAG,
    to: {
      type: "string",
      value: "WHERE",
      help: "beginning, end, current, an offset, or a time: 10:00, -5m, 2026-05-17T10:00",
    },
    by: { type: "integer", value: "N", help: "So many records on; back with a minus" },
    "from-file": {
      type: "string",
      value: "FILE",
      help: "Lines of topic,partition,offset, as --csv prints them",
    },
    topic: {
      type: "string",
      short: "t",
      value: "TOPIC[:N,…]",
      multiple: true,
      help: "Only this topic, or these partitions of it (default all that the group has read)",
    },
    execute: { type: "boolean", help: "Do it" },
    csv: { type: "boolean", help: "Print the new offsets as lines for --from-file" },
    ...JSON_FLAG,
  },
  async run(call) {
    const { values, positionals: [group], io } = call;
    const { clock, disk } = await io.platform();
    const given = [values.to, values.by, values["from-file"]].filter((each) => each !== undefined);
    if (given.length !== 1) {
      throw new UsageError("One of --to, --by and --from-file is needed", "For example: --to end");
    }
    const file = values["from-file"];
    const wanted = file === undefined
      ? undefined
      : parseCsv(file, new TextDecoder().decode(disk.readFile(resolve(io.workingDirectory, file))));
    const scope = values.topic.map(parseScope);
    const to = values.by !== undefined
      ? { by: values.by }
      : parseTo(values.to ?? "end", clock.now());
    await withClient(call, async ({ cluster }) => {
      const { planOffsets, planReset, resetOffsets } = await import("../client/mod.ts");
      const plan = wanted !== undefined
        ? await planOffsets(cluster, group, wanted)
        : await planReset(cluster, group, to, scope.length > 0 ? scope : undefined);
      if (values.execute) await resetOffsets(cluster, group, plan);
      await io.write(values.json ? json(plan, call) : values.csv ? csv(plan) : table(plan));
      if (!values.execute && plan.length > 0) io.say("Nothing is changed yet: --execute does it");
    });
  },
});

function parseTo(text: string, nowMs: number): ResetTo {
  if (text === "beginning" || text === "earliest") return "beginning";
  if (text === "end" || text === "latest") return "end";
  if (text === "current") return text;
  const timestamp = parseTime(text, nowMs);
  if (timestamp !== undefined) return { timestamp };
  if (/^\d+$/.test(text)) return { offset: Number(text) };
  throw new UsageError(
    `--to cannot be "${text}": it is beginning, end, current, an offset or a time`,
    "Times are like 10:00, -5m or 2026-05-17T10:00",
  );
}

/** `orders` or `orders:0,2`. */
export function parseScope(text: string): TopicScope {
  const [, topic, partitions] = /^([^:]+)(?::(\d+(?:,\d+)*))?$/.exec(text) ?? [];
  if (topic === undefined) {
    throw new UsageError(`"${text}" is not a topic`, "For example: orders, or orders:0,2");
  }
  return partitions === undefined ? { topic } : {
    topic,
    partitions: partitions.split(",").map(Number),
  };
}

function parseCsv(file: string, text: string) {
  return text.split("\n").filter((line) => line.trim() !== "").map((line) => {
    const [, topic, partition, offset] = /^([^,]+),(\d+),(\d+)$/.exec(line.trim()) ?? [];
    if (topic === undefined) {
      throw new UsageError(`Cannot read ${file}: "${line}" is not topic,partition,offset`);
    }
    return { topic, partition: Number(partition), offset: Number(offset) };
  });
}

const csv = (plan: readonly PlannedOffset[]): string =>
  plan.map(({ topic, partition, after }) => `${topic},${partition},${after}\n`).join("");

const table = (plan: readonly PlannedOffset[]): string =>
  renderTable([
    { title: "TOPIC", cell: ({ topic }) => topic },
    { title: "PARTITION", cell: ({ partition }) => partition },
    { title: "BEFORE", cell: ({ before }) => before },
    { title: "AFTER", cell: ({ after }) => after },
  ], plan);
