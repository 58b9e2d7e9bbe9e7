/** Plans as Kafka's `kafka-reassign-partitions` reads and prints them. */
import { ClientError } from "./errors.ts";
import type { Assignment } from "./reassignments.ts";

/** `{"version":1,"partitions":[{"topic":…,"partition":…,"replicas":[…],"log_dirs":[…]}]}` */
export const toKafkaJson = (assignments: readonly Assignment[]) => ({
  version: 1,
  partitions: assignments.map(({ topic, partition, replicas }) => ({
    topic,
    partition,
    replicas,
    log_dirs: replicas.map(() => "any"),
  })),
});

/** Throws {@link ClientError} with what is wrong; log directories must be left to the brokers. */
export function fromKafkaJson(text: string): Assignment[] {
  let plan: unknown;
  try {
    plan = JSON.parse(text);
  } catch (error) {
    throw new ClientError(`The plan is not JSON: ${(error as Error).message}`);
  }
  const { version = 1, partitions } = (plan ?? {}) as { version?: unknown; partitions?: unknown };
  if (version !== 1 || !Array.isArray(partitions)) {
    throw new ClientError('The plan is not {"version":1,"partitions":[…]}');
  }
  const assignments = partitions.map(readPartition);
  const keys = new Set(assignments.map(({ topic, partition }) => `${topic}-${partition}`));
  if (keys.size < assignments.length) throw new ClientError("The plan names a partition twice");
  return assignments;
}

const isId = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

function readPartition(value: unknown): Assignment {
  const { topic, partition, replicas, log_dirs: folders = [] } = (value ?? {}) as Record<
    string,
    unknown
  >;
  const isWhole = typeof topic === "string" && topic !== "" && isId(partition) &&
    Array.isArray(replicas) && replicas.length > 0 && replicas.every(isId);
  if (!isWhole || !Array.isArray(folders)) {
    const shown = JSON.stringify(value)?.slice(0, 200);
    throw new ClientError(`The plan has ${shown}, which is not {"topic","partition","replicas"}`);
  }
  const folder = folders.find((each) => each !== "any");
  if (folder !== undefined) {
    throw new ClientError(
      `The plan names the folder ${folder} for ${topic}-${partition}: say "any", as each broker ` +
        "chooses by itself",
    );
  }
  return { topic, partition, replicas } as Assignment;
}
