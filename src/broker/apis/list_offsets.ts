/**
 * ListOffsets, key 2: which offset a moment leads to, or where a partition begins and ends.
 *
 * Served 1 to 11.
 *
 * | v | adds |
 * | --- | --- |
 * | 1 | one offset for each timestamp; -1 the end, -2 the beginning |
 * | 2 | isolation level: read_committed sees the last stable offset as the end |
 * | 4 | leader epochs both ways (KIP-320) |
 * | 5 | OFFSET_NOT_AVAILABLE |
 * | 6 | flexible |
 * | 7 | -3, the record with the largest timestamp (KIP-734) |
 * | 8 | -4, the first offset on local disk (KIP-405) |
 * | 9 | -5, the last tiered offset (KIP-1005) |
 * | 10 | timeout for remote reads |
 * | 11 | -6, the first offset that waits to be tiered |
 *
 * Without tiered storage -4 is the beginning, -5 and -6 have no answer (-1).
 */
import {
  type InputOf,
  KafkaError,
  ListOffsetsRequest,
  ListOffsetsResponse,
} from "../../protocol/mod.ts";
import type { Replica } from "../../replication/mod.ts";
import { defineApi, MAX_PARTITIONS_AT_ONCE } from "../api.ts";
import type { Broker } from "../broker.ts";
import { asKafkaError } from "../errors.ts";
import { leaderOf, replicaOf } from "../lookup.ts";

type Wanted = ListOffsetsRequest["topics"][number]["partitions"][number];
type Answer = NonNullable<
  NonNullable<InputOf<typeof ListOffsetsResponse>["topics"]>[number]["partitions"]
>[number];

const LATEST = -1;
const EARLIEST = -2;
const MAX_TIMESTAMP = -3;
const EARLIEST_LOCAL = -4;
const LATEST_TIERED = -5;
const EARLIEST_PENDING_UPLOAD = -6;

/** The first version that knows each of the timestamps that are none. */
const KNOWN_SINCE = new Map([
  [LATEST, 1],
  [EARLIEST, 1],
  [MAX_TIMESTAMP, 7],
  [EARLIEST_LOCAL, 8],
  [LATEST_TIERED, 9],
  [EARLIEST_PENDING_UPLOAD, 11],
]);

const OFFSET_NOT_AVAILABLE_SINCE = 5;
const READ_UNCOMMITTED = 0;
const READ_COMMITTED = 1;
/** Who asks as a debugging replica may see all that is written, from any broker. */
const DEBUGGING_REPLICA = -2;

export const listOffsets = defineApi({
  key: 2,
  name: "ListOffsets",
  request: ListOffsetsRequest,
  response: ListOffsetsResponse,
  versions: [1, 11],
  maxElements: MAX_PARTITIONS_AT_ONCE,

  handle({ topics, isolationLevel, replicaId }, { version }, broker) {
    return {
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: onceEach(partitions).map(({ wanted, isRepeated }) => {
          try {
            if (isRepeated) throw new KafkaError("INVALID_REQUEST");
            checkVersion(wanted.timestamp, version);
            if (isolationLevel !== READ_COMMITTED && isolationLevel !== READ_UNCOMMITTED) {
              throw new KafkaError("INVALID_REQUEST", `No isolation level is ${isolationLevel}`);
            }
            const find = replicaId === DEBUGGING_REPLICA ? replicaOf : leaderOf;
            const { partitionIndex, currentLeaderEpoch } = wanted;
            const replica = find(broker, name, partitionIndex, currentLeaderEpoch);
            const isClient = replicaId < 0 && replicaId !== DEBUGGING_REPLICA;
            const end = endFor(replica, isolationLevel, replicaId);
            const found = lookUp(replica, wanted, end);
            if (isClient) checkKnown(replica, wanted, found, version);
            return version >= 4 ? found : { ...found, leaderEpoch: -1 };
          } catch (error) {
            return refused(wanted, codeOf(error, broker));
          }
        }),
      })),
    };
  },

  failed: ({ topics }, { code }) => ({
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map((wanted) => refused(wanted, code)),
    })),
  }),
});

/** A partition that is named twice is answered once, and refused. */
function onceEach(partitions: readonly Wanted[]): { wanted: Wanted; isRepeated: boolean }[] {
  const byIndex = new Map<number, { wanted: Wanted; isRepeated: boolean }>();
  for (const wanted of partitions) {
    const isRepeated = byIndex.has(wanted.partitionIndex);
    byIndex.set(wanted.partitionIndex, { wanted, isRepeated });
  }
  return [...byIndex.values()];
}

function checkVersion(timestamp: number, version: number): void {
  if (timestamp >= 0) return;
  const since = KNOWN_SINCE.get(timestamp);
  if (since === undefined || version < since) throw new KafkaError("UNSUPPORTED_VERSION");
}

/** The first offset that the client must not see. */
function endFor(replica: Replica, isolationLevel: number, replicaId: number): number {
  if (replicaId >= 0 || replicaId === DEBUGGING_REPLICA) return replica.logEndOffset;
  return isolationLevel === READ_COMMITTED ? replica.lastStableOffset : replica.highWatermark;
}

function lookUp(replica: Replica, { partitionIndex, timestamp }: Wanted, end: number): Answer {
  const { log } = replica;
  const at = (offset: number): Answer => ({
    partitionIndex,
    offset,
    leaderEpoch: log.epochAt(offset) ?? replica.leaderEpoch,
  });
  switch (timestamp) {
    case LATEST:
      return { partitionIndex, offset: end, leaderEpoch: replica.leaderEpoch };
    case EARLIEST:
    case EARLIEST_LOCAL:
      return at(replica.logStartOffset);
    case LATEST_TIERED:
    case EARLIEST_PENDING_UPLOAD:
      return { partitionIndex };
    default: {
      const found = timestamp === MAX_TIMESTAMP
        ? log.offsetOfMaxTimestamp()
        : log.offsetForTime(timestamp, end);
      if (found === undefined || found.offset >= end) return { partitionIndex };
      return { ...at(found.offset), timestamp: found.timestamp };
    }
  }
}

/**
 * A leader that is new knows less of what is committed than the one before may have told already.
 * Until its followers have told it, it gives no offset that would have consumers go back (KIP-207).
 */
function checkKnown(
  replica: Replica,
  { timestamp }: Wanted,
  { offset = -1 }: Answer,
  version: number,
): void {
  if (replica.isHighWatermarkKnown) return;
  const isAtEnd = timestamp === LATEST ||
    (timestamp >= 0 && (offset < 0 || offset >= replica.highWatermark));
  if (!isAtEnd) return;
  throw new KafkaError(
    version >= OFFSET_NOT_AVAILABLE_SINCE ? "OFFSET_NOT_AVAILABLE" : "LEADER_NOT_AVAILABLE",
    `Cannot tell what is committed as yet: the leader has just begun`,
  );
}

const refused = ({ partitionIndex }: Wanted, code: number): Answer => ({
  partitionIndex,
  errorCode: code,
});

const codeOf = (error: unknown, broker: Broker): number => asKafkaError(error, broker.log).code;
