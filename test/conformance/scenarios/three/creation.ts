/** Topics and partitions that are made where somebody wants them, and where they may not be. */
import type { Scenario, Side } from "../../side.ts";
import { NODES, onThree } from "./scenario.ts";

const assigned = (...replicas: number[][]) =>
  replicas.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds }));

interface Wish {
  readonly numPartitions?: number;
  readonly replicationFactor?: number;
  readonly assignments?: { partitionIndex: number; brokerIds: number[] }[];
}

/** What is made of a wish, and what every node then tells of it. */
const create = (name: string, wish: Wish, more: Partial<Scenario> = {}): Scenario =>
  onThree("CreateTopics", name, async (side, version, own) => {
    const made = `${own}-made`;
    const topics = [{ name: made, numPartitions: -1, replicationFactor: -1, ...wish }];
    const answer = await side.ask("CreateTopics", version, { topics, timeoutMs: 5000 });
    if (answer.topics[0].errorCode !== 0) return answer;
    await side.untilLed([made]);
    return [answer, await placesOf(side, made)];
  }, { since: 4, ...more });

/** Where the partitions are. Where nobody said so, how many replicas each node has is all. */
async function placesOf(side: Side, name: string) {
  const { topics } = await side.ask("Metadata", 12, { topics: [{ name }] });
  return topics[0].partitions
    .map(({ partitionIndex, leaderId, replicaNodes, isrNodes, leaderEpoch }: any) => ({
      partitionIndex,
      leaderId,
      replicaNodes,
      isrNodes,
      leaderEpoch,
    }))
    .sort((a: any, b: any) => a.partitionIndex - b.partitionIndex);
}

/** Each rack has one node, so that three replicas lie everywhere, and leaders are spread. */
const spread = (numPartitions: number, replicationFactor: number): Scenario =>
  onThree(
    "CreateTopics",
    `${numPartitions} partitions of ${replicationFactor} replicas over three racks`,
    async (side, version, own) => {
      const made = `${own}-made`;
      const topics = [{ name: made, numPartitions, replicationFactor }];
      const answer = await side.ask("CreateTopics", version, { topics, timeoutMs: 5000 });
      await side.untilLed([made]);
      const places = await placesOf(side, made);
      const count = (isAt: (place: any, id: number) => boolean) =>
        NODES.map((id) => places.filter((place: any) => isAt(place, id)).length);
      return {
        answer,
        leaders: count(({ leaderId }, id) => leaderId === id),
        replicas: count(({ replicaNodes }, id) => replicaNodes.includes(id)),
      };
    },
  );

const ids = (...brokerIds: number[]) => ({ brokerIds });
const grow = (name: string, count: number, assignments: object[]): Scenario =>
  onThree("CreatePartitions", name, async (side, version, own) => {
    const topics = [{ name: own, count, assignments }];
    const answer = await side.ask("CreatePartitions", version, { topics, timeoutMs: 5000 });
    await side.caughtUp();
    if (answer.results[0].errorCode === 0) await side.untilLed([own]);
    return [answer, await placesOf(side, own)];
  }, { topic: { replicas: [[1, 2], [2, 3]] } });

export const CREATION: Scenario[] = [
  create("as it is assigned", { assignments: assigned([3, 1, 2], [2, 3, 1], [1, 2, 3]) }),
  create("of one replica each", { assignments: assigned([3], [2], [2]) }),
  create("of more replicas here than there", { assignments: assigned([3, 1], [2, 3, 1]) }),
  create("of fewer replicas here than there", { assignments: assigned([3, 1], [2]) }),
  create("with one who is not there", { assignments: assigned([3, 7], [2, 3]) }),
  create("on nobody who is there", { assignments: assigned([8, 7]) }),
  create("with one twice", { assignments: assigned([3, 3]) }),
  create("with a negative one", { assignments: assigned([3, -1]) }),
  create("on nobody", { assignments: assigned([]) }),
  create("with a hole in its partitions", {
    assignments: [{ partitionIndex: 0, ...ids(1, 2) }, { partitionIndex: 2, ...ids(2, 3) }],
  }),
  create("with a partition twice", {
    assignments: [{ partitionIndex: 0, ...ids(1, 2) }, { partitionIndex: 0, ...ids(2, 3) }],
  }),
  create("assigned, and with a number of replicas", {
    assignments: assigned([3, 1]),
    replicationFactor: 2,
  }),
  create("of more replicas than there are nodes", { numPartitions: 1, replicationFactor: 4 }),
  spread(3, 3),
  spread(3, 1),
  grow("as they are assigned", 4, [ids(3, 1), ids(1, 3)]),
  grow("of more replicas than the others", 3, [ids(3, 1, 2)]),
  grow("of fewer replicas than the others", 3, [ids(3)]),
  grow("with one who is not there", 3, [ids(3, 7)]),
  grow("with one twice", 3, [ids(3, 3)]),
  grow("on nobody", 3, [ids()]),
  grow("fewer than there shall be", 4, [ids(3, 1)]),
  grow("more than there shall be", 3, [ids(3, 1), ids(1, 2)]),
];
