/** The five ways a batch's records may be packed, and the doors to each. */
import { CorruptRecords } from "./corrupt_records.ts";
import { compressGzip, decompressGzip } from "./codecs/gzip.ts";
import { compressZstd, decompressZstd } from "./codecs/zstd.ts";

/** By their numbers in a batch's attributes. */
export const CODECS = ["none", "gzip", "snappy", "lz4", "zstd"] as const;
export type Codec = typeof CODECS[number];

/** Packs the bytes. `level` means what Kafka's `compression.<codec>.level` means; each codec has its default. */
export function compress(codec: Codec, bytes: Uint8Array, level?: number): Uint8Array {
  switch (codec) {
    case "none":
      return bytes;
    case "gzip":
      return compressGzip(bytes, level);
    case "zstd":
      return compressZstd(bytes, level);
    default:
      throw new CorruptRecords(`Cannot compress: no ${codec} yet`, "compression");
  }
}

export interface DecompressOptions {
  /** More than this is refused before it is held in memory. */
  maxBytes: number;
}

/**
 * Unpacks the bytes. The result may be a view of the input (`none`). Throws {@link CorruptRecords} for bytes
 * that don't unpack, and for those that unpack to more than `maxBytes`, which are never held.
 */
export function decompress(
  codec: Codec,
  bytes: Uint8Array,
  { maxBytes }: DecompressOptions,
): Uint8Array {
  switch (codec) {
    case "none":
      if (bytes.length > maxBytes) throw tooLarge(codec, maxBytes);
      return bytes;
    case "gzip":
      return decompressGzip(bytes, maxBytes);
    case "zstd":
      return decompressZstd(bytes, maxBytes);
    default:
      throw new CorruptRecords(`Cannot decompress: no ${codec} yet`, "compression");
  }
}

function tooLarge(codec: Codec, maxBytes: number): CorruptRecords {
  return new CorruptRecords(`Cannot unpack ${codec}: more than ${maxBytes} bytes`, "too large");
}
