/**
 * Damage to requests that clients really sent. Some is blind (bits, bytes, cuts, parts twice or in
 * each other's place), some knows where lengths, varints, tag sections and headers are likely, some
 * says other things in a request that is sound, and some knows record batches: it changes one and
 * mends its checksum, so that what is behind the checksum has to stand for itself.
 */
import { ByteReader, ByteWriter, crc32c } from "../../src/bytes/mod.ts";
import { SERVED_APIS } from "../../src/broker/mod.ts";
import type { SeededRandom } from "../../src/platform/memory/mod.ts";
import {
  API_KEYS,
  apiByKey,
  decodeMessage,
  decodeRequestHeader,
  encodeMessage,
  ProduceRequest,
} from "../../src/protocol/mod.ts";
import type { RecordedRequest } from "./traffic.ts";

/** What lengths and counts are replaced by, as 32 bits. */
const LENGTHS = [-1, -2, 0, 1, 2, 127, 128, 0x7fff, 0x8000, 0xffff, 1 << 20, 2 ** 31 - 1, 1 << 31];
const VARINTS = ["00", "01", "7f", "8001", "ffff03", "ffffff7f", "ffffffff0f", "ffffffffff", "8000"]
  .map((hex) => Uint8Array.fromHex(hex));
/** Where batches keep what brokers read: lengths, attributes, sequences, counts. */
const BATCH_FIELDS = [0, 8, 12, 16, 21, 23, 27, 35, 43, 51, 53, 57];
const BATCH_HEAD = 61;

type Damage = (frame: Uint8Array, random: SeededRandom) => Uint8Array;

const at = (frame: Uint8Array, random: SeededRandom) => random.int(Math.max(1, frame.length));

/** A place in the body; the fixed part of the header is left alone. */
const inBody = (frame: Uint8Array, random: SeededRandom) =>
  frame.length <= 8 ? at(frame, random) : 8 + random.int(frame.length - 8);

const joined = (...parts: Uint8Array[]): Uint8Array => {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const part of parts) {
    all.set(part, end);
    end += part.length;
  }
  return all;
};

/** Puts bytes in the place of `count` others. */
const spliced = (frame: Uint8Array, place: number, count: number, bytes: Uint8Array) =>
  joined(frame.subarray(0, place), bytes, frame.subarray(Math.min(frame.length, place + count)));

const flipBits: Damage = (frame, random) => {
  for (let left = 1 + random.int(4); left > 0; left--) {
    frame[inBody(frame, random)] ^= 1 << random.int(8);
  }
  return frame;
};

const setBytes: Damage = (frame, random) => {
  for (let left = 1 + random.int(6); left > 0; left--) {
    frame[inBody(frame, random)] = random.pick([0, 1, 0x7f, 0x80, 0xff, random.int(256)]);
  }
  return frame;
};

const setLength: Damage = (frame, random) => {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  const place = inBody(frame, random);
  const length = random.pick(LENGTHS);
  if (random.chance(0.4) && place + 2 <= frame.length) view.setInt16(place, length);
  else if (place + 4 <= frame.length) view.setInt32(place, length);
  return frame;
};

const setVarint: Damage = (frame, random) =>
  spliced(frame, inBody(frame, random), random.pick([0, 1, 1, 2]), random.pick(VARINTS));

const cut: Damage = (frame, random) => frame.slice(0, at(frame, random));

const twice: Damage = (frame, random) => {
  const place = inBody(frame, random);
  const part = frame.slice(place, place + 1 + random.int(64));
  const copies = Array.from({ length: 1 + random.int(random.pick([2, 30])) }, () => part);
  return spliced(frame, place, 0, joined(...copies));
};

const without: Damage = (frame, random) =>
  spliced(frame, inBody(frame, random), 1 + random.int(16), new Uint8Array(0));

const swapped: Damage = (frame, random) => {
  const [one, other] = [inBody(frame, random), inBody(frame, random)];
  const count = Math.min(1 + random.int(16), frame.length - Math.max(one, other));
  const kept = frame.slice(one, one + count);
  frame.copyWithin(one, other, other + count);
  frame.set(kept, other);
  return frame;
};

/** The last byte of a flexible message counts its tags: some that nobody knows. */
const tagged: Damage = (frame, random) => {
  const tags = Array.from({ length: 1 + random.int(3) }, (_, index) => {
    const size = random.pick([0, 1, 5, 100]);
    const claimed = random.chance(0.3) ? random.int(128) : size;
    return new Uint8Array([index * random.int(3), claimed, ...new Uint8Array(size)]);
  });
  const bytes = joined(new Uint8Array([tags.length]), ...tags);
  return spliced(frame, random.chance(0.7) ? frame.length - 1 : inBody(frame, random), 1, bytes);
};

const otherHeader: Damage = (frame, random) => {
  if (frame.length < 4) return frame;
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  const [key, version] = [view.getInt16(0), view.getInt16(2)];
  switch (random.int(4)) {
    case 0:
      view.setInt16(0, random.pick([random.pick(SERVED_APIS).key, -1, 4, 1000, 0x7fff]));
      break;
    case 1:
      view.setInt16(2, random.pick([version - 1, version + 1, -1, 0, 99, 0x7fff, -0x8000]));
      break;
    case 2:
      if (frame.length >= 10) view.setInt16(8, random.pick([-1, -2, 0, 1, 255, 0x7fff]));
      break;
    default: { // a body that another API's version might understand too
      const near = SERVED_APIS.find((api) => api.key === key);
      if (near) view.setInt16(2, near.versions[0] + random.int(near.versions[1] + 1));
    }
  }
  return frame;
};

/** Places of record batches in a frame; none where it holds none that can be found. */
function batchesIn(frame: Uint8Array): { start: number; end: number }[] {
  const reader = new ByteReader(frame);
  try {
    const { apiKey, apiVersion } = decodeRequestHeader(reader);
    if (apiKey !== API_KEYS.Produce) return [];
    const { topicData } = decodeMessage(ProduceRequest, reader, apiVersion);
    return topicData.flatMap(({ partitionData }) => partitionData).flatMap(({ records }) => {
      if (records === null || records.length < BATCH_HEAD) return [];
      const start = records.byteOffset - frame.byteOffset;
      return [{ start, end: start + records.length }];
    });
  } catch {
    return [];
  }
}

const inBatch: Damage = (frame, random) => {
  const batches = batchesIn(frame);
  if (batches.length === 0) return flipBits(frame, random);
  const { start, end } = random.pick(batches);
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  for (let left = 1 + random.int(3); left > 0; left--) {
    if (random.chance(0.3)) {
      const place = start + random.pick(BATCH_FIELDS);
      const value = random.pick([-1, 0, 1, 2, 0xff, 0x7fff, 2 ** 31 - 1]);
      if (random.chance(0.5)) view.setInt16(place, value);
      else view.setInt32(place, value);
    } else if (random.chance(0.5) && end - start > BATCH_HEAD + 6) {
      // Records begin here: lengths and counts as varints, or what is compressed.
      const place = start + BATCH_HEAD + random.int(end - start - BATCH_HEAD - 5);
      frame.set(random.pick(VARINTS), place);
    } else frame[start + random.int(end - start)] ^= 1 << random.int(8);
  }
  if (random.chance(0.5)) frame[start + 22] = random.int(8); // the codec
  if (random.chance(0.9)) view.setUint32(start + 17, crc32c(frame, start + 21, end));
  return frame;
};

const NUMBERS = [-1, 0, 1, 2, 3, 100, -2, 32_767, -32_768, 2 ** 31 - 1, -(2 ** 31), 2 ** 53 - 1];
const TEXTS = [
  "",
  "..",
  "a".repeat(249),
  "a".repeat(32_000),
  "\u0000",
  "é😀",
  "__consumer_offsets",
];

function otherLeaf(value: unknown, random: SeededRandom): unknown {
  switch (typeof value) {
    case "number":
      return random.chance(0.3) ? value + random.pick([-1, 1]) : random.pick(NUMBERS);
    case "boolean":
      return !value;
    case "string":
      return random.chance(0.3) ? value.slice(random.int(value.length)) : random.pick(TEXTS);
    default:
      return value instanceof Uint8Array ? random.fill(new Uint8Array(random.int(300))) : null;
  }
}

/** The same value with one of its parts another. */
function otherwise(value: any, random: SeededRandom): any {
  if (Array.isArray(value)) {
    if (value.length === 0) return value;
    const index = random.int(value.length);
    if (random.chance(0.7)) return value.with(index, otherwise(value[index], random));
    const copies = random.pick([0, 2, 2, 300]);
    return value.toSpliced(index, 1, ...Array.from({ length: copies }, () => value[index]));
  }
  const isStruct = typeof value === "object" && value !== null && !(value instanceof Uint8Array);
  if (!isStruct) return otherLeaf(value, random);
  const names = Object.keys(value);
  if (names.length === 0) return value;
  const name = random.pick(names);
  return { ...value, [name]: otherwise(value[name], random) };
}

/** A sound request, but for what it says. */
const otherValues: Damage = (frame, random) => {
  const reader = new ByteReader(frame);
  try {
    const { apiKey, apiVersion } = decodeRequestHeader(reader);
    const { request } = apiByKey(apiKey)!;
    const head = frame.subarray(0, reader.position);
    let value = decodeMessage(request, reader, apiVersion);
    for (let left = 1 + random.int(3); left > 0; left--) value = otherwise(value, random);
    const writer = new ByteWriter();
    encodeMessage(request, value, apiVersion, writer);
    return joined(head, writer.finish());
  } catch { // damaged before, or not a value of this version
    return flipBits(frame, random);
  }
};

const DAMAGES: readonly Damage[] = [
  flipBits,
  flipBits,
  setBytes,
  setLength,
  setVarint,
  cut,
  twice,
  without,
  swapped,
  tagged,
  otherHeader,
  inBatch,
  inBatch,
  otherValues,
  otherValues,
  otherValues,
  otherValues,
  otherValues,
];

/** Draws mutants from recorded requests; the same seed draws the same ones. */
export class Mutants {
  readonly #traffic: readonly RecordedRequest[];
  readonly #random: SeededRandom;

  constructor(traffic: readonly RecordedRequest[], random: SeededRandom) {
    this.#traffic = traffic;
    this.#random = random;
  }

  /** The one of so many recorded requests in turn, damaged; without its size. */
  next(index: number): Uint8Array {
    const random = this.#random;
    let frame: Uint8Array = this.#traffic[index % this.#traffic.length].frame.slice();
    if (random.chance(0.05)) { // the head of one, the body of another
      const other = random.pick(this.#traffic).frame;
      frame = joined(frame.subarray(0, at(frame, random)), other.subarray(at(other, random)));
    }
    for (let left = random.pick([1, 1, 1, 1, 2]); left > 0; left--) {
      frame = random.pick(DAMAGES)(frame, random);
    }
    return frame;
  }
}
