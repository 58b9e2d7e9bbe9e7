/**
 * A stage on which the second of two log directories has failed: its folder was taken away and a
 * file lies in its place, as brokers notice when they have to make something in it.
 */
import { renameSync, writeFileSync } from "node:fs";
import { versionsOf } from "../scenario.ts";
import { moveTo } from "../places.ts";
import { batch, type Side } from "../side.ts";

const STORAGE_ERROR = 56;
const OFFSETS = "__consumer_offsets";

/** Partition 0 is fine and 1 is lost; two batches are in each. */
export const HALF = "half";
/** Partition 0 of this was wanted where it can't be: so the brokers notice. */
export const TRIGGER = "trigger";
/** Of groups: partitions 0 and 1 of their topic are fine, 2 and 3 are lost. */
export const isLost = (partition: number): boolean => partition >= 2;
/** Topics that are lost whole, one for each version of what is done with them. */
export const lostFor = (api: "CreatePartitions" | "DeleteTopics", version: number): string =>
  `lost-${api}-${version}`;

export async function furnish(side: Side): Promise<void> {
  const lost = (["CreatePartitions", "DeleteTopics"] as const)
    .flatMap((api) => versionsOf({ api }).map((version) => lostFor(api, version)));
  const [fine, failing] = side.place.logDirs;
  const wishes = [
    { path: fine, topics: [{ name: HALF, partitions: [0] }] },
    {
      path: failing,
      topics: [
        { name: HALF, partitions: [1] },
        ...lost.map((name) => ({ name, partitions: [0] })),
      ],
    },
  ];
  await side.ask("AlterReplicaLogDirs", 2, { dirs: wishes });
  await side.topics({ [HALF]: { partitions: 2 } });
  await side.topics(Object.fromEntries(lost.map((name) => [name, {}])));
  await moveTo(side, OFFSETS, [0, 0, 1, 1]);
  for (const partition of [0, 1]) {
    await side.append(HALF, partition, batch(["a", "b"]), batch(["c"]));
  }
  renameSync(failing, `${failing}.away`);
  writeFileSync(failing, "");
  await side.ask("AlterReplicaLogDirs", 2, {
    dirs: [{ path: failing, topics: [{ name: TRIGGER, partitions: [0] }] }],
  });
  const topics = [{ name: TRIGGER, numPartitions: 2, replicationFactor: 1 }];
  await side.ask("CreateTopics", 7, { topics, timeoutMs: 5000 });
  await side.until(async () => {
    const { topics } = await side.ask("Metadata", 12, {
      topics: [{ name: HALF }, { name: OFFSETS }],
    });
    return topics.flatMap(({ partitions }: any) => partitions)
      .filter(({ errorCode }: any) => errorCode !== 0).length === 3;
  });
  await side.until(async () => {
    const { results } = await side.ask("DescribeLogDirs", 5, { topics: [] });
    return results.filter(({ errorCode }: any) => errorCode === STORAGE_ERROR).length === 1;
  });
}
