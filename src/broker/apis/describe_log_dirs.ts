/**
 * DescribeLogDirs, key 35: this broker's log directories, and what lies in each of them.
 *
 * Served 1 to 5.
 *
 * | v | adds |
 * | --- | --- |
 * | 2 | flexible |
 * | 3 | an error for the whole request |
 * | 4 | space of the volume (KIP-827) |
 * | 5 | whether new partitions are kept out |
 *
 * A copy that is on its way to a directory is listed there as a future replica, and its lag is what
 * is still to be copied. Of a directory that is offline nothing is known but that it is.
 */
import {
  DescribeLogDirsRequest,
  DescribeLogDirsResponse,
  errorCode,
  type InputOf,
} from "../../protocol/mod.ts";
import { keyOf, METADATA_TOPIC } from "../../base/mod.ts";
import type { DirectoryState, PartitionLog } from "../../log/mod.ts";
import { StorageError } from "../../platform/mod.ts";
import { defineApi, MAX_PARTITIONS_AT_ONCE } from "../api.ts";
import type { Broker } from "../broker.ts";

type Result = NonNullable<InputOf<typeof DescribeLogDirsResponse>["results"]>[number];
type Topic = NonNullable<Result["topics"]>[number];
type Partition = NonNullable<Topic["partitions"]>[number];

export const describeLogDirs = defineApi({
  key: 35,
  name: "DescribeLogDirs",
  request: DescribeLogDirsRequest,
  response: DescribeLogDirsResponse,
  versions: [1, 5],
  maxElements: MAX_PARTITIONS_AT_ONCE,

  handle({ topics }, _context, broker) {
    const named = topics?.flatMap(({ topic, partitions }) =>
      partitions.map((partition) => keyOf({ topic, partition }))
    );
    const wanted = named && new Set(named);
    const isWanted = (name: string) => wanted === undefined || wanted.has(name);
    const states = broker.replicas.directories.states();
    return { results: states.map((state) => describe(broker, state, isWanted)) };
  },

  failed: (_request, { code }, { version }) => version >= 3 ? { errorCode: code } : {},
});

function describe(
  broker: Broker,
  { path, directory, isOffline }: DirectoryState,
  isWanted: (name: string) => boolean,
): Result {
  const { directories } = broker.replicas;
  const isCordoned = directories.isCordoned(path);
  if (directory === undefined || isOffline) {
    return { errorCode: errorCode("KAFKA_STORAGE_ERROR"), logDir: path, topics: [], isCordoned };
  }
  const topics = new Map<string, Partition[]>();
  const add = (log: PartitionLog, offsetLag: number, isFutureKey: boolean) => {
    const { topic, partition: partitionIndex } = log.topicPartition;
    if (topic === METADATA_TOPIC || !isWanted(keyOf(log.topicPartition))) return;
    const partitions = topics.get(topic) ?? [];
    topics.set(topic, partitions);
    partitions.push({ partitionIndex, partitionSize: log.sizeInBytes, offsetLag, isFutureKey });
  };
  for (const log of directory.partitions()) {
    add(log, Math.max(0, log.highWatermark - log.logEndOffset), false);
  }
  for (const log of directory.futures()) {
    const original = directories.get(log.topicPartition);
    add(log, original === undefined ? -1 : original.logEndOffset - log.logEndOffset, true);
  }
  return {
    errorCode: 0,
    logDir: path,
    topics: [...topics].map(([name, partitions]) => ({ name, partitions })),
    ...spaceOf(broker, path),
    isCordoned,
  };
}

function spaceOf(broker: Broker, path: string): Pick<Result, "totalBytes" | "usableBytes"> {
  try {
    const { totalBytes, freeBytes } = broker.replicas.directories.spaceOf(path);
    return { totalBytes, usableBytes: freeBytes };
  } catch (error) {
    if (error instanceof StorageError) return {};
    throw error;
  }
}
