import { ok, strictEqual } from "node:assert/strict";
import { crc32c, isOneBitOff } from "../../src/bytes/mod.ts";
import { SeededRandom } from "../../src/platform/memory/mod.ts";

const random = new SeededRandom(4);
const some = (length: number) => random.fill(new Uint8Array(length));

Deno.test("One flipped bit is known by the checksum, wherever it is", () => {
  for (const length of [1, 2, 7, 40, 61]) {
    const bytes = some(length);
    const sum = crc32c(bytes);
    for (let bit = 0; bit < length * 8; bit++) {
      bytes[bit >> 3] ^= 1 << (bit & 7);
      ok(isOneBitOff(sum ^ crc32c(bytes), length), `bit ${bit} of ${length} bytes`);
      bytes[bit >> 3] ^= 1 << (bit & 7);
    }
    for (let bit = 0; bit < 32; bit++) ok(isOneBitOff(1 << bit, length), `bit ${bit} of the sum`);
  }
});

Deno.test("More than one flipped bit, and a part that is missing, are not taken for one", () => {
  for (let round = 0; round < 300; round++) {
    const bytes = some(100 + random.int(900));
    const sum = crc32c(bytes);
    if (round % 3 === 0) bytes.fill(0, random.int(bytes.length - 40));
    else {
      const [first] = [random.int(bytes.length * 8)];
      const second = (first + 1 + random.int(bytes.length * 8 - 1)) % (bytes.length * 8);
      for (const bit of [first, second]) bytes[bit >> 3] ^= 1 << (bit & 7);
    }
    strictEqual(isOneBitOff(sum ^ crc32c(bytes), bytes.length), false);
  }
});
