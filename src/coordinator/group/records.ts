/**
 * The records of classic groups and of offsets, byte for byte as Apache Kafka 4.3.1 writes them:
 * group metadata in version 3, offsets in version 4 with the topic's id, or in 1 when the client
 * gave them an expiry of their own.
 */
import { ZERO_UUID } from "../../base/mod.ts";
import {
  decodeCoordinatorRecord,
  encodeCoordinatorKey,
  encodeCoordinatorValue,
  GROUP_RECORDS,
  GroupMetadataKey,
  GroupMetadataValue,
  type GroupRecord,
  OffsetCommitKey,
  OffsetCommitValue,
} from "../../protocol/mod.ts";
import type { CoordinatorRecord } from "../outcome.ts";

/** What group metadata says when it is decoded; members' bytes are ours. */
export type StoredGroup = GroupMetadataValue;
/** A committed offset; -1 stands for no leader epoch, no expiry of its own. */
export type StoredOffset = OffsetCommitValue;

/** A record as this room deals with it. */
export type DecodedRecord =
  | { readonly type: "offset"; readonly key: OffsetCommitKey; readonly value: StoredOffset | null }
  | { readonly type: "group"; readonly groupId: string; readonly value: StoredGroup | null }
  /** Of a group that is not classic, or of a type from the future. */
  | { readonly type: "other"; readonly record: GroupRecord | undefined };

const GROUP_VERSION = 3;
const OFFSET_VERSION = 4;
const OFFSET_VERSION_WITH_EXPIRY = 1;

/** Throws `DecodeError` when a record of a known type does not parse. */
export function decodeRecord(key: Uint8Array, value: Uint8Array | null): DecodedRecord {
  const record = decodeCoordinatorRecord(GROUP_RECORDS, key, value);
  switch (record?.type) {
    case "OffsetCommit":
      return { type: "offset", key: record.key, value: record.value };
    case "LegacyOffsetCommit": {
      const value = record.value &&
        { ...record.value, leaderEpoch: -1, expireTimestamp: -1, topicId: ZERO_UUID };
      return { type: "offset", key: record.key, value };
    }
    case "GroupMetadata":
      return {
        type: "group",
        groupId: record.key.group,
        value: record.value && { ...record.value, members: record.value.members.map(owned) },
      };
    default:
      return { type: "other", record };
  }
}

/** Decoding gives windows on a whole batch; what a member said outlives it. */
function owned(member: StoredGroup["members"][number]): StoredGroup["members"][number] {
  return {
    ...member,
    subscription: member.subscription.slice(),
    assignment: member.assignment.slice(),
  };
}

export const encodeGroup = (groupId: string, value: StoredGroup): CoordinatorRecord => ({
  key: encodeCoordinatorKey(GroupMetadataKey, { group: groupId }),
  value: encodeCoordinatorValue(GroupMetadataValue, value, GROUP_VERSION),
});

export const groupTombstone = (groupId: string): CoordinatorRecord => ({
  key: encodeCoordinatorKey(GroupMetadataKey, { group: groupId }),
  value: null,
});

export const encodeOffset = (key: OffsetCommitKey, value: StoredOffset): CoordinatorRecord => ({
  key: encodeCoordinatorKey(OffsetCommitKey, key),
  value: encodeCoordinatorValue(
    OffsetCommitValue,
    value,
    value.expireTimestamp === -1 ? OFFSET_VERSION : OFFSET_VERSION_WITH_EXPIRY,
  ),
});

export const offsetTombstone = (key: OffsetCommitKey): CoordinatorRecord => ({
  key: encodeCoordinatorKey(OffsetCommitKey, key),
  value: null,
});
