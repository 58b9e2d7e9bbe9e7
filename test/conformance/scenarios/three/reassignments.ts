/**
 * Replicas that move to other nodes: begun, taken back, replaced by others, refused. What has to be
 * seen on its way waits for a node that is stopped.
 */
import { described } from "../../replicas.ts";
import { batch, type Scenario, type Side } from "../../side.ts";
import { onThree } from "./scenario.ts";

type Replicas = readonly number[] | null;

async function reassign(
  side: Side,
  version: number,
  name: string,
  wanted: readonly Replicas[],
  more: object = {},
) {
  const answer = await side.ask("AlterPartitionReassignments", version, {
    timeoutMs: 10_000,
    topics: [{
      name,
      partitions: wanted.map((replicas, partitionIndex) => ({ partitionIndex, replicas })),
    }],
    ...more,
  });
  await side.caughtUp();
  return answer;
}

const list = (side: Side, name: string, version = 0) =>
  side.ask("ListPartitionReassignments", version, {
    timeoutMs: 10_000,
    topics: [{ name, partitionIndexes: [0, 1, 2] }],
  });

/** Until nothing of the topic moves, and all of its replicas are in sync. */
const settled = async (side: Side, name: string) => {
  await side.until(async () => (await list(side, name)).topics.length === 0);
  await side.caughtUp();
  await side.untilLed([name]);
};

/**
 * Some reassignments one after the other, which wait for 3, that is stopped; each seen when those
 * that are there are in sync.
 */
const held = (
  name: string,
  steps: readonly Replicas[],
  { from = [1, 2] }: { from?: readonly number[] } = {},
): Scenario =>
  onThree("AlterPartitionReassignments", `3 is stopped: ${name}`, async (side, version, own) => {
    const seen: unknown[] = [];
    for (const replicas of steps) {
      const answer = await reassign(side, version, own, [replicas]);
      await side.untilLed([own]);
      await side.caughtUp();
      seen.push([answer, await list(side, own), await described(side, own)]);
    }
    return seen;
  }, { topic: { replicas: [from] }, stopped: [3], together: true });

/** One that is done at once, or never begun. */
const plain = (
  name: string,
  replicas: readonly Replicas[],
  { more, body }: { more?: Partial<Scenario>; body?: object } = {},
): Scenario =>
  onThree("AlterPartitionReassignments", name, async (side, version, own) => {
    await side.append(own, 0, batch(["a"]));
    const answer = await reassign(side, version, own, replicas, body);
    await settled(side, own);
    return [answer, await described(side, own)];
  }, { topic: { replicas: [[1, 2], [2, 3], [3, 1]] }, ...more });

export const REASSIGNMENTS: Scenario[] = [
  plain("to another node", [[1, 3]]),
  plain("to all others", [[3, 1], [1, 2], [2, 3]]),
  plain("of the leader's replica", [[2, 3]]),
  plain("to more replicas", [[1, 2, 3]]),
  plain("to fewer replicas", [[1]]),
  plain("to fewer replicas, without the leader", [[2]]),
  plain("in another order", [[2, 1]]),
  plain("to nobody of those who have it", [[3]]),
  plain("taken back where nothing moves", [null, null, null]),
  plain("to one who is not there", [[1, 7], [3, -1], [3, 3]]),
  plain("to nobody", [[]]),
  plain("to more replicas with their number fixed", [[1, 2, 3], [2], [1, 3]], {
    more: { since: 1 },
    body: { allowReplicationFactorChange: false },
  }),
];

export const HELD_REASSIGNMENTS: Scenario[] = [
  held("under way", [[1, 3], null]),
  held("under way, of all replicas", [[3], null]),
  held("taken back twice", [[1, 3], null, null]),
  held("replaced by the same", [[1, 3], [1, 3], null]),
  held("replaced by another", [[1, 3], [2, 3], null]),
  held("replaced by where it was", [[1, 3], [1, 2], null]),
  held("replaced by where it was, in another order", [[1, 3], [2, 1], null]),
  held("replaced by fewer", [[1, 2, 3], [3], null]),
  held("replaced by more", [[3], [3, 1, 2], null]),
  held("replaced by one that cannot be", [[1, 3], [1, 7], [], [2, 2], null]),
  held("one of two came, and it is replaced by the other", [[2, 3], [1, 3], null], { from: [1] }),
  held("one of two came, and it is taken back", [[2, 3], null], { from: [1] }),
  held("one of two came, and it is replaced by where it was", [[2, 3], [1], null], { from: [1] }),
  held("one of two came, and it is replaced by that one", [[2, 3], [2], null], { from: [1] }),
  held("to those who are there, and more", [[1, 2, 3], [1, 2], null], { from: [1] }),
  onThree(
    "ListPartitionReassignments",
    "3 is stopped: what waits for it",
    async (side, version, own) => {
      await reassign(side, 0, own, [[3, 1]]);
      const answers = [];
      for (const topics of [null, [{ name: own, partitionIndexes: [0, 1, 9] }], []]) {
        answers.push(
          await side.ask("ListPartitionReassignments", version, { timeoutMs: 10_000, topics }),
        );
      }
      await reassign(side, 0, own, [null]);
      return answers;
    },
    { topic: { replicas: [[1, 2], [1, 2]] }, stopped: [3] },
  ),
];
