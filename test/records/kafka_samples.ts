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

/** The named byte strings in a file of `test/vectors`: `== name`, then hex. */
export function vectorsIn(file: string): [name: string, bytes: Uint8Array][] {
  const content = Deno.readTextFileSync(new URL(`../vectors/${file}`, import.meta.url));
  return content.split(/^== /m).slice(1).map((part) => {
    const [name] = part.split("\n", 1);
    return [name, hex(part.slice(name.length))];
  });
}
