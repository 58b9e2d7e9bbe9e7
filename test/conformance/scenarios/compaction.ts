/**
 * Compaction: the same histories on both brokers, cleaned, and every batch and record that is left
 * compared. Segments are the same on both, since each batch's time is beyond `segment.ms` after the
 * one before; and nothing is cleaned before all is written, as no log is dirtier than 1.
 */
import { batchesOf, type BatchView, recordsOf } from "../../../src/records/mod.ts";
import { batch, NOW, type Scenario, type Side, utf8 } from "../side.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const text = (bytes: Uint8Array | null) =>
  bytes === null
    ? null
    : bytes.length > 40
    ? `${bytes.length} bytes`
    : new TextDecoder().decode(bytes);

const HELD = {
  "cleanup.policy": "compact",
  "min.cleanable.dirty.ratio": "1",
  "segment.ms": "5000",
  "retention.ms": "-1",
};

/** What is done with one topic. Batches are half a minute apart, so that each begins a segment. */
class Topic {
  #time: number;

  constructor(readonly side: Side, readonly name: string, since: number) {
    this.#time = NOW - since;
  }

  /** `key=value`, or `key` alone for a tombstone, each in a batch of its own. */
  async write(
    records: string[],
    options: Parameters<typeof batch>[1] = {},
  ): Promise<void> {
    this.#time += 30_000;
    const inputs = records.map((record) => {
      const [key, value] = record.split("=");
      const isKeyless = key === "-";
      return { key: isKeyless ? null : utf8(key), value: value === undefined ? null : utf8(value) };
    });
    const bytes = batch(inputs, { timestamp: this.#time, ...options });
    await this.side.append(this.name, 0, bytes);
  }

  async set(configs: Record<string, string>): Promise<void> {
    await this.side.ask("IncrementalAlterConfigs", 1, {
      validateOnly: false,
      resources: [{
        resourceType: 2,
        resourceName: this.name,
        configs: Object.entries(configs).map(([name, value]) => ({
          name,
          configOperation: 0,
          value,
        })),
      }],
    });
  }

  /** Lets the cleaner at it until something has changed. */
  async clean(configs: Record<string, string> = { "min.cleanable.dirty.ratio": "0.0001" }) {
    const before = JSON.stringify(await this.read());
    await this.set(configs);
    await this.side.until(async () => JSON.stringify(await this.read()) !== before);
    await this.set({ "min.cleanable.dirty.ratio": "1" });
    return await this.read();
  }

  async list(timestamp: number): Promise<any> {
    const partitions = [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp }];
    const topics = [{ name: this.name, partitions }];
    const answer = await this.side.ask("ListOffsets", 8, {
      replicaId: -1,
      isolationLevel: 0,
      topics,
    });
    const { offset, timestamp: found, errorCode } = answer.topics[0].partitions[0];
    return { offset, found, errorCode };
  }

  /** All batches from the log's start on. */
  async read(): Promise<unknown[]> {
    const found: unknown[] = [];
    const { offset: start } = await this.list(-2);
    const { offset: end } = await this.list(-1);
    for (let fetchOffset = start; fetchOffset < end;) {
      const partitions = [{ partition: 0, fetchOffset, partitionMaxBytes: 8_000_000 }];
      const topics = [{ topic: this.name, partitions }];
      const answer = await this.side.ask("Fetch", 11, {
        ...{ replicaId: -1, maxWaitMs: 0, minBytes: 0, maxBytes: 16_000_000 },
        topics,
      });
      const { records } = answer.responses[0].partitions[0];
      const batches = [...batchesOf(records ?? new Uint8Array(0))];
      if (batches.length === 0) break;
      for (const each of batches) found.push(this.#tell(each));
      fetchOffset = batches[batches.length - 1].nextOffset;
    }
    return found;
  }

  #tell(batch: BatchView) {
    const at = (time: number) => time < 0 ? "none" : batch.isLogAppendTime ? "then" : time - NOW;
    return {
      offsets: [batch.baseOffset, batch.lastOffset],
      leaderEpoch: batch.partitionLeaderEpoch,
      attributes: batch.attributes,
      crc: batch.isCrcValid(),
      base: batch.hasDeleteHorizon
        ? `horizon in ${Math.round((batch.baseTimestamp - Date.now()) / HOUR)} hours`
        : at(batch.baseTimestamp),
      max: at(batch.maxTimestamp),
      producer: [batch.producerId, batch.producerEpoch, batch.baseSequence],
      records: [...recordsOf(batch, { maxDecompressedBytes: 1 << 26 })].map((record) => [
        record.offset,
        at(record.timestamp),
        text(record.key),
        text(record.value),
        record.headers.map(({ key, value }) => `${key}=${text(value)}`),
      ]),
    };
  }
}

const compaction = (
  name: string,
  play: (topic: Topic) => Promise<unknown>,
  { configs = {}, since = DAY }: { configs?: Record<string, string>; since?: number } = {},
): Scenario => ({
  api: "Fetch",
  name: `cleaned: ${name}`,
  stage: "cleaned",
  once: true,
  topic: { configs: { ...HELD, ...configs } },
  configs: ["cleanup.policy", "min.cleanable.dirty.ratio", ...Object.keys(configs)],
  play: (side, _version, unique) => play(new Topic(side, unique, since)),
});

const CODECS = ["none", "gzip", "snappy", "lz4", "zstd"] as const;

export const COMPACTION: Scenario[] = [
  compaction("the newest of each key", async (topic) => {
    await topic.write(["a=1", "b=1", "c=1"]);
    await topic.write(["a=2"]);
    await topic.write(["d=1", "b=2", "d=2"]);
    await topic.write(["only=1"]);
    await topic.write(["a=3"]); // active: not yet
    return await topic.clean();
  }),
  ...CODECS.map((codec) =>
    compaction(`batches packed by ${codec}`, async (topic) => {
      await topic.write(["a=1", "b=1", "a=2", `c=${"x".repeat(300)}`], { codec });
      await topic.write(["b", "d=1"], { codec });
      await topic.write(["c=2", "c=3", "e=1"], { codec });
      await topic.write(["active=1"]);
      return await topic.clean();
    })
  ),
  compaction("twice, the second time with what the first one left", async (topic) => {
    await topic.write(["a=1", "b=1"]);
    await topic.write(["a=2", "c=1"]);
    await topic.write(["x=1"]);
    const first = await topic.clean();
    await topic.write(["c=2", "d=1"]);
    await topic.write(["x=2"]);
    await topic.write(["y=1"]);
    return [first, await topic.clean()];
  }),
  compaction("tombstones get a horizon", async (topic) => {
    await topic.write(["a=1", "b=1"]);
    await topic.write(["a", "c=1"]);
    await topic.write(["never"]);
    await topic.write(["x=1"]);
    const first = await topic.clean();
    await topic.write(["b=2"]);
    await topic.write(["x=2"]);
    return [first, await topic.clean()];
  }),
  compaction("tombstones whose time is over", async (topic) => {
    await topic.write(["a=1", "b=1"]);
    await topic.write(["a", "c=1"]);
    await topic.write(["d"]);
    await topic.write(["x=1"]);
    const first = await topic.clean();
    await topic.write(["b=2"]);
    await topic.write(["x=2"]);
    const second = await topic.clean();
    return [JSON.stringify(first).replace(/horizon in -?\d+ hours/g, "now"), second];
  }, { configs: { "delete.retention.ms": "0" } }),
  compaction("two days for tombstones", async (topic) => {
    await topic.write(["a=1"]);
    await topic.write(["a"]);
    await topic.write(["x=1"]);
    return await topic.clean();
  }, { configs: { "delete.retention.ms": String(2 * DAY) } }),
  compaction("the last batch of a producer", async (topic) => {
    const producer = { producerId: 77, producerEpoch: 2 };
    await topic.write(["a=1", "b=1"], { ...producer, baseSequence: 0 });
    await topic.write(["a=2", "b=2"], { ...producer, baseSequence: 2, codec: "gzip" });
    await topic.write(["a=3", "b=3"]);
    await topic.write(["x=1"]);
    const first = await topic.clean();
    await topic.write(["c=1"], { ...producer, baseSequence: 4 });
    await topic.write(["x=2"]);
    return [first, await topic.clean()];
  }, { since: HOUR }), // one that wrote nothing for a day is forgotten
  compaction("LogAppendTime", async (topic) => {
    await topic.write(["a=1", "b=1", "c"]);
    await topic.write(["a=2", "b=2", "d=1"]);
    await topic.set({ "segment.ms": "1" });
    await topic.side.caughtUp();
    await topic.side.until(async () => (await topic.list(-1)).offset === 6);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await topic.write(["x=1"]);
    return await topic.clean();
  }, { configs: { "message.timestamp.type": "LogAppendTime" } }),
  compaction("headers, empty keys, empty values", async (topic) => {
    const headers = [{ key: "h", value: utf8("v") }, { key: "none", value: null }];
    const inputs = [
      { key: utf8(""), value: utf8("empty key"), headers },
      { key: utf8("k"), value: utf8("") },
      { key: utf8("l"), value: utf8("old") },
    ];
    await topic.side.append(topic.name, 0, batch(inputs, { timestamp: NOW - 2 * DAY }));
    await topic.write(["l=new"]);
    await topic.write(["x=1"]);
    return await topic.clean();
  }),
  compaction("batches larger than the buffers", async (topic) => {
    await topic.write(["a=1", `big=${"x".repeat(700_000)}`]);
    await topic.write(["a=2", `big=${"y".repeat(700_000)}`, "small=1"]);
    await topic.write(["big=3"]);
    await topic.write(["x=1"]);
    return await topic.clean();
  }),
  compaction("records without a key, from before it was compacted", async (topic) => {
    await topic.write(["-=1", "a=1"]);
    await topic.write(["-=2"]);
    await topic.write(["a=2"]);
    await topic.write(["x=1"]);
    return await topic.clean({
      "cleanup.policy": "compact",
      "min.cleanable.dirty.ratio": "0.0001",
    });
  }, { configs: { "cleanup.policy": "delete" } }),
  compaction("min.compaction.lag.ms", async (topic) => {
    await topic.write(["a=1", "b=1"], { timestamp: NOW - 3 * DAY });
    await topic.write(["a=2", "c=1"], { timestamp: NOW - 2 * DAY });
    await topic.write(["c=2", "b=2"], { timestamp: NOW - 2 * HOUR });
    await topic.write(["c=3"], { timestamp: NOW - HOUR });
    await topic.write(["x=1"], { timestamp: NOW });
    return await topic.clean();
  }, { configs: { "min.compaction.lag.ms": String(DAY) } }),
  compaction("max.compaction.lag.ms, however little is new", async (topic) => {
    await topic.write(["a=1", "b=1"]);
    await topic.write(["a=2"]);
    await topic.write(["x=1"]);
    return await topic.clean({ "max.compaction.lag.ms": String(HOUR) });
  }),
  compaction("compact,delete: by time", async (topic) => {
    await topic.write(["a=1", "b=1"], { timestamp: NOW - 3 * DAY });
    await topic.write(["c=1"], { timestamp: NOW - 2 * DAY });
    await topic.write(["a=2", "d=1"], { timestamp: NOW - 2 * HOUR });
    await topic.write(["a=3"], { timestamp: NOW - HOUR });
    await topic.write(["x=1"], { timestamp: NOW });
    const deleted = await topic.clean({ "retention.ms": String(DAY) });
    return [deleted, await topic.clean(), await topic.list(-2)];
  }, { configs: { "cleanup.policy": "compact,delete" } }),
  compaction("compact,delete: from a log start in the middle", async (topic) => {
    await topic.write(["a=1", "b=1", "c=1"]);
    await topic.write(["d=1", "a=2", "d=2"]);
    await topic.write(["c=2"]);
    await topic.write(["x=1"]);
    const partitions = [{ partitionIndex: 0, offset: 4 }];
    const topics = [{ name: topic.name, partitions }];
    await topic.side.ask("DeleteRecords", 2, { topics, timeoutMs: 5000 });
    await topic.write(["c=3", "d=3"]);
    await topic.write(["x=2"]);
    return [await topic.clean(), await topic.list(-2)];
  }, { configs: { "cleanup.policy": "compact,delete" } }),
  compaction("looking up times and epochs", async (topic) => {
    for (let i = 0; i < 6; i++) await topic.write([`a=${i}`, `k${i}=1`, `b=${i}`]);
    await topic.write(["x=1"]);
    await topic.clean();
    const found = [];
    for (const back of [0, 10_000, 30_001, 60_000, 89_999, 150_000]) {
      found.push(await topic.list(NOW - DAY + 30_000 + back));
    }
    for (const special of [-1, -2, -3]) found.push(await topic.list(special));
    const partitions = [{ partition: 0, currentLeaderEpoch: -1, leaderEpoch: 0 }];
    const { topics } = await topic.side.ask("OffsetForLeaderEpoch", 4, {
      replicaId: -1,
      topics: [{ topic: topic.name, partitions }],
    });
    return [found, topics];
  }),
];
