/**
 * DeleteRecords, key 21: moves the beginning of partitions up to an offset; -1 means all that is
 * committed.
 *
 * Served 0 to 2; 2 is flexible. The space is given back by retention, segment by segment. Where a
 * log begins is told by its directory's checkpoint, which is written before the answer leaves, or
 * deleted records would come back with the next crash. Kafka writes it once a minute.
 *
 * The answer waits until the log begins there with every replica that lives; followers learn of it
 * by their fetches, and tell of it by the next.
 */
import { isInternalTopic } from "../../controller/mod.ts";
import {
  DeleteRecordsRequest,
  DeleteRecordsResponse,
  type InputOf,
  KafkaError,
} from "../../protocol/mod.ts";
import type { Replica } from "../../replication/mod.ts";
import { defineApi, MAX_PARTITIONS_AT_ONCE } from "../api.ts";
import { asKafkaError } from "../errors.ts";
import { leaderOf } from "../lookup.ts";
import type { Broker } from "../broker.ts";

type Wanted = DeleteRecordsRequest["topics"][number]["partitions"][number];
type Answer = NonNullable<
  NonNullable<InputOf<typeof DeleteRecordsResponse>["topics"]>[number]["partitions"]
>[number];

/** What became of one partition; with its replica, where its start is told by the checkpoint. */
interface Deletion {
  answer: Answer;
  readonly wanted: Wanted;
  readonly replica?: Replica;
  readonly moved?: Replica;
}

/** "Up to the high watermark". */
const ALL_COMMITTED = -1;

export const deleteRecords = defineApi({
  key: 21,
  name: "DeleteRecords",
  request: DeleteRecordsRequest,
  response: DeleteRecordsResponse,
  versions: [0, 2],
  maxElements: MAX_PARTITIONS_AT_ONCE,

  handle: ({ topics, timeoutMs }, _context, broker) => {
    const deletions = [...byTopic(topics)].map(([name, partitions]) => ({
      name,
      partitions: [...partitions.values()].map((wanted) => deleteUpTo(broker, name, wanted)),
    }));
    const all = deletions.flatMap(({ partitions }) => partitions);
    keep(broker, all);
    const answer = () => ({
      topics: deletions.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ answer }) => answer),
      })),
    });
    const waits = all.map((deletion) => waitForFollowers(broker, deletion, timeoutMs))
      .filter((wait) => wait !== undefined);
    return waits.length === 0 ? answer() : Promise.all(waits).then(answer);
  },

  failed: ({ topics }, { code }) => ({
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map((wanted) => refused(wanted, code)),
    })),
  }),
});

/** A partition that is named twice counts once, the last time. */
function byTopic(topics: DeleteRecordsRequest["topics"]): Map<string, Map<number, Wanted>> {
  const wanted = new Map<string, Map<number, Wanted>>();
  for (const { name, partitions } of topics) {
    for (const each of partitions) {
      const known = wanted.get(name) ?? new Map<number, Wanted>();
      wanted.set(name, known.set(each.partitionIndex, each));
    }
  }
  return wanted;
}

function deleteUpTo(broker: Broker, topic: string, wanted: Wanted): Deletion {
  const { partitionIndex, offset } = wanted;
  try {
    if (isInternalTopic(topic)) throw new KafkaError("INVALID_TOPIC_EXCEPTION");
    const replica = leaderOf(broker, topic, partitionIndex);
    const policy = replica.log.config.get("cleanup.policy");
    if (policy.includes("compact") && !policy.includes("delete")) {
      throw new KafkaError(
        "POLICY_VIOLATION",
        `Cannot delete records of "${topic}": it is compacted`,
      );
    }
    const upTo = offset === ALL_COMMITTED ? replica.highWatermark : offset;
    if (upTo < 0 || upTo > replica.highWatermark) throw new KafkaError("OFFSET_OUT_OF_RANGE");
    if (upTo > replica.logStartOffset) {
      replica.log.advanceLogStart(upTo);
      replica.onLogStartAdvanced();
    }
    const answer = { partitionIndex, lowWatermark: replica.logStartOffset };
    // Also of one that had moved before: perhaps that could not be written down then.
    return { answer, wanted, replica, moved: replica.log.hasMovedStart ? replica : undefined };
  } catch (error) {
    return { answer: refused(wanted, asKafkaError(error, broker.log).code), wanted };
  }
}

/** Undefined when there is nobody to wait for. */
function waitForFollowers(
  broker: Broker,
  deletion: Deletion,
  timeoutMs: number,
): Promise<void> | undefined {
  const { replica, answer, wanted } = deletion;
  if (replica === undefined || answer.errorCode !== undefined) return undefined;
  const wait = replica.whenDeleted(answer.lowWatermark ?? 0);
  if (wait === undefined) return undefined;
  const { partitionIndex } = wanted;
  return broker.withTimeout(wait, timeoutMs, "REQUEST_TIMED_OUT").catch((error) => {
    const { code: errorCode } = asKafkaError(error, broker.log);
    deletion.answer = { partitionIndex, lowWatermark: replica.lowWatermark, errorCode };
  });
}

/** Makes the new starts last, those of one directory at once. */
function keep(broker: Broker, deletions: readonly Deletion[]): void {
  const { directories } = broker.replicas;
  const byDirectory = Map.groupBy(
    deletions.filter(({ moved }) => moved !== undefined),
    ({ moved }) => directories.directoryOf(moved!.topicPartition),
  );
  for (const [directory, inIt] of byDirectory) {
    try {
      directory?.checkpointNow();
    } catch (error) {
      const { code } = asKafkaError(error, broker.log);
      for (const each of inIt) each.answer = refused(each.wanted, code);
    }
  }
}

const refused = ({ partitionIndex }: Wanted, errorCode: number): Answer => ({
  partitionIndex,
  lowWatermark: -1,
  errorCode,
});
