/** In which of a broker's log directories partitions lie, and how they are brought there. */
import type { Side } from "./side.ts";

export interface Dir {
  errorCode: number;
  logDir: string;
  totalBytes: number;
  usableBytes: number;
  topics: { name: string; partitions: { partitionIndex: number; isFutureKey: boolean }[] }[];
}

/** Directories by their place in `log.dirs`; how full the machine's disk is does not matter. */
export function placed(side: Side, answer: { errorCode: number; results: Dir[] }) {
  const results = answer.results.map(({ logDir, totalBytes, usableBytes, ...rest }) => ({
    ...rest,
    name: `dir ${side.place.logDirs.indexOf(logDir)}`,
    totalBytes: Math.sign(totalBytes),
    usableBytes: Math.sign(usableBytes),
  }));
  return { ...answer, results };
}

/** In which directory each of a topic's partitions lies, by its place in `log.dirs`. */
export async function whereIs(side: Side, topic: string, partitions: number): Promise<number[]> {
  const wanted = Array.from({ length: partitions }, (_, index) => index);
  const { results } = await side.ask("DescribeLogDirs", 5, {
    topics: [{ topic, partitions: wanted }],
  });
  const places: number[] = wanted.map(() => -1);
  for (const { logDir, topics } of results as Dir[]) {
    for (const { partitionIndex, isFutureKey } of topics.flatMap((each) => each.partitions)) {
      if (!isFutureKey) places[partitionIndex] = side.place.logDirs.indexOf(logDir);
    }
  }
  return places;
}

/** Moves partition by partition, and waits until they are there. */
export async function moveTo(side: Side, topic: string, places: number[]): Promise<void> {
  const dirs = places.map((place, partition) => ({
    path: side.place.logDirs[place],
    topics: [{ name: topic, partitions: [partition] }],
  }));
  const merged = side.place.logDirs.map((path) => ({
    path,
    topics: dirs.filter((dir) => dir.path === path).length === 0 ? [] : [{
      name: topic,
      partitions: dirs.filter((dir) => dir.path === path).flatMap((dir) =>
        dir.topics[0].partitions
      ),
    }],
  }));
  await side.ask("AlterReplicaLogDirs", 2, { dirs: merged });
  await side.until(async () => `${await whereIs(side, topic, places.length)}` === `${places}`);
}
