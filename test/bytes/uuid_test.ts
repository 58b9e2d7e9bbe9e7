/** Uuids as text and bytes. */
import { ok, strictEqual, throws } from "node:assert/strict";
import { METADATA_TOPIC_ID, ZERO_UUID } from "../../src/base/mod.ts";
import { isUuid, randomUuid, uuidFromBytes, uuidToBytes } from "../../src/bytes/mod.ts";
import { SeededRandom } from "../../src/platform/memory/mod.ts";

const vectors: [string, string][] = [
  [ZERO_UUID, "00000000000000000000000000000000"],
  [METADATA_TOPIC_ID, "00000000000000000000000000000001"],
  ["_____________________w", "ffffffffffffffffffffffffffffffff"],
  ["ORKv5tLwRmSKnR2fOyUBTQ", "3912afe6d2f046648a9d1d9f3b25014d"],
];
for (const [text, hex] of vectors) {
  Deno.test(`The uuid ${text} is ${hex}`, () => {
    strictEqual(uuidToBytes(text).toHex(), hex);
    strictEqual(uuidFromBytes(Uint8Array.fromHex("ff" + hex), 1), text);
  });
}

for (
  const text of ["", "AAAA", "AAAAAAAAAAAAAAAAAAAAA+", "AAAAAAAAAAAAAAAAAAAAAB", "é".repeat(22)]
) {
  Deno.test(`"${text}" is no uuid`, () => {
    strictEqual(isUuid(text), false);
    throws(() => uuidToBytes(text), { name: "EncodeError" });
  });
}

Deno.test("A random uuid is of version 4, can be typed on a command line, and comes but once", () => {
  const random = new SeededRandom(1);
  const seen = new Set<string>();
  for (let count = 0; count < 5000; count++) {
    const text = randomUuid(random);
    ok(!text.startsWith("-") && isUuid(text));
    const bytes = uuidToBytes(text);
    strictEqual(bytes[6] >> 4, 4);
    strictEqual(bytes[8] >> 6, 2);
    seen.add(text);
  }
  strictEqual(seen.size, 5000);
});
