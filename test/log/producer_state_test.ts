/**
 * Idempotent and transactional producers: what is new, what is a repetition, what is out of order.
 */
import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { KafkaError } from "../../src/protocol/mod.ts";
import type { PartitionLog } from "../../src/log/mod.ts";
import { BatchView } from "../../src/records/mod.ts";
import { ProducerState } from "../../src/log/producer_state.ts";
import {
  decodeProducerSnapshot,
  encodeProducerSnapshot,
  type ProducerSnapshotEntry,
} from "../../src/log/producer_snapshot.ts";
import {
  asClient,
  asCoordinator,
  batch,
  marker,
  NOW,
  openLog,
  values,
  type World,
  world,
} from "./kit.ts";

const LAST = 0x7fff_ffff;

interface Send {
  epoch?: number;
  seq: number;
  count?: number;
  tx?: boolean;
}

/**
 * Sends a batch of producer 5 and says what came of it: an offset, `again <offset>`, or the error.
 */
function send(log: PartitionLog, { epoch = 0, seq, count = 1, tx = false }: Send): string {
  const values = Array.from({ length: count }, (_, i) => `e${epoch} s${seq + i}`);
  const sent = batch(values, {
    producerId: 5,
    producerEpoch: epoch,
    baseSequence: seq,
    isTransactional: tx,
  });
  try {
    const { baseOffset, duplicate } = log.append(sent, asClient);
    return duplicate ? `again ${baseOffset}` : `${baseOffset}`;
  } catch (error) {
    if (error instanceof KafkaError) return error.error;
    throw error;
  }
}

const OUT_OF_ORDER = "OUT_OF_ORDER_SEQUENCE_NUMBER";

const stories: [string, [Send, string][]][] = [
  ["Sequences count on, over batches of any size", [
    [{ seq: 0, count: 3 }, "0"],
    [{ seq: 3 }, "3"],
    [{ seq: 4, count: 2 }, "4"],
  ]],
  ["A batch sent again is answered with its first offset and not written", [
    [{ seq: 0, count: 3 }, "0"],
    [{ seq: 3, count: 2 }, "3"],
    [{ seq: 0, count: 3 }, "again 0"],
    [{ seq: 3, count: 2 }, "again 3"],
    [{ seq: 5 }, "5"],
  ]],
  ["The last five batches are known, the sixth is not", [
    ...[0, 1, 2, 3, 4, 5].map((seq): [Send, string] => [{ seq }, `${seq}`]),
    [{ seq: 1 }, "again 1"],
    [{ seq: 5 }, "again 5"],
    [{ seq: 0 }, OUT_OF_ORDER],
  ]],
  ["A gap, a step back and an overlap are out of order", [
    [{ seq: 0, count: 2 }, "0"],
    [{ seq: 3 }, OUT_OF_ORDER],
    [{ seq: 1 }, OUT_OF_ORDER],
    [{ seq: 0, count: 3 }, OUT_OF_ORDER],
    [{ seq: 2 }, "2"],
  ]],
  ["Who is not remembered may begin anywhere", [[{ seq: 70 }, "0"], [{ seq: 71 }, "1"]]],
  ["Sequences wrap from 2^31-1 to 0", [
    [{ seq: LAST - 1, count: 2 }, "0"],
    [{ seq: 0 }, "2"],
    [{ seq: LAST - 1, count: 2 }, "again 0"],
    [{ seq: 1 }, "3"],
  ]],
  ["A batch may itself wrap", [
    [{ seq: LAST, count: 3 }, "0"],
    [{ seq: LAST, count: 3 }, "again 0"],
    [{ seq: 2 }, "3"],
  ]],
  ["A new epoch begins at 0, and the old one is fenced", [
    [{ seq: 0 }, "0"],
    [{ epoch: 1, seq: 1 }, OUT_OF_ORDER],
    [{ epoch: 1, seq: 0 }, "1"],
    [{ epoch: 0, seq: 0 }, "INVALID_PRODUCER_EPOCH"],
    [{ epoch: 0, seq: 1 }, "INVALID_PRODUCER_EPOCH"],
    [{ epoch: 1, seq: 1 }, "2"],
  ]],
  ["An open transaction takes no batch from outside it", [
    [{ seq: 0, tx: true }, "0"],
    [{ seq: 1 }, "INVALID_TXN_STATE"],
    [{ seq: 1, tx: true }, "1"],
  ]],
];

for (const [sentence, steps] of stories) {
  Deno.test(sentence, () => {
    const log = openLog(world());
    for (const [step, outcome] of steps) {
      const before = log.logEndOffset;
      strictEqual(send(log, step), outcome, JSON.stringify(step));
      const isWritten = /^\d+$/.test(outcome);
      strictEqual(log.logEndOffset, before + (isWritten ? step.count ?? 1 : 0));
    }
  });
}

/** How a log may end and begin again. Where it rolls, its producers come from snapshots. */
const ENDINGS = [
  { isClean: true, rolls: false },
  { isClean: true, rolls: true },
  { isClean: false, rolls: false },
  { isClean: false, rolls: true },
];
type Ending = (typeof ENDINGS)[number];

async function reopen(w: World, log: PartitionLog, { isClean, rolls }: Ending) {
  if (rolls) log.roll();
  if (isClean) await log.close();
  else log.abandon();
  // All but the last segment is on the device, and not read again.
  return openLog(w, {}, { isClean, recoveryPoint: rolls ? log.logEndOffset : 0 });
}

for (const ending of ENDINGS) {
  Deno.test(`Every story ends the same when the log is reopened before each step, ${JSON.stringify(ending)}`, async () => {
    for (const [sentence, steps] of stories) {
      const w = world();
      let log = openLog(w);
      for (const [step, outcome] of steps) {
        log = await reopen(w, log, ending);
        strictEqual(send(log, step), outcome, sentence);
      }
    }
  });

  for (const tx of [false, true]) {
    Deno.test(`Five batches in flight are known after a start, transactional ${tx}, ${JSON.stringify(ending)}`, async () => {
      const w = world();
      let log = openLog(w);
      for (let seq = 0; seq < 21; seq += 3) {
        send(log, { seq, count: 3, tx });
        if (ending.rolls) log.roll();
      }
      log = await reopen(w, log, ending);
      const before = [...log.producers()];
      strictEqual(send(log, { seq: 3, count: 3, tx }), OUT_OF_ORDER);
      for (const seq of [6, 9, 12, 15, 18]) {
        const again = batch(["a", "b", "c"], {
          producerId: 5,
          producerEpoch: 0,
          baseSequence: seq,
          isTransactional: tx,
        });
        const { duplicate, baseOffset, lastOffset } = log.append(again, asClient);
        deepStrictEqual({ duplicate, baseOffset, lastOffset }, {
          duplicate: true,
          baseOffset: seq,
          lastOffset: seq + 2,
        });
      }
      deepStrictEqual([...log.producers()], before);
      strictEqual(before.length, 1);
      strictEqual(before[0].currentTxnStartOffset, tx ? 0 : -1);
      strictEqual(log.lastStableOffset, tx ? 0 : log.highWatermark);
      strictEqual(send(log, { seq: 21, tx }), "21");
    });
  }
}

Deno.test("What is cut off is forgotten, and five batches before it are known again", () => {
  const log = openLog(world());
  for (let seq = 0; seq < 9; seq++) {
    send(log, { seq });
    if (seq % 2) log.roll();
  }
  log.truncateTo(7);
  for (const seq of [2, 3, 4, 5, 6]) strictEqual(send(log, { seq }), `again ${seq}`);
  strictEqual(send(log, { seq: 1 }), OUT_OF_ORDER);
  strictEqual(send(log, { seq: 7 }), "7");
});

Deno.test("A marker of an older coordinator or producer epoch is fenced", () => {
  const log = openLog(world());
  send(log, { epoch: 3, seq: 0, tx: true });
  const end = (type: "COMMIT" | "ABORT", producerEpoch: number, coordinatorEpoch: number) =>
    log.append(marker(type, { producerId: 5, producerEpoch, coordinatorEpoch }), asCoordinator);
  const refuses = (error: string, run: () => unknown) =>
    throws(run, (e: unknown) => e instanceof KafkaError && e.error === error);
  refuses("INVALID_PRODUCER_EPOCH", () => end("COMMIT", 2, 7));
  end("COMMIT", 3, 7);
  refuses("TRANSACTION_COORDINATOR_FENCED", () => end("ABORT", 3, 6));
  const [producer] = log.producers();
  deepStrictEqual(producer, {
    producerId: 5,
    producerEpoch: 3,
    lastSequence: 0,
    lastTimestamp: NOW,
    coordinatorEpoch: 7,
    currentTxnStartOffset: -1,
  });
  deepStrictEqual(values(log), ["e3 s0"]);
});

Deno.test("A marker that raises the epoch makes the next batch begin at 0", () => {
  const log = openLog(world());
  send(log, { seq: 0, tx: true });
  log.append(marker("COMMIT", { producerId: 5, producerEpoch: 1 }), asCoordinator);
  strictEqual(send(log, { epoch: 0, seq: 1, tx: true }), "INVALID_PRODUCER_EPOCH");
  strictEqual(send(log, { epoch: 1, seq: 1, tx: true }), OUT_OF_ORDER);
  strictEqual(send(log, { epoch: 1, seq: 0, tx: true }), "2");
});

Deno.test("A silent producer is forgotten in time, but never with a transaction open", () => {
  const { disk, clock } = world();
  const log = openLog({ disk, clock });
  send(log, { seq: 0 });
  log.append(
    batch(["t"], { producerId: 6, producerEpoch: 0, baseSequence: 0, isTransactional: true }),
    asClient,
  );
  log.applyRetention(NOW + 86_400_000 - 1);
  strictEqual([...log.producers()].length, 2);
  log.applyRetention(NOW + 86_400_000);
  deepStrictEqual([...log.producers()].map(({ producerId }) => producerId), [6]);
  strictEqual(send(log, { seq: 44 }), "2");
});

const entryAt = (lastOffset: number, change: Partial<ProducerSnapshotEntry> = {}) => ({
  producerId: 5,
  epoch: 1,
  lastSequence: lastOffset,
  lastOffset,
  offsetDelta: 0,
  timestamp: NOW,
  coordinatorEpoch: -1,
  currentTxnFirstOffset: -1,
  ...change,
});

// entries, and what of them is known then
const snapshots: [string, ProducerSnapshotEntry[], [producerId: number, offset: number][]][] = [
  ["One entry, as Kafka's, is one batch", [entryAt(7)], [[5, 7]]],
  ["Several of one producer add up", [3, 4, 6].map((at) => entryAt(at)), [[5, 3], [5, 4], [5, 6]]],
  [
    "More than five are not kept",
    [1, 2, 3, 4, 5, 6, 7].map((at) => entryAt(at)),
    [3, 4, 5, 6, 7].map((at) => [5, at]),
  ],
  [
    "Another epoch begins anew",
    [entryAt(1), entryAt(2), entryAt(3, { epoch: 2 }), entryAt(4, { epoch: 2 })],
    [[5, 3], [5, 4]],
  ],
  [
    "Producers do not mix",
    [entryAt(1), entryAt(2, { producerId: 6 }), entryAt(3), entryAt(4, { producerId: 6 })],
    [[5, 1], [5, 3], [6, 2], [6, 4]],
  ],
  [
    "A producer of whom there is only a marker has no batch",
    [entryAt(-1, { coordinatorEpoch: 3 })],
    [],
  ],
];

for (const [sentence, entries, known] of snapshots) {
  Deno.test(`Producers from a snapshot: ${sentence}`, () => {
    const state = new ProducerState("test");
    state.restore(entries, 100);
    strictEqual(state.size, new Set(entries.map(({ producerId }) => producerId)).size);
    const restored = state.toSnapshot();
    deepStrictEqual(
      restored.filter((each) => each.lastOffset >= 0).map((e) => [e.producerId, e.lastOffset]),
      known,
    );
    for (const producerId of new Set(entries.map((each) => each.producerId))) {
      const last = (all: ProducerSnapshotEntry[]) =>
        all.findLast((e) => e.producerId === producerId);
      deepStrictEqual(last(restored), last(entries)); // all that Kafka knows
    }
    const again = new ProducerState("test");
    again.restore(restored, 100);
    deepStrictEqual(again.toSnapshot(), restored);
  });
}

Deno.test("Only a producer's last entry tells of its transaction, and none before it is younger", () => {
  const state = new ProducerState("test");
  for (const at of [0, 1, 2]) {
    const timestamp = NOW - at * 1000;
    const options = { producerId: 5, producerEpoch: 0, baseSequence: at, isTransactional: true };
    const bytes = batch(["x"], { baseOffset: at, timestamp, ...options });
    state.onAppended(new BatchView(bytes));
  }
  const entries = state.toSnapshot();
  deepStrictEqual(entries.map((entry) => entry.currentTxnFirstOffset), [-1, -1, 0]);
  deepStrictEqual(entries.map(({ timestamp }) => timestamp), [0, 1, 2].map(() => NOW - 2000));
  state.restore(entries, 100);
  strictEqual(state.firstOpenOffset(), 0);
});

Deno.test("A snapshot that was tampered with is never believed", () => {
  const entry = entryAt(20, { offsetDelta: 3 });
  const good = encodeProducerSnapshot([entry, { ...entry, producerId: 6 }]);
  strictEqual(decodeProducerSnapshot(good).length, 2);
  for (let at = 0; at < good.length; at++) {
    throws(() => decodeProducerSnapshot(good.with(at, good[at] ^ 0x10)), `flipped at ${at}`);
    throws(() => decodeProducerSnapshot(good.subarray(0, at)), `cut at ${at}`);
  }
  throws(() => decodeProducerSnapshot(new Uint8Array([...good, 0])));
});

Deno.test("With a bad newest snapshot an older one and the log give the same producers", async () => {
  const w = world();
  const log = openLog(w);
  for (let seq = 0; seq < 4; seq++) send(log, { seq });
  log.roll();
  for (let seq = 4; seq < 8; seq++) send(log, { seq });
  await log.close();
  const path = "/data/orders-0/00000000000000000008.snapshot";
  ok(w.disk.exists(path));
  w.disk.corrupt(path, 12);
  const again = openLog(w);
  ok(!w.disk.exists(path));
  strictEqual(send(again, { seq: 7 }), "again 7");
  strictEqual(send(again, { seq: 8 }), "8");
});

Deno.test("Beyond a bound those that wrote longest ago are forgotten, but none with a transaction", () => {
  const state = new ProducerState("test");
  const written = (producerId: number, offset: number, isTransactional = false) => {
    const bytes = batch(["x"], {
      baseOffset: offset,
      producerId,
      producerEpoch: 0,
      baseSequence: 0,
      isTransactional,
    });
    state.onAppended(new BatchView(bytes));
  };
  written(1, 0, true);
  for (let id = 2; id <= 6; id++) written(id, id);
  written(2, 10);
  state.restore(state.toSnapshot(), 100);
  strictEqual(state.size, 6); // with two batches of one
  state.keepNewest(3);
  deepStrictEqual([...state.active()].map(({ producerId }) => producerId), [1, 2, 6]);
});
