/** What gzip and zstd share: the runtime's buffers made plain, and its errors made ours. */
import { CorruptRecords } from "../corrupt_records.ts";

/**
 * A `Buffer` without its methods, so that equality and printing are those of a `Uint8Array`. Not
 * copied.
 */
export function asPlainBytes(buffer: Uint8Array): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

export function zlibFailure(codec: string, maxBytes: number, cause: unknown): CorruptRecords {
  const code = (cause as { code?: unknown } | undefined)?.code;
  if (code === "ERR_BUFFER_TOO_LARGE") {
    return new CorruptRecords(`Cannot unpack ${codec}: more than ${maxBytes} bytes`, "too large", {
      cause,
    });
  }
  const why = cause instanceof Error ? cause.message : String(cause);
  return new CorruptRecords(`Cannot unpack ${codec}: ${why}`, "compression", { cause });
}
