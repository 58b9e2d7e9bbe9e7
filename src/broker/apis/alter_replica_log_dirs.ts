/**
 * AlterReplicaLogDirs, key 34: moves replicas into other log directories of this broker (KIP-113).
 *
 * Served 1 and 2; 2 is flexible.
 *
 * The answer says that a move has begun, DescribeLogDirs how far it is. Wanting a replica back
 * where it is ends a move. Where a partition does not exist yet, the directory is remembered for
 * when it does, and the answer is an error all the same.
 */
import {
  AlterReplicaLogDirsRequest,
  AlterReplicaLogDirsResponse,
  errorCode,
  type ErrorName,
  KafkaError,
} from "../../protocol/mod.ts";
import { isMovableName } from "../../log/mod.ts";
import { defineApi } from "../api.ts";
import type { Broker } from "../broker.ts";
import { asKafkaError } from "../errors.ts";

export const alterReplicaLogDirs = defineApi({
  key: 34,
  name: "AlterReplicaLogDirs",
  request: AlterReplicaLogDirsRequest,
  response: AlterReplicaLogDirsResponse,
  versions: [1, 2],

  handle: (request, _context, broker) =>
    answer(request, (topic, partition, path) => {
      try {
        return move(broker, { topic, partition }, path);
      } catch (error) {
        return asKafkaError(error, broker.log).error;
      }
    }),

  failed: (request, { error }) => answer(request, () => error),
});

/** A partition that is named twice goes where it is named last. */
function answer(
  { dirs }: AlterReplicaLogDirsRequest,
  of: (topic: string, partition: number, path: string) => ErrorName,
) {
  const topics = new Map<string, Map<number, string>>();
  for (const { path, topics: named } of dirs) {
    for (const { name, partitions } of named) {
      const paths = topics.get(name) ?? new Map<number, string>();
      for (const partition of partitions) paths.set(partition, path);
      if (paths.size > 0) topics.set(name, paths);
    }
  }
  return {
    results: [...topics].map(([topicName, paths]) => ({
      topicName,
      partitions: [...paths].map(([partitionIndex, path]) => ({
        partitionIndex,
        errorCode: errorCode(of(topicName, partitionIndex, path)),
      })),
    })),
  };
}

function move(
  { replicas }: Broker,
  topicPartition: { topic: string; partition: number },
  path: string,
): ErrorName {
  const { topic, partition } = topicPartition;
  const { directories, moves } = replicas;
  if (!isMovableName(topicPartition)) return "INVALID_TOPIC_EXCEPTION";
  const state = directories.states().find((each) => each.path === path);
  if (state === undefined) return "LOG_DIR_NOT_FOUND";
  if (state.directory === undefined || state.isOffline) return "KAFKA_STORAGE_ERROR";
  if (directories.isCordoned(path)) return "INVALID_REPLICA_ASSIGNMENT";
  const offline = replicas.whyOffline(topic, partition);
  if (offline !== undefined) throw offline;
  const replica = replicas.get(topic, partition);
  if (replica === undefined) {
    directories.wish(topicPartition, path);
    throw new KafkaError("UNKNOWN_TOPIC_OR_PARTITION");
  }
  if (moves.targetOf(topicPartition) === state.directory) return "NONE";
  moves.cancel(topicPartition);
  if (directories.directoryOf(topicPartition) === state.directory) return "NONE";
  moves.begin(replica, state.directory);
  return "NONE";
}
