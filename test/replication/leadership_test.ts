/**
 * What a leader decides, as tables: up to where everything is committed, whom it asks to take in
 * and whom to leave out. After the rules of KIP-497, KIP-903 and KIP-966.
 */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { Leadership, type Moment } from "../../src/replication/leadership.ts";

const MAX_LAG_MS = 100;

interface Situation {
  readonly isr?: readonly number[];
  readonly replicas?: readonly number[];
  /** Where the log ended when the epoch began. */
  readonly startOffset?: number;
  readonly leaderEnd?: number;
  /** How much of it the leader itself stands for; default all. */
  readonly localEnd?: number;
  readonly highWatermark?: number;
  readonly minInSyncReplicas?: number;
  /** Epochs of the brokers that live. Default: 2 and 3 in epoch 7. */
  readonly alive?: Record<number, number>;
  readonly now?: number;
}

const moment = (situation: Situation): Moment => ({
  now: situation.now ?? 0,
  maxLagMs: MAX_LAG_MS,
  leaderEnd: situation.leaderEnd ?? 10,
  aliveEpochOf: (id) => (situation.alive ?? { 2: 7, 3: 7 })[id],
});

/** Broker 1 leads; the others fetched as told: broker, offset, when, and in which epoch of theirs. */
function lead(
  situation: Situation,
  fetches: [id: number, offset: number, at?: number, brokerEpoch?: number][],
): Leadership {
  const { isr = [1, 2, 3], replicas = [1, 2, 3], startOffset = 0 } = situation;
  const state = { leader: 1, leaderEpoch: 5, partitionEpoch: 9, isr, replicas };
  const leadership = new Leadership({ nodeId: 1, state, startOffset, now: 0 });
  for (const [id, fetchOffset, now = 0, brokerEpoch = 7] of fetches) {
    const fetch = { fetchOffset, logStartOffset: 0, brokerEpoch };
    leadership.onFetch(id, fetch, moment({ ...situation, now }));
  }
  return leadership;
}

type Fetches = Parameters<typeof lead>[1];

const committed: [what: string, Situation, Fetches, end: number | undefined][] = [
  ["the least of all in sync", {}, [[2, 9], [3, 4]], 4],
  ["the leader's own end, if that is the least", { localEnd: 3 }, [[2, 9], [3, 4]], 3],
  ["the leader's own end without any follower", { replicas: [1], isr: [1] }, [], 10],
  ["unknown while one in sync was not heard of", {}, [[2, 9]], -1],
  ["not held up by one who is out", { isr: [1, 2], now: 500 }, [[2, 9], [3, 4]], 9],
  ["held up by one who is out and about to join", { isr: [1, 2] }, [[2, 9], [3, 10], [3, 8]], 8],
  ["not held up by one whose broker is fenced", { isr: [1, 2], alive: { 2: 7 } }, [
    [2, 9],
    [3, 10],
    [3, 8],
  ], 9],
  ["untold below min.insync.replicas", { isr: [1], minInSyncReplicas: 2 }, [], undefined],
  ["told at min.insync.replicas", { isr: [1, 2], minInSyncReplicas: 2 }, [[2, 9]], 9],
];

for (const [what, situation, fetches, end] of committed) {
  Deno.test(`What is committed: ${what}`, () => {
    const { localEnd = situation.leaderEnd ?? 10, minInSyncReplicas = 1 } = situation;
    const leadership = lead(situation, fetches);
    const options = { minInSyncReplicas, moment: moment(situation) };
    strictEqual(leadership.committedEnd(localEnd, options), end);
  });
}

const OUT = { isr: [1, 2] };
const expansions: [what: string, Situation, Fetches, isr: readonly number[] | undefined][] = [
  ["one that has all", OUT, [[3, 10]], [1, 2, 3]],
  ["one that has reached the high watermark", { ...OUT, highWatermark: 6 }, [[3, 6]], [1, 2, 3]],
  ["not one before the high watermark", { ...OUT, highWatermark: 6 }, [[3, 5]], undefined],
  ["not one before the epoch's beginning", { ...OUT, startOffset: 8 }, [[3, 7]], undefined],
  ["not one that is in already", {}, [[3, 10]], undefined],
  ["not one whose broker is fenced", { ...OUT, alive: { 2: 7 } }, [[3, 10]], undefined],
  ["not an incarnation that is gone", OUT, [[3, 10, 0, 6]], undefined],
  ["one that does not say which it is", OUT, [[3, 10, 0, -1]], [1, 2, 3]],
];

for (const [what, situation, fetches, isr] of expansions) {
  Deno.test(`The ISR grows by ${what}`, () => {
    const leadership = lead(situation, fetches);
    const proposal = leadership.expand(3, situation.highWatermark ?? 0, moment(situation));
    deepStrictEqual(proposal?.isr, isr);
  });
}

const shrinkings: [what: string, Situation, Fetches, isr: readonly number[] | undefined][] = [
  ["nobody while all are caught up", { now: 100 }, [[2, 10], [3, 10]], undefined],
  ["nobody who has all, however long ago", { now: 900 }, [[2, 10], [3, 10]], undefined],
  ["one that lags for too long", { now: 101 }, [[2, 10], [3, 4]], [1, 2]],
  ["one that never fetched, after as long", { now: 101 }, [[2, 10]], [1, 2]],
  ["nobody who had all at the fetch before", { now: 101, leaderEnd: 12 }, [
    [2, 12],
    [3, 3, 0],
    [3, 12, 50],
  ], undefined],
  ["all of them, but never the leader", { now: 101 }, [], [1]],
];

for (const [what, situation, fetches, isr] of shrinkings) {
  Deno.test(`The ISR loses ${what}`, () => {
    deepStrictEqual(lead(situation, fetches).shrink(moment(situation))?.isr, isr);
  });
}

Deno.test("Who was caught up at the fetch before counts as caught up then, and not longer", () => {
  const leadership = lead({}, []);
  const fetch = (fetchOffset: number, leaderEnd: number, now: number) =>
    leadership.onFetch(
      2,
      { fetchOffset, logStartOffset: 0, brokerEpoch: 7 },
      moment({ leaderEnd, now }),
    );
  fetch(0, 10, 0); // behind: but the leader was told so at the beginning
  fetch(10, 20, 80); // has what the leader had at 0
  fetch(20, 30, 160); // has what it had at 80
  strictEqual(leadership.follower(2)!.caughtUpMs, 80);
  fetch(25, 40, 300); // has not what it had at 160
  strictEqual(leadership.follower(2)!.caughtUpMs, 80);
});

Deno.test("Who is being taken in counts for what is committed from the moment of asking", () => {
  const leadership = lead(OUT, [[2, 10], [3, 6]]);
  leadership.expand(3, 6, moment(OUT));
  const later = { minInSyncReplicas: 1, moment: moment({ ...OUT, now: 900 }) };
  strictEqual(leadership.committedEnd(10, later), 6);
  strictEqual(leadership.expand(3, 6, moment(OUT)), undefined, "one at a time");
  leadership.giveUp(leadership.proposal!);
  strictEqual(leadership.committedEnd(10, later), 10);
});

Deno.test("Who is to be left out counts until the controller has said so", () => {
  const situation = { now: 101 };
  const leadership = lead(situation, [[2, 10], [3, 4]]);
  const { isr } = leadership.shrink(moment(situation))!;
  const options = { minInSyncReplicas: 1, moment: moment(situation) };
  strictEqual(leadership.committedEnd(10, options), 4);
  const state = { leader: 1, leaderEpoch: 5, partitionEpoch: 10, isr, replicas: [1, 2, 3] };
  leadership.onState(state, 101);
  strictEqual(leadership.committedEnd(10, options), 10);
  strictEqual(leadership.proposal, undefined);
});
