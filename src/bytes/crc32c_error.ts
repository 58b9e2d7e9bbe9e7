/**
 * What a wrong checksum tells. A CRC is linear: the difference between the sum that is stored and
 * the one of the bytes as they are depends on nothing but which bits have changed. The difference
 * of one changed bit is what its register holds after the rest of the bytes, so run backwards from
 * there it comes by a register with that bit alone.
 *
 * Anything else than one changed bit passes for it with a chance of 1 in 2^32 for each bit there
 * is.
 */

/** As in `crc32c.ts`. */
const POLYNOMIAL = 0x82f63b78;

/**
 * Whether one flipped bit, among the bytes or in the sum itself, explains a wrong CRC-32C. Takes
 * some 2 ns for each bit.
 *
 * @param difference of the stored sum and that of the bytes, by exclusive or; not 0
 * @param byteCount how many bytes were summed
 */
export function isOneBitOff(difference: number, byteCount: number): boolean {
  if ((difference & (difference - 1)) === 0) return true; // in the sum
  let register = difference | 0;
  for (let bits = byteCount * 8; bits > 0; bits--) {
    register = register < 0 ? ((register ^ POLYNOMIAL) << 1) | 1 : register << 1;
    if (register === 1) return true;
  }
  return false;
}
