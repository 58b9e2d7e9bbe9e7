/**
 * Whatever comes in, an answer comes out or the connection ends; nothing is left waiting, nothing
 * unforeseen happens inside, and the next client is served. Everything is drawn from a seed.
 */
import { ok, strictEqual } from "node:assert/strict";
import { ByteReader, ByteWriter, DecodeError } from "../../src/bytes/mod.ts";
import type { Answer } from "../../src/net/mod.ts";
import { memoryPlatform, SeededRandom } from "../../src/platform/memory/mod.ts";
import {
  decodeMessage,
  encodeMessage,
  KafkaError,
  MetadataRequest,
  MetadataResponse,
} from "../../src/protocol/mod.ts";
import { forEachSeed } from "../kit/seeds.ts";
import { FUZZED_APIS, randomValue } from "../kit/messages.ts";
import { batchOf, TestBroker } from "./kit.ts";

const ROUNDS = 3;

async function start(seed: number): Promise<TestBroker> {
  const broker = await TestBroker.start({ platform: memoryPlatform({ seed }) });
  broker.createTopic("abc", { partitions: 2 });
  return broker;
}

/** Lets a request run to its end: some time passes, then the client leaves. */
async function settled(
  broker: TestBroker,
  answer: Answer | Promise<Answer>,
  client: AbortController,
): Promise<Answer> {
  let result: Answer | undefined;
  const done = Promise.resolve(answer).then((settled) => result = settled);
  await broker.platform.clock.advanceAndSettle(100);
  if (result === undefined) client.abort();
  await broker.platform.clock.advanceAndSettle(1);
  ok(result !== undefined, "a request is left waiting though its client has gone");
  await done;
  return result;
}

/**
 * Names that exist, offsets that may, and record batches that are: random values seldom get past
 * the door.
 */
function plausible(value: unknown, random: SeededRandom): unknown {
  if (Array.isArray(value)) return value.slice(0, 4).map((each) => plausible(each, random));
  if (value instanceof Uint8Array) {
    return random.chance(0.5) ? mutated(batchOf(["a", "b"]), random, random.int(3)) : value;
  }
  if (typeof value !== "object" || value === null) {
    if (typeof value === "string" && random.chance(0.5)) return random.pick(["abc", "shop", ""]);
    if (typeof value === "number" && random.chance(0.5)) return random.pick([0, 1, -1]);
    return value;
  }
  const entries = Object.entries(value).map(([name, each]) => [name, plausible(each, random)]);
  return Object.fromEntries(entries);
}

function mutated(bytes: Uint8Array, random: SeededRandom, changes: number): Uint8Array {
  const copy = bytes.slice();
  for (let change = 0; change < changes && copy.length > 0; change++) {
    const at = random.int(copy.length);
    copy[at] = random.pick([
      0,
      1,
      0x7f,
      0x80,
      0xff,
      random.int(256),
      copy[at] ^ (1 << random.int(8)),
    ]);
  }
  if (random.chance(0.2)) return copy.subarray(0, random.int(copy.length + 1));
  if (random.chance(0.1)) return new Uint8Array([...copy, ...random.fill(new Uint8Array(8))]);
  return copy;
}

Deno.test("Every API answers any well-formed request in every version, in its own shape", () =>
  forEachSeed(4, async (seed) => {
    const random = new SeededRandom(seed);
    const broker = await start(seed);
    for (const { key, name, request, response, versions } of FUZZED_APIS) {
      for (let version = versions[0]; version <= versions[1]; version++) {
        for (let round = 0; round < ROUNDS; round++) {
          const body = encoded(
            request,
            plausible(randomValue(request, version, random), random),
            version,
          );
          if (body === undefined) continue;
          const client = new AbortController();
          const answer = await settled(
            broker,
            broker.raw(key, version, body, { signal: client.signal }),
            client,
          );
          if (typeof answer !== "function") continue;
          const writer = new ByteWriter();
          answer(writer);
          const reader = new ByteReader(writer.finish());
          decodeMessage(response, reader, version);
          strictEqual(reader.remaining, 0, `${name} v${version}`);
        }
      }
    }
    strictEqual(broker.lines.find(({ event }) => /unexpected/.test(event)), undefined);
    await stillServes(broker);
    await broker.close();
  }));

Deno.test("Damaged requests are answered or end the connection, and nothing else", () =>
  forEachSeed(4, async (seed) => {
    const random = new SeededRandom(seed);
    const broker = await start(seed);
    for (const { key, request, versions } of FUZZED_APIS) {
      for (let version = versions[0]; version <= versions[1]; version++) {
        for (let round = 0; round < ROUNDS; round++) {
          const whole = encoded(
            request,
            plausible(randomValue(request, version, random), random),
            version,
          );
          if (whole === undefined) continue;
          const body = mutated(whole, random, 1 + random.int(4));
          const client = new AbortController();
          try {
            const pending = broker.raw(key, version, body, { signal: client.signal });
            const answer = await settled(broker, pending, client);
            if (typeof answer === "function") answer(new ByteWriter());
          } catch (error) {
            ok(error instanceof DecodeError, String((error as Error).stack));
          }
        }
      }
    }
    strictEqual(broker.lines.find(({ event }) => /unexpected/.test(event)), undefined);
    await stillServes(broker);
    await broker.close();
  }));

Deno.test("Every API can say that it failed, in every version", async () => {
  const broker = await TestBroker.start();
  const random = new SeededRandom(1);
  const error = new KafkaError("UNKNOWN_SERVER_ERROR");
  for (const { name, request, response, versions, failed } of FUZZED_APIS) {
    for (let version = versions[0]; version <= versions[1]; version++) {
      const body = encoded(request, randomValue(request, version, random), version);
      if (body === undefined) continue;
      const value = decodeMessage(request, new ByteReader(body), version);
      const outcome = failed(value, error, { version } as never);
      if (typeof outcome !== "object" || "close" in outcome) continue;
      const writer = new ByteWriter();
      encodeMessage(response, outcome, version, writer);
      ok(writer.size > 0, `${name} v${version}`);
    }
  }
  await broker.close();
});

/** The bytes of a value; undefined where chance has made one that the version can't say. */
function encoded(request: Parameters<typeof encodeMessage>[0], value: unknown, version: number) {
  try {
    const writer = new ByteWriter();
    encodeMessage(request, value, version, writer);
    return writer.finish().slice();
  } catch {
    return undefined;
  }
}

async function stillServes(broker: TestBroker): Promise<void> {
  const messages = [MetadataRequest, MetadataResponse] as const;
  const answer = await broker.ask(messages, 9, { topics: null });
  ok(answer.brokers.length === 1);
}
