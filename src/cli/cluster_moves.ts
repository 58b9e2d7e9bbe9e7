/**
 * What `cluster drain` and `cluster reassign` share: a plan as people and programs see it, and the
 * carrying out of it, with a bar that tells how far it is.
 */
import { formatSize, keyOf } from "../base/mod.ts";
import type { Assignment, Client, MoveProgress, PlannedMove } from "../client/mod.ts";
import type { Clock } from "../platform/mod.ts";
import type { Flags } from "./flags.ts";
import { CommandError, type Io } from "./io.ts";
import { StatusLine } from "./status_line.ts";
import { renderTable } from "./table.ts";

export const MOVE_FLAGS = {
  throttle: {
    type: "size",
    value: "BYTES",
    min: 1,
    help: "The most bytes a second that each broker sends and receives for it, e.g. 10MiB",
  },
  "dry-run": { type: "boolean", help: "Show what would be done, and do nothing" },
  limit: {
    type: "integer",
    value: "N",
    default: 50,
    min: 0,
    max: 100_000,
    help: "So many partitions are listed",
  },
} as const satisfies Flags;

/** All partitions with where they are to be: what is just being removed does not count any more. */
export async function assignmentsOf({ cluster }: Client): Promise<Assignment[]> {
  const { describeTopics, listReassignments } = await import("../client/mod.ts");
  const [topics, moving] = await Promise.all([
    describeTopics(cluster, null),
    listReassignments(cluster),
  ]);
  const removing = new Map(moving.map((each) => [keyOf(each), each.removing]));
  return topics.flatMap(({ name: topic, partitions }) =>
    partitions.map(({ partition, replicas }) => {
      const gone = removing.get(keyOf({ topic, partition })) ?? [];
      return { topic, partition, replicas: replicas.filter((id) => !gone.includes(id)) };
    })
  );
}

/** What a plan comes to, for people. */
export async function renderPlan(
  moves: readonly PlannedMove[],
  sizes: ReadonlyMap<string, number>,
  limit: number,
): Promise<string> {
  const { copiesOf } = await import("../client/mod.ts");
  const table = renderTable([
    { title: "TOPIC", cell: ({ topic }) => topic },
    { title: "PARTITION", cell: ({ partition }) => partition },
    { title: "FROM", cell: ({ before }) => before.join(",") },
    { title: "TO", cell: ({ replicas }) => replicas.join(",") },
    { title: "COPIED TO", cell: (move) => copiesOf(move).join(",") || "nobody" },
    { title: "SIZE", cell: (move) => sizeText(sizes.get(keyOf(move))), align: "right" },
  ], moves.slice(0, limit));
  const more = moves.length > limit ? `… and ${moves.length - limit} more\n` : "";
  return `${table}${more}\n${await summaryOf(moves, sizes)}\n`;
}

const sizeText = (bytes: number | undefined) => bytes === undefined ? "" : formatSize(bytes);

async function summaryOf(
  moves: readonly PlannedMove[],
  sizes: ReadonlyMap<string, number>,
): Promise<string> {
  const { copiesOf } = await import("../client/mod.ts");
  const copies = moves.reduce((sum, move) => sum + copiesOf(move).length, 0);
  const bytes = moves.reduce(
    (sum, move) => sum + copiesOf(move).length * (sizes.get(keyOf(move)) ?? 0),
    0,
  );
  const leaders = moves.filter(({ before, replicas }) => before[0] !== replicas[0]).length;
  return `${count(moves.length, "partition")} to change: ${count(copies, "replica")} to copy ` +
    `(${formatSize(bytes)}), ${count(leaders, "preferred leader")} to change.`;
}

/** The same for programs: Kafka's own format, to go there and to come back. */
export async function planJson(moves: readonly PlannedMove[]) {
  const { toKafkaJson } = await import("../client/mod.ts");
  return {
    moves: moves.map(({ topic, partition, before, replicas }) => ({
      topic,
      partition,
      before,
      after: replicas,
    })),
    current: toKafkaJson(moves.map((move) => ({ ...move, replicas: move.before }))),
    proposed: toKafkaJson(moves),
  };
}

/** Begins the moves and waits for their end. What is refused is told, and all else done. */
export async function carryOut(
  { cluster }: Client,
  moves: readonly PlannedMove[],
  { io, throttle, clock }: { io: Io; throttle: number | undefined; clock: Clock },
): Promise<void> {
  const { beginMoves } = await import("../client/mod.ts");
  const refused = await beginMoves(cluster, moves, { throttle });
  const keys = new Set(refused.map(keyOf));
  const begun = moves.filter((move) => !keys.has(keyOf(move)));
  if (begun.length > 0) await follow(cluster, begun, { io, throttle, clock });
  if (refused.length === 0) return;
  const shown = refused.slice(0, 10).map((each) => `${keyOf(each)}: ${each.message}`);
  const more = refused.length > shown.length ? ["…"] : [];
  const message = [`Refused for ${count(refused.length, "partition")}:`, ...shown, ...more];
  throw new CommandError(message.join("\n  "), "All others have been moved");
}

/** Shows how far these are, to their end; ^C stops the showing and not the moving. */
export async function follow(
  cluster: Client["cluster"],
  moves: readonly PlannedMove[],
  { io, throttle, clock }: { io: Io; throttle: number | undefined; clock: Clock },
): Promise<void> {
  const { watchMoves } = await import("../client/mod.ts");
  const line = new StatusLine(io, clock, { asJson: false });
  const rate = new Rate(clock);
  try {
    const other = await watchMoves(cluster, moves, {
      throttle,
      signal: io.signal,
      onProgress: (progress) => line.show({ moving: barOf(progress, rate.of(progress.bytes)) }),
    });
    line.end();
    if (other.length > 0) {
      throw new CommandError(
        `${count(other.length, "partition")} did not come to be as planned, among them ` +
          `${keyOf(other[0])}: somebody stopped or changed it`,
        "See what moves: streamer cluster reassign --status",
      );
    }
  } catch (error) {
    if (io.signal.aborted) {
      line.end();
      io.say("The cluster goes on moving by itself. See: streamer cluster reassign --status");
      io.say(
        `Stop it: streamer cluster reassign --cancel${
          throttle === undefined
            ? ""
            : "; take the limit back: streamer cluster reassign --unthrottle"
        }`,
      );
    }
    throw error;
  }
}

const WIDTH = 30;

/** Bytes tell most about how long it takes; where nothing is copied, partitions do. */
export function barOf({ done, of, bytes, ofBytes }: MoveProgress, bytesPerSecond: number): string {
  const part = ofBytes > 0 ? bytes / ofBytes : done / Math.max(of, 1);
  const filled = Math.floor(part * WIDTH);
  const bar = `[${"#".repeat(filled)}${".".repeat(WIDTH - filled)}]`;
  const copied = ofBytes > 0 ? `, ${formatSize(bytes)} of ${formatSize(ofBytes)}` : "";
  const isMoving = bytesPerSecond > 0 && bytes < ofBytes;
  return `${bar} ${done} of ${of} partitions${copied}` +
    (isMoving ? `, ${formatSize(bytesPerSecond)}/s` : "");
}

/** Bytes a second since the first look. */
class Rate {
  readonly #clock: Clock;
  #first: { atMs: number; bytes: number } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  of(bytes: number): number {
    const atMs = this.#clock.monotonic();
    this.#first ??= { atMs, bytes };
    const ms = atMs - this.#first.atMs;
    return ms < 1000 ? 0 : Math.round((bytes - this.#first.bytes) / ms * 1000);
  }
}

export const count = (number: number, what: string) =>
  `${number} ${what}${number === 1 ? "" : "s"}`;
