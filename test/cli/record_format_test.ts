import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { recordFormat } from "../../src/cli/record_format.ts";
import { parseFrom } from "../../src/cli/consume.ts";
import { linesOf } from "../../src/cli/lines.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const record = {
  topic: "orders",
  partition: 2,
  offset: 7,
  timestamp: 1_700_000_000_000,
  key: bytes("k"),
  value: bytes("hello"),
  headers: { a: bytes("1"), b: bytes("2") },
};
const picture = { ...record, key: null, value: Uint8Array.of(0xff, 0xd8, 0xff, 0xe0) };
const text = (made: string | Uint8Array) =>
  typeof made === "string" ? made : new TextDecoder().decode(made);

Deno.test("A template names fields, and escapes are its line ends", () => {
  const format = recordFormat("{topic}-{partition}@{offset}\\t{key}={value} {headers} {time}\\n", {
    isTerminal: false,
  });
  strictEqual(text(format(record)), "orders-2@7\tk=hello a=1,b=2 2023-11-14T22:13:20.000Z\n");
});

Deno.test("Values go to a program byte for byte, and to a terminal only when they are text", () => {
  deepStrictEqual(
    recordFormat("value", { isTerminal: false })(picture),
    Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 10),
  );
  deepStrictEqual(recordFormat("raw", { isTerminal: false })(picture), picture.value);
  strictEqual(text(recordFormat("value", { isTerminal: true })(picture)), "(4 B, not text)\n");
  const evil = { ...record, value: bytes("\x1b]0;owned\x07") };
  strictEqual(text(recordFormat("value", { isTerminal: true })(evil)), "(10 B, not text)\n");
  strictEqual(text(recordFormat("value", { isTerminal: true })(record)), "hello\n");
});

Deno.test("JSON carries text as text and other bytes under a name that says so", () => {
  const format = recordFormat("json", { isTerminal: false });
  deepStrictEqual(JSON.parse(text(format(record))), {
    topic: "orders",
    partition: 2,
    offset: 7,
    timestamp: 1_700_000_000_000,
    key: "k",
    value: "hello",
    headers: { a: "1", b: "2" },
  });
  const { key, valueBase64 } = JSON.parse(text(format(picture)));
  deepStrictEqual([key, valueBase64], [null, "/9j/4A=="]);
});

Deno.test("Hex shows offsets, bytes and letters", () => {
  strictEqual(
    text(recordFormat("hex", { isTerminal: false })(record)),
    `orders-2 offset 7, 5 bytes\n00000000  68 65 6c 6c 6f${" ".repeat(33)}  hello\n`,
  );
});

Deno.test("A format that is none is refused with what there is", () => {
  throws(() => recordFormat("yaml", { isTerminal: false }), /value, raw, json, hex, or a template/);
  throws(() => recordFormat("{vlaue}", { isTerminal: false }), /knows no \{vlaue\}/);
});

Deno.test("--from is an end of the log, an offset or a time", () => {
  const now = Date.UTC(2026, 4, 17, 12);
  strictEqual(parseFrom("beginning", now), "beginning");
  strictEqual(parseFrom("latest", now), "end");
  deepStrictEqual(parseFrom("4711", now), { offset: 4711 });
  deepStrictEqual(parseFrom("-5m", now), { timestamp: now - 300_000 });
  deepStrictEqual(parseFrom("1770000000000", now), { timestamp: 1_770_000_000_000 });
  throws(() => parseFrom("yesterday", now), /beginning, end, an offset or a time/);
});

Deno.test("Lines are cut wherever the chunks are", async () => {
  const whole = bytes("one\r\ntwo\n\nthree");
  for (let size = 1; size <= whole.length; size++) {
    const chunks = async function* () {
      const buffer = new Uint8Array(size); // the same buffer each time, as files are read
      for (let at = 0; at < whole.length; at += size) {
        const part = whole.subarray(at, at + size);
        buffer.set(part);
        yield buffer.subarray(0, part.length);
      }
    };
    const lines = [];
    for await (const line of linesOf(chunks())) lines.push(text(line));
    deepStrictEqual(lines, ["one", "two", "", "three"], `in chunks of ${size}`);
  }
});
