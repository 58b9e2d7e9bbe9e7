/** The frames of metadata records and of the coordinators' keys and values. */
import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import {
  decodeCoordinatorRecord,
  decodeMetadataRecord,
  encodeCoordinatorKey,
  encodeCoordinatorValue,
  encodeMetadataRecord,
  GROUP_RECORDS,
  METADATA_RECORDS,
  OffsetCommitKey,
  OffsetCommitValue,
} from "../../src/protocol/mod.ts";

const bytes = (hex: string) => Uint8Array.fromHex(hex.replaceAll(" ", ""));

// frame version 1, type 12, version 0, then the name, the level and no tags
const FEATURE = "01 0c 00  11 6d657461646174612e76657273696f6e 001e 00";

Deno.test("A metadata record has its frame, type and version in front", () => {
  const record = {
    type: "FeatureLevelRecord",
    version: 0,
    value: { name: "metadata.version", featureLevel: 30 },
  } as const;
  strictEqual(encodeMetadataRecord(record).toHex(), FEATURE.replaceAll(" ", ""));
  deepStrictEqual(decodeMetadataRecord(bytes(FEATURE)), record);
});

const unreadable: [string, string, RegExp][] = [
  ["another frame", "02 0c 00 01 001e 00", /frame version is 2/],
  ["an unknown type", "01 06 00 00", /type 6 is unknown/],
  ["an unknown version", "01 0c 01 01 001e 00", /FeatureLevelRecord version 1/],
  ["bytes left over", `${FEATURE} 00`, /1 bytes are left over/],
  ["nothing at all", "", /only 0 are left/],
];
for (const [what, hex, pattern] of unreadable) {
  Deno.test(`A metadata record with ${what} is refused`, () => {
    throws(() => decodeMetadataRecord(bytes(hex)), { name: "DecodeError", message: pattern });
  });
}

Deno.test("There are 26 types of metadata records, each with its own number", () => {
  const types = Object.values(METADATA_RECORDS).map(({ apiKey }) => apiKey);
  strictEqual(types.length, 26);
  strictEqual(new Set(types).size, 26);
});

Deno.test("A coordinator's key has its type in front, a value its version", () => {
  const key = encodeCoordinatorKey(OffsetCommitKey, { group: "g", topic: "t", partition: 3 });
  strictEqual(key.toHex(), "0001 0001 67 0001 74 00000003".replaceAll(" ", ""));
  const value = encodeCoordinatorValue(OffsetCommitValue, { offset: 9, commitTimestamp: 1 }, 3);
  strictEqual(
    value.toHex(),
    "0003 0000000000000009 ffffffff 0000 0000000000000001".replaceAll(" ", ""),
  );
  const record = decodeCoordinatorRecord(GROUP_RECORDS, key, value);
  strictEqual(record?.type, "OffsetCommit");
  if (record?.type !== "OffsetCommit") return;
  // The type narrows key and value.
  const { group, partition } = record.key;
  deepStrictEqual([group, partition, record.value?.offset, record.version], ["g", 3, 9, 3]);
});

Deno.test("A tombstone has no value", () => {
  const key = encodeCoordinatorKey(OffsetCommitKey, { group: "g", topic: "t" });
  const record = decodeCoordinatorRecord(GROUP_RECORDS, key, null);
  strictEqual(record?.value, null);
  strictEqual(record?.version, -1);
});

Deno.test("A record of an unknown type is skipped, a value of an unknown version refused", () => {
  strictEqual(decodeCoordinatorRecord(GROUP_RECORDS, bytes("03e7 00"), bytes("0000")), undefined);
  const key = encodeCoordinatorKey(OffsetCommitKey, {});
  throws(() => decodeCoordinatorRecord(GROUP_RECORDS, key, bytes("0063")), { name: "DecodeError" });
});
