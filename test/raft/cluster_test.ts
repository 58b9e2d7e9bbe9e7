/**
 * Whole quorums from a seed: messages are lost, doubled and reordered, nodes crash and lose what
 * they had not flushed, and at every step Raft's promises are checked. At the end the network heals
 * and service must come back.
 */
import { ok, strictEqual } from "node:assert/strict";
import {
  type Effects,
  type LogEnd,
  type QuorumStateData,
  RaftCore,
  type RaftMessage,
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
}
const encoder = new TextEncoder();
const decoder = new TextDecoder();

class Node {
  core!: RaftCore;
  entries: Entry[] = [];
  flushed = 0;
  saved: QuorumStateData | undefined;
  isUp = true;
  highWatermark = 0;

  constructor(readonly id: number, readonly cluster: Cluster) {
    this.boot();
  }
  get end(): LogEnd {
    return { epoch: this.entries.at(-1)?.epoch ?? 0, endOffset: this.entries.length };
  }
  endOf(epoch: number): LogEnd {
    const last = this.entries.findLastIndex((entry) => entry.epoch <= epoch);
    return { epoch: this.entries[last]?.epoch ?? 0, endOffset: last + 1 };
  }
  boot() {
    const { voters, random, now } = this.cluster;
    const times = {
      electionTimeoutMs: 1000,
      fetchTimeoutMs: 2000,
      fetchMaxWaitMs: 500,
      electionBackoffMaxMs: 1000,
    };
    this.core = new RaftCore({ nodeId: this.id, voters, ...times }, this, random, this.saved, now);
    this.highWatermark = 0;
    this.isUp = true;
    this.perform(this.core.start(now));
  }
  crash() {
    this.isUp = false;
    this.entries.length = Math.min(this.entries.length, this.flushed);
  }
  propose(value: number) {
    this.entries.push({ epoch: this.core.epoch, value });
    this.perform(this.core.onAppended(this.cluster.now));
  }
  flush() {
    if (this.flushed === this.entries.length) return;
    this.flushed = this.entries.length;
    this.perform(this.core.onFlushed(this.flushed, this.cluster.now));
  }
  perform(effects: Effects) {
    if (effects.persist) this.saved = effects.persist;
    if (effects.truncateTo !== undefined) {
      ok(effects.truncateTo >= this.highWatermark, "a committed record was cut");
      this.entries.length = effects.truncateTo;
      this.flushed = Math.min(this.flushed, effects.truncateTo);
    }
    const { append } = effects;
    if (append && "leaderChange" in append) {
      this.cluster.elected(append.leaderChange.epoch, this.id);
      this.entries.push({ epoch: append.leaderChange.epoch, value: -1 });
    } else if (append) this.entries.push(...JSON.parse(decoder.decode(append.records)));
    if (effects.highWatermark !== undefined) {
      ok(effects.highWatermark > this.highWatermark, "the high watermark went back");
      this.highWatermark = effects.highWatermark;
      this.cluster.committed(this.entries.slice(0, this.highWatermark));
    }
    for (const message of effects.send) this.cluster.send(this.filled(message));
  }
  filled(message: RaftMessage): RaftMessage {
    if (message.type !== "FetchResponse" || message.recordsFrom === undefined) return message;
    const some = this.entries.slice(
      message.recordsFrom,
      message.recordsFrom + 1 + this.cluster.random.int(5),
    );
    return { ...message, records: encoder.encode(JSON.stringify(some)) };
  }
}

class Cluster {
  now = 0;
  random: ReturnType<typeof chance>;
  voters: number[];
  nodes: Node[];
  faults = true;
  #mail: { at: number; message: RaftMessage }[] = [];
  #leaders = new Map<number, number>();
  #committed: Entry[] = [];

  constructor(seed: number, voters: number, observers: number) {
    this.random = chance(seed);
    this.voters = Array.from({ length: voters }, (_, i) => i + 1);
    const ids = Array.from({ length: voters + observers }, (_, i) => i + 1);
    this.nodes = ids.map((id) => new Node(id, this));
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
  committed(entries: Entry[]) {
    entries.slice(0, this.#committed.length).forEach((entry, i) => {
      const { epoch, value } = this.#committed[i];
      ok(entry.epoch === epoch && entry.value === value, `committed record ${i} changed`);
    });
    if (entries.length > this.#committed.length) this.#committed = entries;
  }
  step() {
    const { random } = this;
    this.now += 1 + random.int(20);
    const due = this.#mail.filter(({ at }) => at <= this.now);
    this.#mail = this.#mail.filter(({ at }) => at > this.now);
    for (const { message } of due) {
      const node = this.nodes[message.to - 1];
      if (node.isUp) node.perform(node.core.onMessage(message, this.now));
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
      if (node.core.isLeader && random.next() < 0.3) node.propose(this.now);
      if (this.faults && random.next() < 0.002) node.crash();
    }
  }
}

const SEEDS = 25;
for (const [voters, observers] of [[1, 0], [2, 0], [3, 0], [3, 1], [5, 0]]) {
  Deno.test(`A quorum of ${voters} with ${observers} observers keeps its word through faults and comes back`, () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      try {
        const cluster = new Cluster(seed, voters, observers);
        for (let i = 0; i < 1500; i++) cluster.step();
        cluster.faults = false;
        const before = cluster.committedCount;
        for (let i = 0; i < 1500; i++) cluster.step();
        ok(cluster.committedCount > before + 20, "nothing commits after the network healed");
        const least = Math.min(...cluster.nodes.map((node) => node.highWatermark));
        ok(least > before, "a node stayed behind after the network healed");
      } catch (error) {
        throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
      }
    }
  });
}
