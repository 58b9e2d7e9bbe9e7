/**
 * zstd (RFC 8878) by the runtime's own zlib. The runtime unpacks one frame, and takes a frame that
 * was cut short for a shorter one, so we first walk the frames ourselves: their headers and those
 * of their blocks say where each must end, without unpacking anything.
 */
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { CorruptRecords } from "../corrupt_records.ts";
import { asPlainBytes, zlibFailure } from "./zlib_result.ts";

/** Kafka's `compression.zstd.level` default. */
const DEFAULT_LEVEL = 3;

const FRAME_MAGIC = 0xfd2fb528;
/** Sixteen magics, 0x184D2A50 to 5F, begin frames that readers skip. */
const SKIPPABLE_MAGIC = 0x184d2a50;

/** Level -131072 (fast) to 22 (small). */
export function compressZstd(bytes: Uint8Array, level = DEFAULT_LEVEL): Uint8Array {
  return asPlainBytes(
    zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: level } }),
  );
}

/** Throws `CorruptRecords`. */
export function decompressZstd(bytes: Uint8Array, maxBytes: number): Uint8Array {
  const parts: Uint8Array[] = [];
  let size = 0;
  for (const frame of framesOf(bytes)) {
    const part = decompressFrame(frame, maxBytes, maxBytes - size);
    parts.push(part);
    size += part.length;
  }
  if (parts.length === 0) throw broken("there is no frame");
  return parts.length === 1 ? parts[0] : joined(parts, size);
}

function decompressFrame(frame: Uint8Array, maxBytes: number, left: number): Uint8Array {
  try {
    const part = asPlainBytes(zstdDecompressSync(frame, { maxOutputLength: Math.max(1, left) }));
    if (part.length <= left) return part;
  } catch (error) {
    throw zlibFailure("zstd", maxBytes, error);
  }
  throw new CorruptRecords(`Cannot unpack zstd: more than ${maxBytes} bytes`, "too large");
}

/** The frames with content; every byte belongs to one, or to a frame that is skipped. */
function* framesOf(bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  while (at < bytes.length) {
    if (at + 8 > bytes.length) throw broken("it is cut short");
    const magic = view.getUint32(at, true);
    if ((magic & 0xfffffff0) === SKIPPABLE_MAGIC) {
      at += 8 + view.getUint32(at + 4, true);
      if (at > bytes.length) throw broken("it is cut short");
    } else {
      if (magic !== FRAME_MAGIC) throw broken("no frame begins where one should");
      const end = endOfFrame(bytes, at);
      yield bytes.subarray(at, end);
      at = end;
    }
  }
}

/** Walks header and blocks of the frame at `start` (RFC 8878, 3.1.1). */
function endOfFrame(bytes: Uint8Array, start: number): number {
  const descriptor = bytes[start + 4];
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const contentSizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >>> 6];
  const dictionaryIdBytes = [0, 1, 2, 4][descriptor & 3];
  const checksumBytes = (descriptor & 0x04) !== 0 ? 4 : 0;
  let at = start + 5 + (isSingleSegment ? 0 : 1) + dictionaryIdBytes + contentSizeBytes;
  for (let isLast = false; !isLast;) {
    if (at + 3 > bytes.length) throw broken("it is cut short");
    const block = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16);
    isLast = (block & 1) !== 0;
    const isOneByteRepeated = (block & 6) === 2;
    at += 3 + (isOneByteRepeated ? 1 : block >>> 3);
  }
  at += checksumBytes;
  if (at > bytes.length) throw broken("it is cut short");
  return at;
}

function joined(parts: Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function broken(why: string): CorruptRecords {
  return new CorruptRecords(`Cannot unpack zstd: ${why}`, "compression");
}
