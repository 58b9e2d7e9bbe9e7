/** A node that goes, in each way that there is, and comes back: what is told on the way. */
import { described } from "../../replicas.ts";
import { batch, type Scenario, type Side } from "../../side.ts";
import { onThree } from "./scenario.ts";

/** Replicas that lose a leader, a follower, all they have, or one too many. */
const REPLICAS = [[3, 1], [1, 3], [3, 2], [2, 1]];

interface Topics {
  readonly plain: string;
  /** Two in-sync replicas are asked for. */
  readonly guarded: string;
  readonly alone: string;
}

async function topicsOf(side: Side, own: string): Promise<Topics> {
  const topics = { plain: `${own}-plain`, guarded: `${own}-guarded`, alone: `${own}-alone` };
  await side.topics({
    [topics.plain]: { replicas: REPLICAS },
    [topics.guarded]: { replicas: REPLICAS, configs: { "min.insync.replicas": "2" } },
    [topics.alone]: { replicas: [[3]] },
  });
  for (const topic of Object.values(topics)) await side.append(topic, 0, batch(["a", "b"]));
  return topics;
}

/** How all of them are now; epochs as well, so that not a step more or less was taken. */
async function seen(side: Side, topics: Topics) {
  const states: Record<string, unknown> = {};
  for (const [which, topic] of Object.entries(topics)) {
    states[which] = await described(side, topic);
  }
  const cluster = await side.ask("DescribeCluster", 2, { includeFencedBrokers: true });
  return { ...states, brokers: cluster.brokers };
}

async function electAll(side: Side, topics: Topics) {
  const answer = await side.ask("ElectLeaders", 2, {
    electionType: 0,
    topicPartitions: [
      { topic: topics.plain, partitions: [0, 1, 2, 3] },
      { topic: topics.guarded, partitions: [0, 1, 2, 3] },
      { topic: topics.alone, partitions: [0] },
    ],
    timeoutMs: 10_000,
  });
  await side.untilSettled();
  return [answer, await seen(side, topics)];
}

const OFFSET_NOT_AVAILABLE = 78;

/** What is there after it came back, to the last record: leaders that are new may not know at once. */
async function endsOf(side: Side, topics: Topics) {
  const ends: Record<string, unknown> = {};
  for (const [which, name] of Object.entries(topics)) {
    await side.until(async () => {
      const leader = await side.leaderOf(name, 0);
      const answer = await side.at(leader).ask("ListOffsets", 7, {
        replicaId: -1,
        topics: [{ name, partitions: [{ partitionIndex: 0, timestamp: -1 }] }],
      });
      const { partitions } = answer.topics[0];
      ends[which] = partitions;
      return partitions[0].errorCode !== OFFSET_NOT_AVAILABLE;
    });
  }
  return ends;
}

async function comeBack(side: Side): Promise<void> {
  side.cluster.nodes.find(({ id }) => id === 3)!.start();
  await side.untilSettled();
}

export const LIVES: Scenario[] = [
  onThree("DescribeTopicPartitions", "3 stops, and is back", async (side, _, own) => {
    const topics = await topicsOf(side, own);
    const before = await seen(side, topics);
    await side.end(3, "stop");
    await side.untilSettled();
    const without = await seen(side, topics);
    await comeBack(side);
    const back = await seen(side, topics);
    const elected = await electAll(side, topics);
    return { before, without, back, elected, ends: await endsOf(side, topics) };
  }, { once: true }),
  onThree("DescribeTopicPartitions", "3 is killed, and is back", async (side, _, own) => {
    const topics = await topicsOf(side, own);
    await side.end(3, "kill");
    await side.untilSettled();
    const without = await seen(side, topics);
    await comeBack(side);
    const back = await seen(side, topics);
    const elected = await electAll(side, topics);
    return { without, back, elected, ends: await endsOf(side, topics) };
  }, { once: true }),
  onThree("UnregisterBroker", "3 stops, is taken off, and is back", async (side, version, own) => {
    const topics = await topicsOf(side, own);
    await side.end(3, "stop");
    await side.untilSettled();
    const answers = [];
    for (let time = 0; time < 2; time++) {
      answers.push(await side.ask("UnregisterBroker", version, { brokerId: 3 }));
    }
    await side.untilSettled();
    const without = await seen(side, topics);
    await comeBack(side);
    const elected = await electAll(side, topics);
    return { answers, without, elected, ends: await endsOf(side, topics) };
  }, { once: true }),
];
