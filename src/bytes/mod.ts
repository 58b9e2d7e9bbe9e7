/**
 * bytes: Kafka's primitive types as bytes and back. {@link ByteReader} looks at memory that it does
 * not own and never copies it; {@link ByteWriter} keeps large views by reference, so that record
 * batches travel from the log to the socket untouched. Beside them, what counts as a primitive to
 * Kafka: varints, uuids, CRC-32C, and the hashes that decide about partitions and coordinators.
 *
 * Bytes from outside that make no sense are a {@link DecodeError}; values of ours that cannot be
 * written are an {@link EncodeError}. Messages made of these types are `protocol`, record batches
 * are `records`.
 */
export { areSumsRight, crc32c, SUMMED_TOGETHER_BYTES, type SummedPart } from "./crc32c.ts";
export { isOneBitOff } from "./crc32c_error.ts";
export { DecodeError, EncodeError } from "./errors.ts";
export { javaStringHash, murmur2 } from "./hash.ts";
export { md5 } from "./md5.ts";
export { ByteReader } from "./reader.ts";
export { isUuid, type RandomBytes, randomUuid, uuidFromBytes, uuidToBytes } from "./uuid.ts";
export { ByteWriter, utf8Length } from "./writer.ts";
