/** `streamer produce TOPIC`: lines of the input, or whole files, become records. */
import { resolve } from "node:path";
import type { Acks, OutgoingRecord, Sent } from "../client/mod.ts";
import type { Disk } from "../platform/mod.ts";
import { BROKERS_FLAG, command, JSON_FLAG } from "./command.ts";
import { CommandError, UsageError } from "./io.ts";
import { linesOf } from "./lines.ts";
import { pairsOf } from "./topic.ts";
import { TOPIC_FLAG, topicOf } from "./topic_argument.ts";
import { json, withClient } from "./with_client.ts";

/** Lines gather to batches of this size; a person who types waits for none of it. */
const BATCH = { records: 1000, bytes: 512 * 1024 };
const READ_BYTES = 256 * 1024;
const CODECS = ["none", "gzip", "snappy", "lz4", "zstd"] as const;

export const produceCommand = command({
  name: "produce",
  summary: "Write lines or files as records",
  usage: "TOPIC [flags]",
  description:
    "Each line of standard input is a record. With --file, each file is one, whole and byte for byte; " +
    "with --file and --lines, each of its lines.",
  examples: [
    ["echo hello | streamer produce orders", ""],
    [
      "streamer produce orders --key-separator : < orders.txt",
      `"a:1" has the key a and the value 1`,
    ],
    ["streamer produce pictures --file cat.jpg --header content-type=image/jpeg", ""],
    ["streamer produce orders --file orders.txt --lines --compression zstd", ""],
  ],
  positionals: { min: 0, max: 1 },
  flags: {
    ...BROKERS_FLAG,
    ...TOPIC_FLAG,
    file: {
      type: "string",
      short: "f",
      value: "PATH",
      multiple: true,
      help: "A file to write as a record",
    },
    lines: { type: "boolean", help: "Each line of the files is a record" },
    key: { type: "string", short: "k", help: "Key of every record" },
    "key-separator": { type: "string", help: "Each line is a key, this, and a value" },
    header: {
      type: "string",
      short: "H",
      value: "NAME=VALUE",
      multiple: true,
      help: "A header of every record",
    },
    partition: {
      type: "integer",
      short: "p",
      min: 0,
      help: "Where to; without it, chosen by the key",
    },
    acks: {
      type: "string",
      choices: ["all", "1", "0"],
      default: "all",
      help: "Who must have a record: all in-sync replicas, the leader, or nobody",
    },
    compression: {
      type: "string",
      short: "z",
      choices: CODECS,
      default: "none",
      help: "How batches are packed",
    },
    ...JSON_FLAG,
  },
  async run(call) {
    const { values, io } = call;
    const topic = topicOf(call);
    const separator = values["key-separator"];
    if (values.key !== undefined && separator !== undefined) {
      throw new UsageError("--key and --key-separator exclude each other");
    }
    if (values.lines && values.file.length === 0) throw new UsageError("--lines goes with --file");
    const headers = pairsOf("--header", values.header);
    const template = { topic, key: values.key ?? null, headers, partition: values.partition };
    const { disk } = await io.platform();
    const source = values.file.length === 0
      ? recordsOfLines(io.stdin(), template, separator)
      : recordsOfFiles(
        disk,
        values.file.map((path) => resolve(io.workingDirectory, path)),
        values.lines,
        template,
        separator,
      );
    if (values.file.length === 0 && io.isInTerminal) {
      io.say("Type records, one a line; end with ^D");
    }
    await withClient(call, async (client) => {
      await client.offsets(topic); // a topic that is not there is said before a person types
      const acks = values.acks === "all" ? "all" : Number(values.acks) as Acks;
      const compression = values.compression as typeof CODECS[number];
      const tally = new Tally();
      // A person at a terminal wants each line to leave; from a pipe, lines gather while a batch is
      // on its way.
      const limit = io.isInTerminal && values.file.length === 0 ? { ...BATCH, records: 1 } : BATCH;
      for await (const batch of batchesOf(source, limit, io.signal)) {
        tally.add(await client.send(batch, { acks, compression }));
      }
      if (values.json) return await io.write(json(tally.partitions, call));
      io.say(tally.text(topic));
    });
  },
});

type Template = Pick<OutgoingRecord, "topic" | "key" | "headers" | "partition">;

async function* recordsOfLines(
  chunks: AsyncIterable<Uint8Array>,
  template: Template,
  separator: string | undefined,
): AsyncGenerator<OutgoingRecord> {
  const cut = separator === undefined ? undefined : new TextEncoder().encode(separator);
  let number = 0;
  for await (const line of linesOf(chunks)) {
    number++;
    if (!cut) yield { ...template, value: line };
    else {
      const at = indexOfBytes(line, cut);
      if (at < 0) {
        throw new CommandError(`Line ${number} has no "${separator}" between key and value`);
      }
      yield { ...template, key: line.subarray(0, at), value: line.subarray(at + cut.length) };
    }
  }
}

async function* recordsOfFiles(
  disk: Disk,
  paths: readonly string[],
  asLines: boolean,
  template: Template,
  separator: string | undefined,
): AsyncGenerator<OutgoingRecord> {
  for (const path of paths) {
    if (asLines) yield* recordsOfLines(chunksOf(disk, path), template, separator);
    else yield { ...template, value: reading(path, () => disk.readFile(path)) };
  }
}

async function* chunksOf(disk: Disk, path: string): AsyncGenerator<Uint8Array> {
  const file = reading(path, () => disk.open(path, "read"));
  try {
    const buffer = new Uint8Array(READ_BYTES);
    for (let position = 0, read; (read = file.read(buffer, position)) > 0; position += read) {
      yield buffer.subarray(0, read);
    }
  } finally {
    file.close();
  }
}

function reading<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new CommandError(`Cannot read ${path}: ${(cause as Error).message}`, undefined, {
      cause,
    });
  }
}

function indexOfBytes(bytes: Uint8Array, wanted: Uint8Array): number {
  if (wanted.length === 0) return -1;
  for (let at = bytes.indexOf(wanted[0]); at >= 0; at = bytes.indexOf(wanted[0], at + 1)) {
    if (wanted.every((byte, index) => bytes[at + index] === byte)) return at;
  }
  return -1;
}

async function* batchesOf(
  records: AsyncIterable<OutgoingRecord>,
  limit: typeof BATCH,
  signal: AbortSignal,
): AsyncGenerator<OutgoingRecord[]> {
  let batch: OutgoingRecord[] = [];
  let bytes = 0;
  for await (const record of records) {
    if (signal.aborted) break;
    batch.push(record);
    bytes += record.value?.length ?? 0;
    if (batch.length < limit.records && bytes < limit.bytes) continue;
    yield batch;
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) yield batch;
}

/** What was written where. */
class Tally {
  readonly #partitions = new Map<
    number,
    { partition: number; records: number; lastOffset: number | null }
  >();

  add(sent: readonly Sent[]): void {
    for (const { partition, baseOffset, records } of sent) {
      const known = this.#partitions.get(partition)?.records ?? 0;
      const lastOffset = baseOffset === undefined ? null : baseOffset + records - 1;
      this.#partitions.set(partition, { partition, records: known + records, lastOffset });
    }
  }

  get partitions() {
    return [...this.#partitions.values()].sort((one, other) => one.partition - other.partition);
  }

  text(topic: string): string {
    const all = this.partitions;
    const records = all.reduce((sum, one) => sum + one.records, 0);
    const places = all.length > 8
      ? `${all.length} partitions`
      : all.map(({ partition, lastOffset }) =>
        `partition ${partition}${lastOffset === null ? "" : ` up to offset ${lastOffset}`}`
      )
        .join(", ");
    return `Wrote ${records} ${records === 1 ? "record" : "records"} to ${topic}${
      places && `: ${places}`
    }`;
  }
}
