/**
 * Reads all that one node has, whoever leads: what its disk has lost is found by that, and is there
 * again after a while, with nothing passed over.
 */
import { batchesOf } from "../../../src/records/mod.ts";
import { until } from "../../kit/ask.ts";
import type { ClusterNode } from "./cluster.ts";

/** A follower answers consumers from here on. */
const VERSION = 12;
const READ_BYTES = 4 * 1024 * 1024;
const WITHIN_MS = 60_000;
/** NOT_LEADER_OR_FOLLOWER, REPLICA_NOT_AVAILABLE, KAFKA_STORAGE_ERROR, OFFSET_NOT_AVAILABLE */
const COME_AGAIN = new Set([6, 9, 56, 78]);

/** @param topics how many partitions each has; their logs leave no offsets out. */
export async function readThrough(
  node: ClusterNode,
  topics: ReadonlyMap<string, number>,
): Promise<void> {
  for (const [topic, partitions] of topics) {
    for (let partition = 0; partition < partitions; partition++) {
      await readPartition(node, topic, partition);
    }
  }
}

async function readPartition(node: ClusterNode, topic: string, partition: number): Promise<void> {
  for (let offset = 0, end = Infinity; offset < end;) {
    const what = `${topic}-${partition} of node ${node.id} at ${offset}`;
    offset = await until(`Reading ${what}`, async () => {
      const answer = await node.asker.ask("Fetch", VERSION, {
        maxWaitMs: 0,
        minBytes: 0,
        topics: [{
          topic,
          partitions: [{ partition, fetchOffset: offset, partitionMaxBytes: READ_BYTES }],
        }],
        forgottenTopicsData: [],
      });
      const found = answer?.responses[0].partitions[0];
      if (found === undefined || COME_AGAIN.has(found.errorCode)) return undefined;
      if (found.errorCode !== 0) throw new Error(`${what}: error ${found.errorCode}`);
      if (end === Infinity) end = found.highWatermark;
      let next = offset;
      for (const batch of batchesOf(found.records)) {
        if (batch.baseOffset > next) throw new Error(`${what}: ${next} is passed over`);
        next = batch.nextOffset;
      }
      return next > offset || offset >= end ? next : undefined;
    }, { withinMs: WITHIN_MS, else: () => node.tail });
  }
}
