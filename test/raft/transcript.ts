/**
 * Plays one node of a quorum from a transcript: lines that begin with `>` are what happens to it,
 * the lines below are all that it did about it. Chance is always 0, so that election timeouts are
 * the shortest.
 */
import {
  type Effects,
  type LogEnd,
  NOTHING_PROMISED,
  type QuorumStateData,
  RaftCore,
  type RaftMessage,
} from "../../src/raft/mod.ts";

/** A log that knows only its epochs: `[epoch, endOffset]` in order. */
export class EpochLog {
  start: LogEnd = { epoch: 0, endOffset: 0 };
  snapshot: LogEnd | undefined;
  /** `[ids, behind the record that says so]`; the last counts. */
  changes: [voters: number[], offset: number][] = [];
  isFull = false;

  constructor(
    voters: number[] = [],
    public epochs: [epoch: number, endOffset: number][] = [],
  ) {
    this.changes.push([voters, 0]);
  }
  get voters(): number[] {
    return this.changes.at(-1)![0];
  }
  get previousVoters(): number[] {
    return (this.changes.at(-2) ?? this.changes[0])[0];
  }
  get votersOffset(): number {
    return this.changes.at(-1)![1];
  }
  get end(): LogEnd {
    const last = this.epochs.at(-1);
    return { epoch: last?.[0] ?? 0, endOffset: last?.[1] ?? 0 };
  }
  endOf(epoch: number): LogEnd {
    const found = this.epochs.findLast(([e]) => e <= epoch);
    return { epoch: found?.[0] ?? 0, endOffset: found?.[1] ?? 0 };
  }
  append(epoch: number, count: number) {
    const { endOffset } = this.end;
    if (this.end.epoch === epoch && this.epochs.length > 0) this.epochs.pop();
    this.epochs.push([epoch, endOffset + count]);
  }
  truncateTo(offset: number) {
    while ((this.epochs.at(-2)?.[1] ?? (this.epochs.length > 0 ? 0 : -1)) >= offset) {
      this.epochs.pop();
    }
    const last = this.epochs.at(-1);
    if (last !== undefined) last[1] = Math.min(last[1], offset);
    while (this.votersOffset > offset) this.changes.pop();
  }
}

const alwaysZero = { int: () => 0, fill: (into: Uint8Array) => into };
const name = (id: number | undefined) => id === undefined ? "none" : `${id}`;

class Player {
  #core!: RaftCore;
  #log = new EpochLog();
  #now = 0;
  #saved: QuorumStateData | undefined;

  play(command: string): string[] {
    const [verb, ...rest] = command.split(" ");
    const fields = new Map(
      rest.filter((w) => w.includes("=")).map((w) => w.split("=") as [string, string]),
    );
    const number = (key: string, otherwise = 0) => Number(fields.get(key) ?? otherwise);
    const id = (key: string) =>
      fields.has(key) && fields.get(key) !== "none" ? number(key) : undefined;
    const logEnd = (key: string): LogEnd | undefined => {
      const [epoch, endOffset] = (fields.get(key) ?? "").split("@").map(Number);
      return fields.has(key) ? { epoch, endOffset } : undefined;
    };
    switch (verb) {
      case "node": {
        const log = fields.get("log");
        this.#log = new EpochLog(
          fields.get("voters")!.split(",").map(Number),
          log?.split(",").map((e) => e.split("@").map(Number) as [number, number]),
        );
        this.#log.snapshot = logEnd("snapshot");
        this.#log.start = logEnd("begins") ?? this.#log.start;
        this.#saved = fields.has("epoch")
          ? { epoch: number("epoch"), votedId: id("voted"), leaderId: id("leader") }
          : undefined;
        this.#core = new RaftCore(
          {
            nodeId: number("id"),
            bootstrapIds: fields.has("bootstrap") ? [number("bootstrap")] : [],
            electionTimeoutMs: 1000,
            fetchTimeoutMs: 2000,
            fetchMaxWaitMs: 500,
            electionBackoffMaxMs: 1000,
          },
          this.#log,
          alwaysZero,
          this.#saved,
          this.#now,
          number("committed"),
        );
        return [`is ${this.#core.state.name} epoch=${this.#core.epoch}`];
      }
      case "start":
        return this.#say(this.#core.start(this.#now));
      case "timer":
        this.#now = this.#core.nextDeadline ?? this.#now;
        return [`time is ${this.#now}`, ...this.#say(this.#core.onTimer(this.#now))];
      case "wait":
        this.#now += Number(rest[0]);
        return this.#say(this.#core.onTimer(this.#now));
      case "append":
        this.#log.append(this.#core.epoch, Number(rest[0]));
        return this.#say(this.#core.onAppended(this.#now));
      case "voters": {
        this.#log.append(this.#core.epoch, 1);
        this.#log.changes.push([rest[0].split(",").map(Number), this.#log.end.endOffset]);
        return this.#say(this.#core.onAppended(this.#now));
      }
      case "loaded": {
        const [epoch, endOffset] = rest[0].split("@").map(Number);
        this.#log.epochs = [[epoch, endOffset]];
        this.#log.start = this.#log.snapshot = { epoch, endOffset };
        return this.#say(this.#core.onSnapshotLoaded(this.#log.snapshot, this.#now));
      }
      case "change?":
        return [this.#core.whyNoVoterChange ?? "may be made"];
      case "caught-up?":
        return [`${this.#core.isCaughtUp(Number(rest[0]), this.#now)}`];
      case "flushed":
        return this.#say(
          this.#core.onFlushed(Number(rest[0] ?? this.#log.end.endOffset), this.#now),
        );
      case "full":
      case "room":
        this.#log.isFull = verb === "full";
        return [];
      case "lost":
        return this.#say(this.#core.onPeerLost(Number(rest[0]), this.#now));
      case "resign":
        return this.#say(this.#core.resign(this.#now));
      default: {
        const message = {
          type: verb,
          from: number("from"),
          to: this.#core.config.nodeId,
          epoch: number("epoch"),
          leaderId: id("leader"),
          logEnd: logEnd("log"),
          preVote: fields.get("preVote") === "true",
          granted: fields.get("granted") === "true",
          preferredSuccessors: fields.get("successors")?.split(",").map(Number),
          fetchOffset: number("offset"),
          lastFetchedEpoch: number("last"),
          highWatermark: number("hw"),
          error: fields.get("error") ?? "NONE",
          diverging: logEnd("diverging"),
          snapshot: logEnd("snapshot"),
          position: number("position"),
          sizeInBytes: number("size"),
          bytes: new Uint8Array(number("bytes")),
          asked: logEnd("asked") ?? this.#log.end,
          recordsFrom: fields.has("records") ? number("recordsFrom") : undefined,
          records: fields.has("records") ? new Uint8Array(number("records")) : undefined,
        } as unknown as RaftMessage;
        return this.#say(this.#core.onMessage(message, this.#now));
      }
    }
  }

  #say(effects: Effects): string[] {
    const lines: string[] = [];
    for (const { from, to, epoch, leaderId, why } of effects.transitions) {
      lines.push(`${from} to ${to} epoch=${epoch} leader=${name(leaderId)}: ${why}`);
    }
    const { persist, truncateTo, append, highWatermark, snapshotPart } = effects;
    const opensEpoch = append !== undefined && "leaderChange" in append;
    if (this.#log.isFull && (persist || opensEpoch)) {
      const kept = {
        saved: this.#saved ?? NOTHING_PROMISED,
        committed: this.#core.highWatermark,
        flushed: this.#log.end.endOffset,
      };
      return [...lines, "no room", ...this.#say(this.#core.onNoRoom(kept, this.#now))];
    }
    if (persist) {
      this.#saved = persist;
      lines.push(
        `persist epoch=${persist.epoch} voted=${name(persist.votedId)} leader=${
          name(persist.leaderId)
        }`,
      );
    }
    if (truncateTo !== undefined) {
      this.#log.truncateTo(truncateTo);
      lines.push(`cut the log to ${truncateTo}`);
    }
    if (snapshotPart) {
      const { snapshot: { epoch, endOffset }, position, bytes, isLast } = snapshotPart;
      const place = `${position} to ${position + bytes.length}`;
      lines.push(`snapshot ${epoch}@${endOffset} bytes ${place}${isLast ? ", all" : ""}`);
    }
    if (append && "leaderChange" in append) {
      const { epoch, leaderId, voters, grantingVoters } = append.leaderChange;
      lines.push(
        `append LEADER_CHANGE epoch=${epoch} leader=${leaderId} voters=${voters} granting=${grantingVoters} at ${this.#log.end.endOffset}`,
      );
      this.#log.append(epoch, 1);
    } else if (append) {
      lines.push(`append ${append.records.length} records at ${this.#log.end.endOffset}`);
      this.#log.append(this.#core.epoch, append.records.length);
    }
    if (highWatermark !== undefined) lines.push(`committed below ${highWatermark}`);
    for (const message of effects.send) lines.push(this.#saySent(message));
    return lines.length > 0 ? lines : ["nothing"];
  }

  #saySent({ type, from: _, to, ...fields }: RaftMessage): string {
    const words = Object.entries(fields).map(([key, value]) =>
      value !== null && typeof value === "object" && "endOffset" in value
        ? `${key}=${value.epoch}@${value.endOffset}`
        : `${key}=${value ?? "none"}`
    );
    return `send ${type} to ${to} ${words.join(" ")}`;
  }
}

/** Plays all of a transcript and returns it as it should have been written. */
export function replayTranscript(text: string): string {
  let player = new Player();
  const out: string[] = [];
  for (const line of text.split("\n")) {
    if (line.startsWith("#") || line === "") {
      if (line.startsWith("#") && (out.at(-1) ?? "") === "") player = new Player();
      out.push(line);
    } else if (line.startsWith("> ")) {
      out.push(line, ...player.play(line.slice(2)).map((l) => `  ${l}`));
    }
  }
  return out.join("\n");
}
