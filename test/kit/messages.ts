/** All declared messages, and random values of them: what the tests of the wire draw from. */
import * as protocol from "../../src/protocol/mod.ts";
import type { Field, Fields, Message } from "../../src/protocol/mod.ts";
import { ZERO_UUID } from "../../src/base/mod.ts";
import { uuidFromBytes } from "../../src/bytes/mod.ts";
import type { SeededRandom } from "../../src/platform/memory/mod.ts";
import { SERVED_APIS } from "../../src/broker/mod.ts";

const UNREGISTER_BROKER = 64;
/** APIs for bytes at random: all but the one that takes a broker out of the cluster for good. */
export const FUZZED_APIS = SERVED_APIS.filter(({ key }) => key !== UNREGISTER_BROKER);

const isMessage = (value: unknown): value is Message =>
  typeof value === "object" && value !== null && "versions" in value && "fields" in value;

/** Every message that the project declares. */
export const ALL_MESSAGES: readonly Message[] = Object.values(protocol).filter(isMessage);

/** Each message with each of its versions. */
export function* everyVersion(): Generator<[Message, number]> {
  for (const message of ALL_MESSAGES) {
    for (let version = message.versions[0]; version <= message.versions[1]; version++) {
      yield [message, version];
    }
  }
}

/**
 * A value in which every field that the version has is there, drawn with a liking for the edges.
 */
export function randomValue(
  { fields, flexibleFrom }: Message,
  version: number,
  random: SeededRandom,
): Record<string, unknown> {
  const isFlexible = flexibleFrom !== undefined && version >= flexibleFrom;
  return randomStruct(fields, version, random, isFlexible);
}

const exists = ({ since = 0, until = Infinity }: Field, version: number) =>
  version >= since && version <= until;

function randomStruct(
  fields: Fields,
  version: number,
  random: SeededRandom,
  isFlexible: boolean,
): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) {
    if (!exists(field, version)) continue;
    if (field.tag !== undefined && isFlexible && random.chance(0.4)) continue; // at its default
    value[name] = randomField(field, version, random, isFlexible);
  }
  return value;
}

function randomField(
  field: Field,
  version: number,
  random: SeededRandom,
  isFlexible: boolean,
): unknown {
  const mayBeNull = field.nullable && version >= (field.nullableSince ?? 0);
  if (mayBeNull && random.chance(0.25)) return null;
  const whole = (min: number, max: number) =>
    random.pick([0, 1, min, max, min + random.int(max - min + 1)]);
  switch (field.kind) {
    case "int8":
      return whole(-128, 127);
    case "int16":
      return whole(-32768, 32767);
    case "uint16":
      return whole(0, 65535);
    case "int32":
      return whole(-(2 ** 31), 2 ** 31 - 1);
    case "uint32":
      return whole(0, 2 ** 32 - 1);
    case "int64":
      return random.pick([
        -1,
        0,
        Number.MAX_SAFE_INTEGER,
        Number.MIN_SAFE_INTEGER,
        random.int(2 ** 53 - 1),
        -random.int(2 ** 53 - 1),
        2 ** 32 + random.int(2 ** 20),
      ]) + 0; // never -0
    case "bits64":
      return random.pick([0n, -1n, 2n ** 63n - 1n, -(2n ** 63n), BigInt(random.int(2 ** 50))]);
    case "float64":
      return random.pick([0, 0.5, -1e300, random.int(1000) / 7]);
    case "bool":
      return random.chance(0.5);
    case "string":
      return randomString(random);
    case "bytes":
    case "records":
      return random.fill(new Uint8Array(random.pick([0, 1, 17, 40, 127, 128, 5000])));
    case "uuid":
      return random.chance(0.2) ? ZERO_UUID : uuidFromBytes(random.fill(new Uint8Array(16)));
    case "array":
      return Array.from(
        { length: random.int(4) },
        () => randomField(field.element!, version, random, isFlexible),
      );
    case "struct":
      return randomStruct(field.fields!, version, random, isFlexible);
  }
}

function randomString(random: SeededRandom): string {
  const letters = random.pick(["abcxyz-._0189", "aé", "日本語", "a😀é\u0000\uffff"]);
  const symbols = [...letters];
  const length = random.pick([0, 1, 5, 20, 126, 127, 300]);
  return Array.from({ length }, () => random.pick(symbols)).join("");
}
