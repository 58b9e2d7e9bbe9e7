/** The five ways a batch's records may be packed, and the doors to each. */
import { compressGzip, decompressGzip } from "./codecs/gzip.ts";
import { compressLz4, decompressLz4 } from "./codecs/lz4.ts";
import { compressSnappy, decompressSnappy } from "./codecs/snappy.ts";
import { compressZstd, decompressZstd } from "./codecs/zstd.ts";
import { CorruptRecords } from "./corrupt_records.ts";

/** By their numbers in a batch's attributes. */
export const CODECS = ["none", "gzip", "snappy", "lz4", "zstd"] as const;
export type Codec = typeof CODECS[number];

/**
 * Packs the bytes. `level` means what Kafka's `compression.<codec>.level` means and is ignored by
 * codecs that have none; without it, Kafka's default. The result may be the input itself (`none`).
 */
export function compress(codec: Codec, bytes: Uint8Array, level?: number): Uint8Array {
  switch (codec) {
    case "none":
      return bytes;
    case "gzip":
      return compressGzip(bytes, level);
    case "snappy":
      return compressSnappy(bytes);
    case "lz4":
      return compressLz4(bytes, level);
    case "zstd":
      return compressZstd(bytes, level);
  }
}

export interface DecompressOptions {
  /** More than this is refused, before memory is taken for it. */
  maxBytes: number;
}

/**
 * Unpacks the bytes; the result may be the input itself (`none`). Throws {@link CorruptRecords} for
 * bytes that don't unpack (`compression`) and for those that unpack to more than `maxBytes` (`too
 * large`).
 */
export function decompress(
  codec: Codec,
  bytes: Uint8Array,
  { maxBytes }: DecompressOptions,
): Uint8Array {
  switch (codec) {
    case "none":
      if (bytes.length <= maxBytes) return bytes;
      throw new CorruptRecords(`Cannot read records: more than ${maxBytes} bytes`, "too large");
    case "gzip":
      return decompressGzip(bytes, maxBytes);
    case "snappy":
      return decompressSnappy(bytes, maxBytes);
    case "lz4":
      return decompressLz4(bytes, maxBytes);
    case "zstd":
      return decompressZstd(bytes, maxBytes);
  }
}
