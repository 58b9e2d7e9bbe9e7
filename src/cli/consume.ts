/**
 * `streamer consume TOPIC`: records from any point of the log, then live; alone, or as a member of
 * a group.
 */
import { parseTime } from "../base/mod.ts";
import type { Client, IncomingRecord, ReadFrom } from "../client/mod.ts";
import type { Clock } from "../platform/mod.ts";
import { BROKERS_FLAG, command } from "./command.ts";
import { type Io, UsageError } from "./io.ts";
import { type RecordFormat, recordFormat } from "./record_format.ts";
import { TOPIC_FLAG, topicOf } from "./topic_argument.ts";
import { withClient } from "./with_client.ts";

/** Output gathers up to this, or until nothing more has come in the same turn. */
const WRITE_BYTES = 256 * 1024;

export const consumeCommand = command({
  name: "consume",
  summary: "Read records, from any point, live",
  usage: "TOPIC [flags]",
  description:
    "Without --group, reads every partition and leaves nothing behind in the cluster. With --group, shares " +
    "the partitions with the group's other members and commits what it has printed.",
  examples: [
    ["streamer consume orders --from beginning", "all there is, then what comes"],
    ["streamer consume orders --from -5m --until end", "the last five minutes"],
    ["streamer consume orders --from 10:00 --max-messages 3 --format json", ""],
    ["streamer consume orders --from 4711 --partition 2", "from an offset on"],
    ["streamer consume pictures --from -1m --max-messages 1 --format raw > picture.jpg", ""],
    ["streamer consume orders --group billing", "go on where the group was"],
    [`streamer consume orders --format '{offset} {key}: {value}\\n'`, ""],
  ],
  positionals: { min: 0, max: 1 },
  flags: {
    ...BROKERS_FLAG,
    ...TOPIC_FLAG,
    from: {
      type: "string",
      value: "WHERE",
      help:
        "beginning, end, an offset, or a time: 10:00, -5m, 2026-05-17T10:00 (default end; in a group, of one that is new)",
    },
    until: { type: "string", choices: ["end"], help: "Stop at the end of the log as it is now" },
    partition: { type: "integer", short: "p", min: 0, help: "Only this one" },
    group: { type: "string", short: "g", help: "Read as a member of this group" },
    format: {
      type: "string",
      short: "f",
      value: "FORMAT",
      default: "value",
      help:
        "value, raw (nothing between values), json, hex, or a template with {topic} {partition} {offset} {timestamp} " +
        "{time} {key} {value} {size} {headers}",
    },
    json: { type: "boolean", help: "The same as --format json" },
    "max-messages": { type: "integer", short: "n", min: 1, help: "Stop after so many" },
    timeout: { type: "duration", help: "Stop when nothing has come for so long" },
  },
  async run(call) {
    const { values, io } = call;
    const topic = topicOf(call);
    const { clock } = await io.platform();
    const from = parseFrom(values.from ?? "end", clock.now());
    if (values.group !== undefined) checkGroup(values, from);
    const format = recordFormat(values.json ? "json" : values.format, {
      isTerminal: io.isOutTerminal,
    });
    await withClient(call, async (client) => {
      await client.offsets(topic); // what is not there is said at once, not waited for
      const stop = new Stop(io.signal, clock, values.timeout);
      const most = values["max-messages"] ?? Infinity;
      const printer = new Printer(io, clock, { format, most, onFailure: () => stop.now() });
      try {
        const { partition, until, group } = values;
        if (group === undefined) {
          await readAlone(client, topic, { from, partition, until: until as "end" | undefined }, {
            printer,
            stop,
            io,
          });
        } else {
          await readInGroup(client, topic, { group, from: from as "beginning" | "end" }, {
            printer,
            stop,
          });
        }
      } finally {
        stop.done();
      }
    });
  },
});

/** `beginning`, `end`, an offset, or a time. Throws a {@link UsageError}. */
export function parseFrom(text: string, nowMs: number): ReadFrom {
  if (text === "beginning" || text === "end") return text;
  if (text === "earliest") return "beginning";
  if (text === "latest") return "end";
  const timestamp = parseTime(text, nowMs);
  if (timestamp !== undefined) return { timestamp };
  if (/^\d+$/.test(text)) return { offset: Number(text) };
  throw new UsageError(
    `--from cannot be "${text}": it is beginning, end, an offset or a time`,
    "Times are like 10:00, -5m or 2026-05-17T10:00",
  );
}

function checkGroup(
  { partition, until }: { partition?: number; until?: string },
  from: ReadFrom,
): void {
  if (partition !== undefined) {
    throw new UsageError("--partition does not go with --group: the group shares them out");
  }
  if (until !== undefined) {
    throw new UsageError("--until does not go with --group", "--timeout does");
  }
  if (typeof from === "object") throw new UsageError("With --group, --from is beginning or end");
}

interface Work {
  printer: Printer;
  stop: Stop;
}

async function readAlone(
  client: Client,
  topic: string,
  options: { from: ReadFrom; partition?: number; until?: "end" },
  { printer, stop, io }: Work & { io: Io },
): Promise<void> {
  const onState = (state: string, reason?: string) => {
    if (state === "disconnected") io.say(`${reason}; trying again`);
  };
  for await (const record of client.read(topic, { ...options, signal: stop.signal, onState })) {
    stop.restart();
    // Waiting for each record's write would be slow, and not waiting at all would fill memory.
    if (printer.add(record)) await printer.flush();
    if (printer.isFull) break;
  }
  await printer.flush();
}

async function readInGroup(
  client: Client,
  topic: string,
  { group, from }: { group: string; from: "beginning" | "end" },
  { printer, stop }: Work,
): Promise<void> {
  const write = async (records: IncomingRecord[]) => {
    stop.restart();
    let printed = 0;
    for (const record of records) {
      if (printer.isFull) break;
      if (printer.add(record)) await printer.flush();
      printed++;
    }
    await printer.flush();
    if (printer.isFull) stop.now();
    return printed;
  };
  await client.consume({ groupId: group, topic, from, signal: stop.signal, write });
}

/** Gathers what is printed, so that a million records are not a million writes. */
class Printer {
  readonly #io: Io;
  readonly #clock: Clock;
  readonly #format: RecordFormat;
  #left: number;
  #parts: Uint8Array[] = [];
  #bytes = 0;
  #isDue = false;
  /** Writes go out one behind the other. */
  #writing: Promise<void> = Promise.resolve();
  #failure: { error: unknown } | undefined;

  /** Called when what was to leave by itself could not; the next call of ours throws why. */
  readonly #onFailure: () => void;

  constructor(
    io: Io,
    clock: Clock,
    { format, most, onFailure }: { format: RecordFormat; most: number; onFailure: () => void },
  ) {
    this.#io = io;
    this.#clock = clock;
    this.#format = format;
    this.#left = most;
    this.#onFailure = onFailure;
  }

  get isFull(): boolean {
    return this.#left <= 0;
  }

  /**
   * Takes in a record; true when it is time to flush. What is not flushed by then leaves by itself,
   * at once.
   */
  add(record: IncomingRecord): boolean {
    if (this.#failure) throw this.#failure.error;
    const text = this.#format(record);
    const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
    this.#parts.push(bytes);
    this.#bytes += bytes.length;
    this.#left--;
    if (this.#bytes >= WRITE_BYTES) return true;
    if (!this.#isDue) {
      this.#isDue = true;
      this.#clock.after(0, () => this.flush().catch(this.#onFailure));
    }
    return false;
  }

  async flush(): Promise<void> {
    this.#isDue = false;
    const parts = this.#parts.splice(0);
    this.#bytes = 0;
    if (parts.length > 0) {
      this.#writing = this.#writing.then(() => this.#io.write(joined(parts))).catch((error) => {
        this.#failure = { error };
      });
    }
    await this.#writing;
    if (this.#failure) throw this.#failure.error;
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Ends reading: by ^C, or when nothing has come for a while. */
class Stop {
  readonly #idle = new AbortController();
  readonly #clock: Clock;
  readonly #timeoutMs: number | undefined;
  readonly signal: AbortSignal;
  #timer: { cancel(): void } | undefined;

  constructor(signal: AbortSignal, clock: Clock, timeoutMs: number | undefined) {
    this.signal = AbortSignal.any([signal, this.#idle.signal]);
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.restart();
  }

  /** Something has come: the waiting begins anew. */
  restart(): void {
    if (this.#timeoutMs === undefined) return;
    this.#timer?.cancel();
    this.#timer = this.#clock.after(this.#timeoutMs, () => this.now());
  }

  now(): void {
    this.#idle.abort();
  }

  done(): void {
    this.#timer?.cancel();
  }
}
