import { strictEqual } from "node:assert/strict";
import { canonicalAddress, hostBytes, hostText } from "../../src/base/mod.ts";

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

const inBytes: [text: string, hex: string][] = [
  ["127.0.0.1", "7f000001"],
  ["192.168.10.255", "c0a80aff"],
  ["::1", "00000000000000000000000000000001"],
  ["2001:db8::8a2e:370:7334", "20010db8000000000000" + "8a2e03707334"],
  ["fe80::", "fe800000000000000000000000000000"],
];
for (const [text, hex] of inBytes) {
  Deno.test(`${text} is ${hex} in bytes, and back`, () => {
    const bytes = hostBytes(text)!;
    strictEqual(bytes.toHex(), hex);
    strictEqual(hostText(bytes), text);
  });
}

Deno.test("What is no address has no bytes, and other bytes are no address", () => {
  strictEqual(hostBytes("localhost"), undefined);
  strictEqual(hostText(new Uint8Array(5)), undefined);
});
