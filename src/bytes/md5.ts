/**
 * MD5 (RFC 1321) of a part of an array, without making anything: the cleaner of compacted logs
 * takes it of every key, as Kafka's does, to tell keys apart by 16 bytes. Nothing secret hangs on
 * it: whoever can make two keys meet can write both of them anyway.
 */
const ROUNDS = 64;
const SINES = Int32Array.from(
  { length: ROUNDS },
  (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32) | 0,
);
const SHIFTS = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];
const ROTATIONS = Uint8Array.from({ length: ROUNDS }, (_, i) => SHIFTS[i >> 4][i & 3]);
const WORDS = Uint8Array.from({ length: ROUNDS }, (_, i) => {
  const factors = [[1, 0], [5, 1], [3, 5], [7, 0]];
  const [times, plus] = factors[i >> 4];
  return (times * i + plus) & 15;
});
const BLOCK_BYTES = 64;
/** The length in bits, at the end of the last block. */
const LENGTH_BYTES = 8;
const block = new Int32Array(16);
const tail = new Uint8Array(2 * BLOCK_BYTES);

/** The digest of `bytes` from `start` to `end`, as four words (of little-endian bytes). */
export function md5(bytes: Uint8Array, start: number, end: number, into: Int32Array): void {
  into[0] = 0x67452301;
  into[1] = 0xefcdab89 | 0;
  into[2] = 0x98badcfe | 0;
  into[3] = 0x10325476;
  let at = start;
  for (; end - at >= BLOCK_BYTES; at += BLOCK_BYTES) addBlock(bytes, at, into);

  const rest = end - at;
  const tailBytes = rest + 1 + LENGTH_BYTES <= BLOCK_BYTES ? BLOCK_BYTES : 2 * BLOCK_BYTES;
  for (let i = 0; i < rest; i++) tail[i] = bytes[at + i];
  tail[rest] = 0x80;
  tail.fill(0, rest + 1, tailBytes);
  const bits = (end - start) * 8;
  for (let i = 0; i < 4; i++) tail[tailBytes - LENGTH_BYTES + i] = bits >>> (8 * i);
  const high = Math.floor(bits / 2 ** 32);
  for (let i = 0; i < 4; i++) tail[tailBytes - 4 + i] = high >>> (8 * i);
  for (let i = 0; i < tailBytes; i += BLOCK_BYTES) addBlock(tail, i, into);
}

function addBlock(bytes: Uint8Array, at: number, into: Int32Array): void {
  for (let i = 0; i < 16; i++, at += 4) {
    block[i] = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
  }
  let a = into[0], b = into[1], c = into[2], d = into[3];
  for (let i = 0; i < ROUNDS; i++) {
    const mixed = i < 16
      ? (b & c) | (~b & d)
      : i < 32
      ? (d & b) | (~d & c)
      : i < 48
      ? b ^ c ^ d
      : c ^ (b | ~d);
    const sum = (a + mixed + SINES[i] + block[WORDS[i]]) | 0;
    a = d;
    d = c;
    c = b;
    const by = ROTATIONS[i];
    b = (b + ((sum << by) | (sum >>> (32 - by)))) | 0;
  }
  into[0] = (into[0] + a) | 0;
  into[1] = (into[1] + b) | 0;
  into[2] = (into[2] + c) | 0;
  into[3] = (into[3] + d) | 0;
}
