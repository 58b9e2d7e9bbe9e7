/**
 * Random values of every message at every version, encoded by Apache Kafka's own classes and by
 * ours: the same bytes.
 */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { ByteReader, ByteWriter } from "../../src/bytes/mod.ts";
import { SeededRandom } from "../../src/platform/memory/mod.ts";
import {
  decodeMessage,
  encodeMessage,
  type Message,
  withDefaults,
} from "../../src/protocol/mod.ts";
import { toKafkaJson } from "../kit/kafka_json.ts";
import { everyVersion, randomValue } from "../kit/messages.ts";
import { hasApacheKafka, peers } from "../kit/programs.ts";
import { testWith } from "../kit/skip.ts";

/** Kafka keeps these two in jars that a broker does without. */
const ELSEWHERE = ["SubscriptionInfoData", "ProducerSnapshot"];
const VALUES_EACH = 8;

interface Case {
  message: Message;
  version: number;
  value: Record<string, unknown>;
}

function cases(): Case[] {
  const random = new SeededRandom(43);
  return [...everyVersion()].filter(([{ name }]) => !ELSEWHERE.includes(name)).flatMap(
    ([message, version]) =>
      Array.from(
        { length: VALUES_EACH },
        () => ({ message, version, value: randomValue(message, version, random) }),
      ),
  );
}

function encodedByKafka(all: Case[]): string[] {
  const source = new URL("../kit/KafkaEncodes.java", import.meta.url).pathname;
  const lines = all.map(({ message, version, value }) =>
    [message.name, version, toKafkaJson(message, value)].join("\t")
  );
  const { stdout, stderr, status } = spawnSync(`${peers}/kafka`, ["java", source], {
    input: lines.join("\n"),
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(stderr);
  return stdout.trimEnd().split("\n");
}

testWith(
  { needs: "Apache Kafka, with a Java that compiles", available: hasApacheKafka() },
  "Every message at every version is encoded as Apache Kafka encodes it",
  () => {
    const all = cases();
    const theirs = encodedByKafka(all);
    strictEqual(theirs.length, all.length);
    all.forEach(({ message, version, value }, index) => {
      const what = `${message.name} v${version}: ${toKafkaJson(message, value)}`;
      const writer = new ByteWriter();
      encodeMessage(message, value, version, writer);
      strictEqual(writer.finish().toHex(), theirs[index], what);
      const decoded = decodeMessage(
        message,
        new ByteReader(Uint8Array.fromHex(theirs[index])),
        version,
      );
      deepStrictEqual(decoded, withDefaults(message, value), what);
    });
  },
);
