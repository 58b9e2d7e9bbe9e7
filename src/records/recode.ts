/**
 * The same records under another codec: what a topic's `compression.type` asks a leader for. The
 * payload is unpacked and packed as a whole and no record is looked at, so that it costs two copies
 * whatever is in it; a batch may have millions of records and headers.
 */
import { crc32c } from "../bytes/mod.ts";
import { AT, ATTRIBUTE, BATCH_HEADER_BYTES, BatchView } from "./batch_view.ts";
import { type Codec, CODECS, compress } from "./codec.ts";
import { recordBytes } from "./record.ts";

export interface RecodeOptions {
  readonly codec: Codec;
  /** The codec's level; its own default otherwise. */
  readonly level?: number;
  readonly maxDecompressedBytes: number;
}

/** A new batch that is not the old one's bytes. Throws `CorruptRecords` when it doesn't unpack. */
export function recode(batch: BatchView, { codec, level, ...options }: RecodeOptions): BatchView {
  const { bytes: unpacked, start } = recordBytes(batch, options);
  const payload = compress(codec, unpacked.subarray(start), level);
  const bytes = new Uint8Array(BATCH_HEADER_BYTES + payload.length);
  bytes.set(batch.bytes.subarray(0, BATCH_HEADER_BYTES));
  bytes.set(payload, BATCH_HEADER_BYTES);
  const header = new DataView(bytes.buffer);
  header.setInt32(AT.batchLength, bytes.length - AT.partitionLeaderEpoch);
  header.setInt16(
    AT.attributes,
    (batch.attributes & ~ATTRIBUTE.codecMask) | CODECS.indexOf(codec),
  );
  header.setUint32(AT.crc, crc32c(bytes, AT.attributes));
  return new BatchView(bytes);
}
