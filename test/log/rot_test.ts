/**
 * One bit of a log's files has changed. It is found when that place is read, told with file and
 * position, and kept from who asks; all records but those of the broken batch are there as before;
 * what follows from the batches is built of them again.
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { LogDirectory, PartitionLog } from "../../src/log/mod.ts";
import { KafkaError } from "../../src/protocol/mod.ts";
import { batchesOf, recordsOf } from "../../src/records/mod.ts";
import { SeededRandom } from "../../src/platform/memory/mod.ts";
import {
  asClient,
  asCoordinator,
  batch,
  marker,
  NOW,
  open,
  ORDERS,
  text,
  TOPIC_ID,
  topicConfig,
  type World,
  world,
} from "./kit.ts";

const FOLDER = "/data/orders-0";
const SMALL = {
  "segment.bytes": "3000",
  "index.interval.bytes": "300",
  "file.delete.delay.ms": "1000",
};
const POSITIONS = Number(Deno.env.get("STREAMER_ROT_POSITIONS") ?? 60);
/** Base offset, length, leader epoch, magic and the sum itself. */
const UNSUMMED_BYTES = 21;

interface Line {
  event: string;
  fields: Record<string, unknown>;
}

interface Opened {
  readonly directory: LogDirectory;
  readonly log: PartitionLog;
  readonly lines: Line[];
}

async function openAgain(w: World): Promise<Opened> {
  const lines: Line[] = [];
  const log = (_level: string, event: string, fields: Record<string, unknown> = {}) => {
    lines.push({ event, fields });
  };
  const directory = await open(w, { log });
  const opened = directory.create(ORDERS, TOPIC_ID, topicConfig(SMALL));
  opened.highWatermark = opened.logEndOffset;
  return { directory, log: opened, lines };
}

/** Three segments of two epochs, transactions among them; then closed, or killed when all is synced. */
async function filled({ isClean }: { isClean: boolean }): Promise<World> {
  const w = world();
  const { directory, log } = await openAgain(w);
  const tx = { producerId: 7, producerEpoch: 0, isTransactional: true };
  for (let i = 0; i < 45; i++) {
    const leaderEpoch = i < 20 ? 3 : 6;
    const options = { ...asClient, leaderEpoch };
    const some = Array.from({ length: 1 + i % 4 }, (_, k) => `v${i}.${k} ${"x".repeat(30)}`);
    const timestamp = some.map((_, k) => NOW + 1000 * i + k);
    log.append(batch(some, { timestamp, codec: i % 5 === 4 ? "gzip" : "none" }), options);
    if (i % 6 !== 5) continue;
    const baseSequence = Math.floor(i / 6);
    log.append(batch([`t${i}`], { ...tx, baseSequence, timestamp: NOW + 1000 * i + 9 }), options);
    const type = i % 12 === 5 ? "ABORT" : "COMMIT";
    log.append(marker(type, tx), { ...asCoordinator, leaderEpoch });
  }
  await log.sync();
  directory.checkpoint();
  if (isClean) await directory.close();
  else w.disk.crash();
  return w;
}

/** Value by offset, of all that can be read; what can't be is passed by. */
function readable(log: PartitionLog): Map<number, string> {
  const found = new Map<number, string>();
  const limits = { maxBytes: 1 << 20, upTo: log.logEndOffset, atLeastOneBatch: true };
  for (let offset = log.logStartOffset; offset < log.logEndOffset;) {
    try {
      const { parts, nextOffset } = log.read(offset, limits);
      ok(nextOffset > offset, `nothing at ${offset}`);
      for (const each of parts.flatMap((part) => [...batchesOf(part)])) {
        for (const record of recordsOf(each, { maxDecompressedBytes: 1 << 20 })) {
          if (record.offset < offset) continue;
          const kind = each.isControl ? "marker" : text(record.value!);
          found.set(record.offset, `${kind} ${record.timestamp} ${each.partitionLeaderEpoch}`);
        }
      }
      offset = nextOffset;
    } catch (error) {
      if (!(error instanceof KafkaError) || error.error !== "CORRUPT_MESSAGE") throw error;
      offset++;
    }
  }
  return found;
}

interface Place {
  readonly path: string;
  readonly position: number;
  readonly bit: number;
}

const nameOf = ({ path, position, bit }: Place) => `bit ${bit} of byte ${position} of ${path}`;

const filesOf = ({ disk }: World, suffix: string) =>
  disk.list(FOLDER).map(({ name }) => `${FOLDER}/${name}`).filter((path) => path.endsWith(suffix));

/** All bits that the sums of two batches don't cover, and some of the rest. */
function placesIn({ disk }: World, path: string, random: SeededRandom): Place[] {
  const bytes = disk.readFile(path);
  const places: Place[] = [];
  const [{ sizeInBytes: second }] = batchesOf(bytes);
  for (const start of isFirst(path) ? [0, second] : []) {
    for (let bit = 0; bit < 8 * UNSUMMED_BYTES; bit++) {
      places.push({ path, position: start + (bit >> 3), bit: bit & 7 });
    }
  }
  for (let i = 0; i < POSITIONS; i++) {
    places.push({ path, position: random.int(bytes.length), bit: random.int(8) });
  }
  return places;
}

const isFirst = (path: string) => /\/0+\.log$/.test(path);

/** The offsets of the batch that lies there. */
function offsetsAt(bytes: Uint8Array, position: number): Set<number> {
  let at = 0;
  for (const { sizeInBytes, baseOffset, lastOffset } of batchesOf(bytes)) {
    at += sizeInBytes;
    if (position >= at) continue;
    return new Set(Array.from({ length: lastOffset - baseOffset + 1 }, (_, i) => baseOffset + i));
  }
  return new Set();
}

const isTold = (lines: Line[], { path }: Place) =>
  lines.some(({ fields }) => JSON.stringify(fields).includes(path));

for (
  const when of ["before a start", "before the start after a crash", "while it is open"] as const
) {
  Deno.test(`A bit changes in a batch ${when}: only that batch is lost, and told of`, async () => {
    const w = await filled({ isClean: when !== "before the start after a crash" });
    const first = await openAgain(w);
    const expected = readable(first.log);
    first.log.abandon();
    const random = new SeededRandom(1);
    const { disk } = w;
    for (const path of filesOf(w, ".log")) {
      for (const place of placesIn(w, path, random)) {
        const copy = await filled({ isClean: when !== "before the start after a crash" });
        const hurt = offsetsAt(disk.readFile(path), place.position);
        let opened: Opened;
        if (when === "while it is open") {
          opened = await openAgain(copy);
          copy.disk.corrupt(path, place.position, 1 << place.bit);
        } else {
          copy.disk.corrupt(path, place.position, 1 << place.bit);
          opened = await openAgain(copy);
        }
        const { log, lines } = opened;
        const found = readable(log);
        const what = nameOf(place);
        for (const [offset, value] of found) {
          strictEqual(value, expected.get(offset), `${what} at ${offset}`);
        }
        const lost = [...expected.keys()].filter((offset) => !found.has(offset));
        deepStrictEqual(new Set(lost), hurt, what);
        strictEqual(log.logEndOffset, expected.size, what);
        ok(isTold(lines, place), `${what} is not told: ${JSON.stringify(lines)}`);
      }
    }
  });
}

Deno.test("A bit changes in a snapshot of producers: what they wrote is read again, and told of", async () => {
  const whole = await openAgain(await filled({ isClean: true }));
  const expected = [...whole.log.producers()];
  strictEqual(expected.length, 1);
  const random = new SeededRandom(1);
  const [path] = filesOf(await filled({ isClean: true }), ".snapshot").slice(-1);
  for (let i = 0; i < POSITIONS; i++) {
    const copy = await filled({ isClean: true });
    for (const other of filesOf(copy, ".snapshot")) if (other !== path) copy.disk.remove(other);
    const { length } = copy.disk.readFile(path);
    const place = { path, position: random.int(length), bit: random.int(8) };
    copy.disk.corrupt(path, place.position, 1 << place.bit);
    const { log, lines } = await openAgain(copy);
    deepStrictEqual(
      [...log.producers()].map((
        { producerId, lastSequence, producerEpoch },
      ) => [producerId, lastSequence, producerEpoch]),
      expected.map((
        { producerId, lastSequence, producerEpoch },
      ) => [producerId, lastSequence, producerEpoch]),
      nameOf(place),
    );
    ok(isTold(lines, place), `${nameOf(place)} is not told`);
  }
});

for (const isClean of [true, false]) {
  const before = isClean ? "a stop" : "a kill";
  Deno.test(`A bit changes in an index of aborted transactions before the start after ${before}: all are known`, async () => {
    const abortedIn = ({ log }: Opened) => log.abortedTransactions(0, log.logEndOffset);
    const w = await filled({ isClean });
    const expected = abortedIn(await openAgain(w));
    const paths = [...filesOf(w, ".txnindex"), ...filesOf(w, ".txnsum")];
    ok(expected.length >= 3 && paths.length >= 4, `${paths}`);
    const random = new SeededRandom(1);
    for (const path of paths) {
      const { length } = w.disk.readFile(path);
      for (let position = 0; position < length; position += 1 + random.int(7)) {
        const copy = await filled({ isClean });
        const place = { path, position, bit: position % 8 };
        copy.disk.corrupt(path, position, 1 << place.bit);
        const opened = await openAgain(copy);
        deepStrictEqual(abortedIn(opened), expected, nameOf(place));
        const index = path.replace("txnsum", "txnindex");
        if (isClean) ok(isTold(opened.lines, { ...place, path: index }), nameOf(place));
      }
    }
  });
}
