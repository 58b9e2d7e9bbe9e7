/** gzip (RFC 1952) by the runtime's own zlib. */
import { gunzipSync, gzipSync } from "node:zlib";
import { asPlainBytes, zlibFailure } from "./zlib_result.ts";

/** Level 1 to 9, or -1 for zlib's own choice. */
export function compressGzip(bytes: Uint8Array, level = -1): Uint8Array {
  return asPlainBytes(gzipSync(bytes, { level }));
}

/** Throws `CorruptRecords`. */
export function decompressGzip(bytes: Uint8Array, maxBytes: number): Uint8Array {
  try {
    return asPlainBytes(gunzipSync(bytes, { maxOutputLength: Math.max(1, maxBytes) }));
  } catch (error) {
    throw zlibFailure("gzip", maxBytes, error);
  }
}
