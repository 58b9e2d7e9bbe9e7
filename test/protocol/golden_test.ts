/** Golden bytes: what a value must look like on the wire, and what the bytes must mean. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { ByteReader, ByteWriter } from "../../src/bytes/mod.ts";
import { decodeMessage, encodeMessage, withDefaults } from "../../src/protocol/mod.ts";
import { fromKafkaJson } from "../kit/kafka_json.ts";
import { ALL_MESSAGES } from "../kit/messages.ts";
import { messageVectors } from "../kit/vectors.ts";

const vectors = messageVectors();

Deno.test("There are golden bytes", () => ok(vectors.length > 40, `${vectors.length}`));

for (const { file, message: name, version, value: json, bytes } of vectors) {
  Deno.test(`${name} version ${version} is as in ${file}: ${json.slice(0, 60)}`, () => {
    const message = ALL_MESSAGES.find((declared) => declared.name === name)!;
    const value = fromKafkaJson(message, json);
    const writer = new ByteWriter();
    encodeMessage(message, value, version, writer);
    strictEqual(writer.finish().toHex(), bytes.toHex());
    const reader = new ByteReader(bytes);
    deepStrictEqual(decodeMessage(message, reader, version), withDefaults(message, value));
    strictEqual(reader.remaining, 0);
  });
}
