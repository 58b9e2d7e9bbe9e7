/** What is wrong with bytes that should have been record batches. */

export type CorruptReason =
  /** A length that can't be, or bytes that end before it. */
  | "size"
  /** Not format 2. The batch may be an old one, which this program does not read. */
  | "magic"
  /** The checksum is not that of the bytes. */
  | "crc"
  /** A header field that makes no sense, e.g. a timestamp beyond 2^53. */
  | "header"
  /** The payload does not decompress, or its codec is unknown. */
  | "compression"
  /** The payload decompresses to more than the caller allows. */
  | "too large"
  /** A record does not parse, or there are more or fewer of them than the header says. */
  | "records";

/**
 * Bytes that are not the record batches they should be. The one who appends answers
 * `CORRUPT_MESSAGE` or `INVALID_RECORD` by the reason; the one who recovers a log cuts it there.
 */
export class CorruptRecords extends Error {
  override name = "CorruptRecords";
  constructor(message: string, readonly reason: CorruptReason, options?: ErrorOptions) {
    super(message, options);
  }
}
