/**
 * records: record batches of format 2, the one thing that producers send, logs keep, followers copy
 * and consumers read, the same bytes all the way. {@link BatchView} reads a batch where it lies and
 * writes the few fields that a leader owns; {@link batchesOf} cuts a run of bytes into batches;
 * {@link scanRecords} proves the records of a batch at full speed and {@link recordsOf} reads them
 * out; {@link encodeBatch} and {@link encodeControlBatch} make new ones; {@link compress} and
 * {@link decompress} are the codecs.
 *
 * What holds here: bytes are never copied without need, nothing is read outside the given bytes,
 * nothing unpacks to more than the caller allows, and whatever is wrong ends as {@link
 * CorruptRecords}. Whether a batch may be appended (sizes, sequences, timestamps) is for `log` to
 * say; what a control record's value means, for `protocol`.
 */
export * from "./batch_view.ts";
export { type Codec, CODECS, compress, decompress, type DecompressOptions } from "./codec.ts";
export * from "./control.ts";
export * from "./corrupt_records.ts";
export { type BatchOptions, encodeBatch, type RecordInput } from "./encode.ts";
export { type ReadOptions, type Record, type RecordHeader, recordsOf } from "./record.ts";
export { recode, type RecodeOptions } from "./recode.ts";
export { emptied, repack, type RepackOptions } from "./repack.ts";
export { type RecordScan, type ScanOptions, scanRecords } from "./scan.ts";
export { RecordSpans } from "./spans.ts";
