/**
 * `.snapshot`: what a partition knew of its producers just before an offset, so that a start need
 * not read the whole log again. int16 version 1, CRC-32C of what follows it, then the entries. A
 * snapshot that does not sum up is thrown away and an older one taken: it only ever saves work.
 *
 * Apache Kafka writes one entry a producer, its last batch. With batches in flight that is too
 * little: a batch is written, a segment rolls behind it and the next one, the process dies, and the
 * first, whose answer was lost, comes again. A node that knows only the second refuses the first as
 * out of order; Kafka's Java client then takes a new epoch and sends it once more, and it is there
 * twice. So ours has an entry for each of the five batches that are told apart, oldest first, where
 * Apache Kafka finds its own last.
 */
import { ByteReader, ByteWriter, crc32c, DecodeError } from "../bytes/mod.ts";
import { decodeMessage, encodeMessage, ProducerSnapshot } from "../protocol/mod.ts";
import { UnknownVersion } from "./directory_refused.ts";

export type ProducerSnapshotEntry = ProducerSnapshot["producerEntries"][number];

const VERSION = 1;
/** Anything above is rather a broken file than a newer one. */
const HIGHEST_LIKELY_VERSION = 15;
const CRC_AT = 2;
const BODY_AT = 6;

export function encodeProducerSnapshot(producerEntries: ProducerSnapshotEntry[]): Uint8Array {
  const writer = new ByteWriter();
  writer.int16(VERSION);
  encodeMessage(ProducerSnapshot, { crc: 0, producerEntries }, VERSION, writer);
  const bytes = writer.finish();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  view.setUint32(CRC_AT, crc32c(bytes, BODY_AT));
  return bytes;
}

/**
 * Throws {@link UnknownVersion} for one of a newer format. One in which nothing but the version
 * looks wrong was damaged, and is thrown away like any other.
 */
export function checkSnapshotVersion(bytes: Uint8Array): void {
  if (bytes.length < BODY_AT) return;
  const version = bytes[0] << 8 | bytes[1];
  if (version <= VERSION || version > HIGHEST_LIKELY_VERSION) return;
  const asOurs = bytes.slice();
  asOurs[1] = VERSION;
  try {
    decodeProducerSnapshot(asOurs);
  } catch {
    throw new UnknownVersion(version, `${VERSION}`);
  }
}

/** Throws DecodeError for anything that is not exactly one snapshot. */
export function decodeProducerSnapshot(bytes: Uint8Array): ProducerSnapshotEntry[] {
  const reader = new ByteReader(bytes);
  const version = reader.int16();
  if (version !== VERSION) {
    throw new DecodeError(`Cannot read a producer snapshot of version ${version}`, 0);
  }
  const { crc, producerEntries } = decodeMessage(ProducerSnapshot, reader, VERSION);
  if (reader.remaining > 0) {
    throw new DecodeError("Cannot read a producer snapshot: bytes behind its end", reader.position);
  }
  if (crc !== crc32c(bytes, BODY_AT)) {
    throw new DecodeError("Cannot read a producer snapshot: wrong checksum", CRC_AT);
  }
  return producerEntries;
}
