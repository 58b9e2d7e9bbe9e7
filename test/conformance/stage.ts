/**
 * What stands on the stage before the scenarios begin: settings and topics, the same on both
 * brokers.
 */
import { equal } from "node:assert/strict";
import { batch, NOW, type Side, utf8 } from "./side.ts";

export const SETTINGS = {
  "node.id": "1",
  "group.initial.rebalance.delay.ms": "0",
  "offsets.topic.num.partitions": "4",
  "offsets.topic.replication.factor": "1",
  "transaction.state.log.replication.factor": "1",
  "transaction.state.log.min.isr": "1",
  "share.coordinator.state.topic.replication.factor": "1",
  "share.coordinator.state.topic.min.isr": "1",
};

/** Makes the topics, fills them, and waits until groups are looked after. */
export async function fixtures(side: Side): Promise<void> {
  await side.topics({
    orders: { partitions: 3 },
    "orders_too": {},
    compacted: { configs: { "cleanup.policy": "compact" } },
    stamped: { configs: { "message.timestamp.type": "LogAppendTime", "retention.ms": "86400000" } },
    repacked: { configs: { "compression.type": "gzip" } },
    small: { configs: { "max.message.bytes": "300" } },
    strict: {
      configs: {
        "message.timestamp.after.max.ms": "3600000",
        "message.timestamp.before.max.ms": "3600000",
      },
    },
    guarded: { configs: { "min.insync.replicas": "2" } },
    written: { partitions: 3 },
    "written-too": {},
    times: {},
    empty: {},
    cut: {},
  });
  await side.append(
    "orders",
    0,
    batch(["a", "b", "c"]),
    batch(["d", "e"], { timestamp: NOW + 50 }),
  );
  await side.append("orders", 2, batch(["z"]));
  await side.append("compacted", 0, batch([{ key: utf8("k") }]));
  await side.append("repacked", 0, batch([{ value: utf8("plain") }]));
  // The largest time is not the last one.
  await side.append(
    "times",
    0,
    batch(["a", "b"]),
    batch(["c"], { timestamp: NOW + 300 }),
    batch(["d", "e"], { timestamp: NOW + 100 }),
    batch([{ value: utf8("f"), timestamp: NOW + 300 }]),
  );
  await side.append("cut", 0, batch(["a", "b"]), batch(["c", "d", "e"], { timestamp: NOW + 10 }));
  const partitions = [{ partitionIndex: 0, offset: 3 }];
  const cut = { topics: [{ name: "cut", partitions }], timeoutMs: 5000 };
  const { topics } = await side.ask("DeleteRecords", 2, cut);
  equal(topics[0].partitions[0].errorCode, 0);

  await side.until(async () => {
    const groups = Array.from({ length: 16 }, (_, index) => `warm-${index}`);
    const found = await side.ask("FindCoordinator", 4, { keyType: 0, coordinatorKeys: groups });
    if (found.coordinators.some(({ errorCode }: any) => errorCode !== 0)) return false;
    const read = await side.ask("OffsetFetch", 8, {
      groups: groups.map((groupId) => ({ groupId, topics: null })),
    });
    return read.groups.every(({ errorCode }: any) => errorCode === 0);
  });
  await side.untilLed(["__consumer_offsets"]);
  const producer = { transactionalId: null, transactionTimeoutMs: 1000 };
  await side.until(async () => (await side.ask("InitProducerId", 0, producer)).errorCode === 0);
  side.reset();
}
