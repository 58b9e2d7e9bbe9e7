/**
 * What two brokers may answer differently and still be right, named once by field: what each made
 * up, where it is, what time it was, how it words an error, and the order of sets. Everything else
 * has to be the same.
 */
import { ByteReader, crc32c } from "../../src/bytes/mod.ts";
import { BatchView, recordsOf } from "../../src/records/mod.ts";
import { NOW, type Side, ZERO_ID } from "./side.ts";

type Blank = (value: any, side: Side) => unknown;

const asMade = (kind: string): Blank => (value, side) =>
  value === "" || value === null ? value : side.madeUp(kind, value);
const ifGiven = (text: string): Blank => (value) => value >= 0 ? text : value;
/** Words differ; that there are some, or none, does not. */
const words: Blank = (value) => value === null || value === "" ? value : "words";

const FIELDS: Record<string, Blank> = {
  throttleTimeMs: () => 0,
  clusterId: words,
  host: words,
  port: (value, side) => value > 0 ? side.nameOfPort(value) : value,
  // Any broker's, to spread what clients ask; a quorum has elected whom it would.
  controllerId: (value, side) => value >= 0 && side.isCluster ? "some node" : value,
  topicId: (value, side) => side.nameOfId(value),
  memberId: asMade("member"),
  leader: asMade("member"),
  producerId: (value, side) => value >= 0 ? side.madeUp("producer", value) : value,
  clientInstanceId: (value, side) => value === ZERO_ID ? "none" : side.madeUp("instance", value),
  subscriptionId: (value, side) => value === 0 ? 0 : side.madeUp("subscription", value),
  sessionId: (value, side) => value === 0 ? 0 : side.madeUp("session", value),
  finalizedFeaturesEpoch: ifGiven("some epoch"),
  logAppendTimeMs: ifGiven("some time"),
  commitTimestamp: ifGiven("some time"),
  expireTimestamp: ifGiven("some time"),
  currentStateTimestamp: ifGiven("some time"),
  errorMessage: words,
  batchIndexErrorMessage: words,
  documentation: words,
};

/** Lists that are sets, and what their items are known by; everything blanked already. */
const SETS: Record<string, string> = {
  apiKeys: "apiKey",
  supportedFeatures: "name",
  finalizedFeatures: "name",
  configs: "name",
  groups: "groupId",
  members: "memberId",
  // Apache Kafka keeps these in hash maps on the way.
  topics: "name",
  responses: "name",
  results: "name",
  partitions: "partitionIndex",
  replicaElectionResults: "topic",
  partitionResponses: "index",
  credentialInfos: "mechanism",
};

/** Lists that are sets and stay lists, by what they are ordered. */
const ORDERED: Record<string, (item: any) => number> = {
  nodeEndpoints: ({ nodeId }) => nodeId,
  brokers: ({ nodeId, brokerId }) => nodeId ?? brokerId,
  isrNodes: (id) => id,
  eligibleLeaderReplicas: (id) => id,
};

export function blanked(value: unknown, side: Side, field = ""): unknown {
  const blank = FIELDS[field];
  if (blank !== undefined && (value === null || typeof value !== "object")) {
    return blank(value, side);
  }
  if (value instanceof Uint8Array) {
    return field === "records" ? batchesIn(value) : asText(value);
  }
  if (Array.isArray(value)) {
    const items = value.filter((each) => !isLeft(each, side)).map((each) => blanked(each, side));
    if (ORDERED[field] !== undefined) return ordered(items, ORDERED[field]);
    return SETS[field] === undefined ? items : keyed(items, SETS[field]);
  }
  if (typeof value === "number") return sinceNow(value);
  if (typeof value === "string") return value.replaceAll(/127\.0\.0\.1:\d+/g, "host:port");
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, blanked(each, side, name)]),
  );
}

/** Where all of something are listed, what other scenarios left is not told. */
function isLeft(item: any, side: Side): boolean {
  const name = typeof item === "string"
    ? item
    : item?.name ?? item?.topic ?? item?.groupId ?? item?.resourceName;
  // A file that is about to go is there or not, as it happens.
  return typeof name === "string" && (side.isLeft(name) || name.endsWith(".deleted"));
}

const ordered = (items: unknown[], by: (item: any) => number): unknown[] =>
  items.toSorted((a, b) => by(a) - by(b));

const A_WEEK_MS = 7 * 24 * 3_600_000;

/** A time that a scenario chose, as it chose it: before or after {@link NOW}. */
function sinceNow(value: number): number | string {
  const since = value - NOW;
  return Math.abs(since) > A_WEEK_MS ? value : `NOW${since < 0 ? "" : "+"}${since}`;
}

/**
 * A set's items by what they are called, so that one too many does not make all that follow differ.
 */
function keyed(items: unknown[], by: string): Record<string, unknown> {
  const entries = new Map<string, unknown>();
  for (const item of items as any[]) {
    const key = `${
      [
        item?.[by],
        item?.name,
        item?.topicId,
        item?.groupId,
        item?.resourceName,
        item?.user,
        item?.index,
        item?.partition,
      ]
        .find((name) => name !== undefined && name !== null && name !== "") ?? ""
    }`;
    let copy = 1;
    while (entries.has(copy === 1 ? key : `${key} (${copy})`)) copy++;
    entries.set(copy === 1 ? key : `${key} (${copy})`, item);
  }
  return Object.fromEntries([...entries].sort(([a], [b]) => a < b ? -1 : 1));
}

/** Bytes as hex; where there are too many to look at, their sum. */
const asText = (bytes: Uint8Array): string =>
  bytes.length <= 2000 ? bytes.toHex() : `${bytes.length} bytes, crc32c ${crc32c(bytes)}`;

/**
 * Batches as they lie there, each as hex. What a broker packed itself is told by what is in it,
 * since packers differ. A cut batch at the end, which clients skip, is left out.
 */
function batchesIn(bytes: Uint8Array): unknown[] {
  const batches: unknown[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = bytes.length - at < 12 ? Infinity : at + 12 + new ByteReader(bytes, at + 8).int32();
    if (end <= bytes.length) batches.push(batchIn(bytes.subarray(at, end)));
    at = end;
  }
  return batches;
}

const CRC = 17, FROM_ATTRIBUTES = 21, BASE_TIMESTAMP = 27, MAX_TIMESTAMP = 35, RECORDS = 61;

/** The times beside the bytes, where they and the checksum that they change are zero. */
function batchIn(bytes: Uint8Array): unknown {
  const view = new BatchView(bytes);
  const times = {
    // What the broker's own clock gave: when tombstones may go, and when records came.
    baseTimestamp: view.hasDeleteHorizon ? "some time" : sinceNow(view.baseTimestamp),
    maxTimestamp: view.isLogAppendTime ? "some time" : sinceNow(view.maxTimestamp),
    crc: view.isCrcValid() ? "right" : "wrong",
  };
  const timeless = bytes.slice();
  timeless.fill(0, CRC, FROM_ATTRIBUTES).fill(0, BASE_TIMESTAMP, MAX_TIMESTAMP + 8);
  if (view.compression === "none") return { ...times, bytes: asText(timeless) };
  const records = [...recordsOf(view, { maxDecompressedBytes: 1 << 20 })];
  return {
    ...times,
    baseOffset: view.baseOffset,
    header: timeless.subarray(FROM_ATTRIBUTES, RECORDS).toHex(),
    values: records.map(({ value }) => value && asText(value)),
  };
}
