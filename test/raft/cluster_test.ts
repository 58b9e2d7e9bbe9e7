/**
 * Whole quorums from a seed: messages are lost, doubled and reordered, nodes crash and lose what
 * they had not flushed, who asks them is told that nobody is there, also when that is not so, and at
 * every step Raft's promises are checked. At the end the network heals and service must come back.
 */
import { ok, strictEqual } from "node:assert/strict";
import {
  type Effects,
  type FetchSnapshotResponse,
  type LogEnd,
  NOTHING_PROMISED,
  type QuorumStateData,
  RaftCore,
  type RaftMessage,
  type SnapshotPart,
} from "../../src/raft/mod.ts";

/** A small generator with good spread (mulberry32): the same seed, the same run. */
function chance(seed: number) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    int: (below: number) => Math.floor(next() * below),
    fill: (into: Uint8Array) => into,
  };
}

interface Entry {
  epoch: number;
  value: number;
  /** Who votes from here on. */
  voters?: number[];
}
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What a node has of the log: all from `start` on, and a snapshot of what is before it. */
interface Kept {
  start: LogEnd;
  voters: number[];
  entries: Entry[];
}

class Node {
  core!: RaftCore;
  kept: Kept;
  flushed = 0;
  saved: QuorumStateData | undefined;
  isUp = true;
  highWatermark = 0;
  /** What is there of a snapshot that is being fetched. */
  #piece = "";

  constructor(readonly id: number, readonly cluster: Cluster) {
    this.kept = { start: { epoch: 0, endOffset: 0 }, voters: cluster.voters, entries: [] };
    this.boot();
  }
  get start(): LogEnd {
    return this.kept.start;
  }
  get snapshot(): LogEnd | undefined {
    return this.start.endOffset > 0 ? this.start : undefined;
  }
  get end(): LogEnd {
    const { start, entries } = this.kept;
    const epoch = entries.at(-1)?.epoch ?? start.epoch;
    return { epoch, endOffset: start.endOffset + entries.length };
  }
  get #lastChange(): number {
    return this.kept.entries.findLastIndex((entry) => entry.voters !== undefined);
  }
  get voters(): number[] {
    return this.kept.entries[this.#lastChange]?.voters ?? this.kept.voters;
  }
  get previousVoters(): number[] {
    const before = this.kept.entries.slice(0, Math.max(0, this.#lastChange));
    return before.findLast((entry) => entry.voters !== undefined)?.voters ?? this.kept.voters;
  }
  /** Nothing fits on its disk, a vote neither. */
  isFull = false;
  get votersOffset(): number {
    return this.#lastChange < 0 ? 0 : this.start.endOffset + this.#lastChange + 1;
  }
  endOf(epoch: number): LogEnd {
    const { start, entries } = this.kept;
    const last = entries.findLastIndex((entry) => entry.epoch <= epoch);
    if (last >= 0) return { epoch: entries[last].epoch, endOffset: start.endOffset + last + 1 };
    return epoch >= start.epoch ? start : { epoch: 0, endOffset: 0 };
  }
  boot() {
    const { random, now } = this.cluster;
    const times = {
      electionTimeoutMs: 1000,
      fetchTimeoutMs: 2000,
      fetchMaxWaitMs: 500,
      electionBackoffMaxMs: 1000,
    };
    this.highWatermark = this.start.endOffset;
    this.#piece = "";
    this.isUp = true;
    this.isFull = false;
    // Who was away while all voters it knew were voted out needs somebody else to ask.
    const bootstrapIds = this.cluster.ids.filter((id) => id !== this.id);
    const config = { nodeId: this.id, bootstrapIds, ...times };
    this.core = new RaftCore(config, this, random, this.saved, now, this.highWatermark);
    this.perform(this.core.start(now));
  }
  crash() {
    this.isUp = false;
    this.#cut(Math.min(this.end.endOffset, this.flushed));
  }
  #cut(offset: number) {
    this.kept.entries.length = offset - this.start.endOffset;
  }
  propose(entry: Omit<Entry, "epoch">) {
    if (this.isFull) return this.perform(this.core.resign(this.cluster.now));
    this.kept.entries.push({ epoch: this.core.epoch, ...entry });
    this.perform(this.core.onAppended(this.cluster.now));
  }
  flush() {
    if (this.flushed === this.end.endOffset) return;
    this.flushed = this.end.endOffset;
    this.perform(this.core.onFlushed(this.flushed, this.cluster.now));
  }
  /** Forgets the log below what is committed and flushed, but for the snapshot. */
  compact() {
    const upTo = Math.min(this.highWatermark, this.flushed);
    const count = upTo - this.start.endOffset;
    if (count <= 0) return;
    const { entries, voters } = this.kept;
    const gone = entries.slice(0, count);
    const change = gone.findLast((entry) => entry.voters !== undefined);
    this.kept = {
      start: { epoch: gone.at(-1)!.epoch, endOffset: upTo },
      voters: change?.voters ?? voters,
      entries: entries.slice(count),
    };
  }
  onNoRoom() {
    const { saved = NOTHING_PROMISED, highWatermark: committed, flushed } = this;
    this.cluster.noRoom++;
    this.perform(this.core.onNoRoom({ saved, committed, flushed }, this.cluster.now));
  }
  perform(effects: Effects) {
    const hasRoom = !this.isFull || this.cluster.random.next() < 0.2; // some little thing fits
    if (effects.persist && !hasRoom) return this.onNoRoom();
    if (effects.persist) this.saved = effects.persist;
    const opensEpoch = effects.append !== undefined && "leaderChange" in effects.append;
    if (opensEpoch && this.isFull) return this.onNoRoom();
    if (effects.truncateTo !== undefined) {
      ok(effects.truncateTo >= this.highWatermark, "a committed record was cut");
      this.#cut(effects.truncateTo);
      this.flushed = Math.min(this.flushed, effects.truncateTo);
    }
    const { append, snapshotPart } = effects;
    if (append && "leaderChange" in append) {
      this.cluster.elected(append.leaderChange.epoch, this.id);
      this.kept.entries.push({ epoch: append.leaderChange.epoch, value: -1 });
    } else if (append && !this.isFull) {
      this.kept.entries.push(...JSON.parse(decoder.decode(append.records)));
    }
    if (snapshotPart) this.#onPart(snapshotPart);
    if (effects.highWatermark !== undefined) this.#commit(effects.highWatermark);
    for (const message of effects.send) this.cluster.send(this.filled(message));
  }
  #commit(highWatermark: number) {
    ok(highWatermark > this.highWatermark, "the high watermark went back");
    const { start, entries } = this.kept;
    const from = Math.max(this.highWatermark, start.endOffset);
    const committed = entries.slice(from - start.endOffset, highWatermark - start.endOffset);
    this.highWatermark = highWatermark;
    this.cluster.committed(from, committed);
  }
  #onPart({ snapshot, position, bytes, isLast }: SnapshotPart) {
    if (position === 0) this.#piece = "";
    strictEqual(position, this.#piece.length, "pieces of a snapshot are in order");
    this.#piece += decoder.decode(bytes);
    if (!isLast) return;
    ok(snapshot.endOffset >= this.highWatermark, "a snapshot is older than what is committed");
    const voters = JSON.parse(this.#piece);
    this.cluster.checkCommitted(snapshot);
    this.cluster.snapshots++;
    this.kept = { start: snapshot, voters, entries: [] };
    this.flushed = snapshot.endOffset;
    this.highWatermark = snapshot.endOffset;
    this.perform({
      ...this.core.onSnapshotLoaded(snapshot, this.cluster.now),
      highWatermark: undefined,
    });
  }
  filled(message: RaftMessage): RaftMessage {
    if (message.type === "FetchSnapshotResponse" && message.error === "NONE") {
      return this.#withBytes(message);
    }
    if (message.type !== "FetchResponse" || message.recordsFrom === undefined) return message;
    const from = message.recordsFrom - this.start.endOffset;
    const some = this.kept.entries.slice(from, from + 1 + this.cluster.random.int(5));
    return { ...message, records: encoder.encode(JSON.stringify(some)) };
  }
  /** A snapshot's file: who votes. A few bytes at a time. */
  #withBytes(message: FetchSnapshotResponse): FetchSnapshotResponse {
    const { epoch, endOffset } = message.snapshot;
    const isThere = endOffset === this.start.endOffset && epoch === this.start.epoch;
    if (!isThere) return { ...message, error: "SNAPSHOT_NOT_FOUND" };
    const file = encoder.encode(JSON.stringify(this.kept.voters));
    const to = message.position + 1 + this.cluster.random.int(8);
    return { ...message, bytes: file.slice(message.position, to), sizeInBytes: file.length };
  }
}

class Cluster {
  now = 0;
  random: ReturnType<typeof chance>;
  voters: number[];
  ids: number[];
  nodes: Node[];
  faults = true;
  changes = 0;
  snapshots = 0;
  noRoom = 0;
  #mail: { at: number; message: RaftMessage }[] = [];
  #leaders = new Map<number, number>();
  #committed: Entry[] = [];

  constructor(seed: number, voters: number, observers: number, readonly mayChange: boolean) {
    this.random = chance(seed);
    this.voters = Array.from({ length: voters }, (_, i) => i + 1);
    this.ids = Array.from({ length: voters + observers }, (_, i) => i + 1);
    this.nodes = this.ids.map((id) => new Node(id, this));
  }
  get committedCount() {
    return this.#committed.length;
  }
  send(message: RaftMessage) {
    if (this.faults && this.random.next() < 0.1) return;
    const copies = this.faults && this.random.next() < 0.1 ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      const delay = this.faults && this.random.next() < 0.05 ? 3000 : 30;
      this.#mail.push({ at: this.now + 1 + this.random.int(delay), message });
    }
  }
  elected(epoch: number, id: number) {
    strictEqual(this.#leaders.get(epoch) ?? id, id, `epoch ${epoch} has two leaders`);
    this.#leaders.set(epoch, id);
  }
  committed(from: number, entries: Entry[]) {
    ok(from <= this.#committed.length, "what is committed has a hole");
    entries.forEach((entry, i) => {
      const known = this.#committed[from + i] ??= entry;
      const isSame = entry.epoch === known.epoch && entry.value === known.value;
      ok(isSame, `committed record ${from + i} changed`);
    });
  }
  checkCommitted({ epoch, endOffset }: LogEnd) {
    strictEqual(
      this.#committed[endOffset - 1]?.epoch,
      epoch,
      "a snapshot of what is not committed",
    );
  }
  /** Votes in one who has all, or votes out one; one is left at least. */
  changeVoters(leader: Node) {
    if (leader.core.whyNoVoterChange !== undefined) return;
    const { id } = this.nodes[this.random.int(this.nodes.length)];
    const isVoter = leader.voters.includes(id);
    if (isVoter ? leader.voters.length === 1 : !leader.core.isCaughtUp(id, this.now)) return;
    const voters = isVoter ? leader.voters.filter((other) => other !== id) : [...leader.voters, id];
    this.changes++;
    leader.propose({ value: this.now, voters });
  }
  step() {
    const { random } = this;
    this.now += 1 + random.int(20);
    const due = this.#mail.filter(({ at }) => at <= this.now);
    this.#mail = this.#mail.filter(({ at }) => at > this.now);
    for (const { message } of due) {
      const node = this.nodes[message.to - 1];
      if (node.isUp) node.perform(node.core.onMessage(message, this.now));
      // Who asked is told that nobody listens; now and then that is not even true.
      if (!node.isUp || (this.faults && random.next() < 0.01)) {
        const asking = this.nodes[message.from - 1];
        if (asking.isUp) asking.perform(asking.core.onPeerLost(node.id, this.now));
      }
    }
    for (const node of this.nodes) {
      if (!node.isUp) {
        if (!this.faults || random.next() < 0.02) node.boot();
        continue;
      }
      if ((node.core.nextDeadline ?? Infinity) <= this.now) {
        node.perform(node.core.onTimer(this.now));
      }
      if (!this.faults || random.next() < 0.5) node.flush();
      if (node.core.isLeader && random.next() < 0.3) node.propose({ value: this.now });
      if (this.mayChange && this.faults && node.core.isLeader && random.next() < 0.05) {
        this.changeVoters(node);
      }
      if (this.mayChange && random.next() < 0.005) node.compact();
      if (this.faults && random.next() < 0.002) node.crash();
      if (random.next() < 0.01) node.isFull = this.faults && random.next() < 0.2;
    }
  }
}

const SEEDS = Number(Deno.env.get("STREAMER_RAFT_SEEDS") ?? 25);

function playSeeds(voters: number, observers: number, { mayChange }: { mayChange: boolean }) {
  let [changes, snapshots, noRoom] = [0, 0, 0];
  for (let seed = 1; seed <= SEEDS; seed++) {
    try {
      const cluster = new Cluster(seed, voters, observers, mayChange);
      for (let i = 0; i < 1500; i++) cluster.step();
      cluster.faults = false;
      const before = cluster.committedCount;
      for (let i = 0; i < 1500; i++) cluster.step();
      ok(cluster.committedCount > before + 20, "nothing commits after the network healed");
      const least = Math.min(...cluster.nodes.map((node) => node.highWatermark));
      ok(least > before, "a node stayed behind after the network healed");
      changes += cluster.changes;
      snapshots += cluster.snapshots;
      noRoom += cluster.noRoom;
    } catch (error) {
      throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
    }
  }
  return { changes, snapshots, noRoom };
}

for (const [voters, observers] of [[1, 0], [2, 0], [3, 0], [3, 1], [5, 0]]) {
  Deno.test(`A quorum of ${voters} with ${observers} observers keeps its word through faults and comes back`, () => {
    const { noRoom } = playSeeds(voters, observers, { mayChange: false });
    ok(voters === 1 || noRoom > SEEDS, `${noRoom} times no room for a vote`);
  });
}

for (const [voters, observers] of [[1, 2], [3, 2], [4, 1]]) {
  Deno.test(`A quorum that begins with ${voters} of ${voters + observers} voters keeps its word while voters and logs come and go`, () => {
    const { changes, snapshots } = playSeeds(voters, observers, { mayChange: true });
    ok(changes > SEEDS && snapshots > SEEDS, `${changes} changes, ${snapshots} snapshots fetched`);
  });
}
