/** Batches that Apache Kafka 4.3.1 wrote, and small things that the tests of this room share. */

/** Enough for every batch in these tests. */
export const LIMITS = { maxDecompressedBytes: 16 << 20 };

const encoder = new TextEncoder();
const decoder = new TextDecoder();
export const utf8 = (text: string): Uint8Array => encoder.encode(text);
export const text = (bytes: Uint8Array | null): string | null => bytes && decoder.decode(bytes);

/** Hex with blanks and `# comments`. */
export function hex(commented: string): Uint8Array {
  return Uint8Array.fromHex(commented.replace(/#.*$/gm, "").replace(/\s+/g, ""));
}

const NODE = new URL("../vectors/kafka-4.3.1-node/", import.meta.url);

/** The first segment of a partition in the data directory of a real node. */
export function kafkaSegment(partition: string): Uint8Array {
  return Deno.readFileSync(new URL(`${partition}/00000000000000000000.log`, NODE));
}
