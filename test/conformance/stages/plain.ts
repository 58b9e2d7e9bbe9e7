/** The stage that most scenarios are played on: its topics, and what is in them. */
import { equal } from "node:assert/strict";
import { batch, NOW, type Side, utf8 } from "../side.ts";

export async function furnish(side: Side): Promise<void> {
  await side.topics({
    orders: { partitions: 3 },
    "orders_too": {},
    compacted: { configs: { "cleanup.policy": "compact" } },
    stamped: { configs: { "message.timestamp.type": "LogAppendTime", "retention.ms": "86400000" } },
    repacked: { configs: { "compression.type": "gzip" } },
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
}
