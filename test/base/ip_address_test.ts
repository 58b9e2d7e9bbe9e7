import { strictEqual } from "node:assert/strict";
import { canonicalAddress } from "../../src/base/mod.ts";

const cases: [text: string, canonical: string | undefined][] = [
  ["127.0.0.1", "127.0.0.1"],
  ["127.1", "127.0.0.1"],
  ["1.2.3", "1.2.0.3"],
  ["2130706433", "127.0.0.1"],
  ["4294967296", undefined],
  ["256.1.1.1", undefined],
  ["1.2.3.4.5", undefined],
  ["1..2", undefined],
  ["", undefined],
  ["::1", "::1"],
  ["[::1]", "::1"],
  ["0:0:0:0:0:0:0:1", "::1"],
  ["FE80::1%eth0", "fe80::1"],
  ["fe80::1%", undefined],
  ["::ffff:1.2.3.4", "1.2.3.4"],
  ["::g", undefined],
  ["localhost", undefined],
  ["0x7f.1", undefined],
];

for (const [text, canonical] of cases) {
  Deno.test(`The address "${text}" is ${canonical ?? "none"}`, () => {
    strictEqual(canonicalAddress(text), canonical);
  });
}
