/**
 * What snappy and lz4 share: copying runs of bytes forward, and finding runs that were there
 * before.
 */

/** Bytes to unpack from or into, with a view to move eight of them at a time. */
export class Memory {
  readonly view: DataView;
  constructor(readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
}

/** Up to this length a few moves of eight bytes beat the runtime's own copy. */
const SHORT = 64;

/**
 * Copies `length` bytes; the caller has checked both ends. Where there is room it copies up to
 * {@link SHORT} bytes and leaves more than `length` behind, inside `to`: what comes next overwrites
 * it.
 */
export function copyBytes(
  from: Memory,
  start: number,
  to: Memory,
  at: number,
  length: number,
): void {
  if (length > SHORT) {
    to.bytes.set(from.bytes.subarray(start, start + length), at);
  } else if (start + SHORT <= from.bytes.length && at + SHORT <= to.bytes.length) {
    for (let i = 0; i < length; i += 8) {
      to.view.setBigInt64(at + i, from.view.getBigInt64(start + i));
    }
  } else {
    for (let i = 0; i < length; i++) to.bytes[at + i] = from.bytes[start + i];
  }
}

/**
 * Repeats what lies `distance` back, `length` bytes long, at `at`. The two may overlap: a distance
 * of 1 repeats one byte. The caller has checked that it stays inside; like {@link copyBytes} it may
 * leave more.
 */
export function copyMatch(to: Memory, at: number, distance: number, length: number): void {
  const { bytes, view } = to;
  const from = at - distance;
  if (length > SHORT) {
    copyLongMatch(bytes, at, distance, length);
  } else if (distance >= 8 && at + SHORT <= bytes.length) {
    // Eight at a time, in order: what one move wrote, the next may read.
    for (let i = 0; i < length; i += 8) view.setBigInt64(at + i, view.getBigInt64(from + i));
  } else {
    for (let i = 0; i < length; i++) bytes[at + i] = bytes[from + i];
  }
}

function copyLongMatch(bytes: Uint8Array, at: number, distance: number, length: number): void {
  const from = at - distance;
  // Each turn doubles what may be repeated at once.
  for (let done = 0; done < length;) {
    const run = Math.min(distance + done, length - done);
    bytes.copyWithin(at + done, from, from + run);
    done += run;
  }
}

/** Four bytes as one number, to compare and hash. */
export function fourBytes(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
}

const HASH_BITS = 13;

/**
 * Where in the table a run that begins with these four bytes is looked for (Knuth's multiplicative
 * hash).
 */
export function hashOf(four: number): number {
  return Math.imul(four, 0x9e3779b1) >>> (32 - HASH_BITS);
}

/**
 * One for the whole program: compressing is synchronous and no one keeps it. Zeroed by who uses it.
 */
export const lastSeen: Uint16Array = new Uint16Array(1 << HASH_BITS);

/** How many bytes from `a` and from `b` on are the same, up to `end` for `b`. */
export function commonLength(bytes: Uint8Array, a: number, b: number, end: number): number {
  const start = b;
  while (b < end && bytes[a] === bytes[b]) {
    a++;
    b++;
  }
  return b - start;
}
