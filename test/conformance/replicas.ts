/** What scenarios on several nodes do to partitions, and wait for. */
import type { Side } from "./side.ts";

const PREFERRED = 0;

/** Puts the replicas of a partition in another order, which moves no data. */
export async function turn(
  side: Side,
  name: string,
  partitionIndex: number,
  replicas: readonly number[],
): Promise<void> {
  const topics = [{ name, partitions: [{ partitionIndex, replicas }] }];
  await side.ask("AlterPartitionReassignments", 0, { timeoutMs: 10_000, topics });
  await side.caughtUp();
}

/** Has partition 0 led by another of its replicas than before: the last of these is the first. */
export async function moveLeader(side: Side, topic: string, to: readonly number[]): Promise<void> {
  await turn(side, topic, 0, to);
  await side.ask("ElectLeaders", 2, {
    electionType: PREFERRED,
    topicPartitions: [{ topic, partitions: [0] }],
    timeoutMs: 10_000,
  });
  await side.until(async () => await side.leaderOf(topic, 0) === to[0]);
  await side.untilLed([topic]);
}

/** Partitions as the first node that runs describes them. */
export async function described(side: Side, name: string): Promise<any[]> {
  const body = { topics: [{ name }] };
  const { topics } = await side.ask("DescribeTopicPartitions", 0, body);
  return topics[0].partitions;
}

/** A fetch of partition 0, at once. */
export const fetchOf = (side: Side, version: number, topic: string, fields: object = {}) => ({
  maxWaitMs: 0,
  minBytes: 1,
  maxBytes: 1_000_000,
  topics: [{
    ...side.named(topic, version, 13, "topic"),
    partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 100_000, ...fields }],
  }],
});

/** Until all replicas of partition 0 know that so much is committed. */
export async function untilCommittedEverywhere(side: Side, name: string, end: number) {
  for (const id of side.running) {
    await side.until(async () => {
      const { responses } = await side.at(id).ask("Fetch", 12, fetchOf(side, 12, name));
      const { highWatermark, errorCode } = responses[0].partitions[0];
      return errorCode !== 0 || highWatermark === end;
    });
  }
}
