/**
 * What lies on disk and for how long: segments by size, time and index, retention by time and size,
 * files that are deleted, timestamps, compression. Settings are set with the topic and, where it
 * can make a difference, on a topic that is written to already.
 */
import { batchesOf, type BatchView, type RecordInput } from "../../../src/records/mod.ts";
import { batch, NOW, pause, type Scenario, type Side, utf8 } from "../side.ts";

type Configs = Record<string, string>;

const at = (...times: number[]): Partial<RecordInput>[] =>
  times.map((time) => ({ value: utf8("v"), timestamp: time < 0 ? time : NOW + time }));
const old = (hours: number): Uint8Array =>
  batch([{ value: utf8("v"), timestamp: NOW - hours * 3_600_000 }]);
const large = (bytes: number, time = 0): Uint8Array =>
  batch([{ value: new Uint8Array(bytes).fill(7), timestamp: NOW + time }]);

const alter = (side: Side, topic: string, configs: Configs): Promise<unknown> =>
  side.ask("IncrementalAlterConfigs", 1, {
    resources: [{
      resourceType: 2,
      resourceName: topic,
      configs: Object.entries(configs).map(([name, value]) => ({
        name,
        configOperation: 0,
        value,
      })),
    }],
    validateOnly: false,
  });

/** The names in a partition's folder that say how its log is cut, without those of indexes. */
async function filesOf(side: Side, topic: string): Promise<string[]> {
  for (const folder of side.place.logDirs) {
    try {
      const names = [];
      for await (const { name } of Deno.readDir(`${folder}/${topic}-0`)) names.push(name);
      return names.filter((name) => /\.log(\.deleted)?$/.test(name)).sort();
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return [];
}

async function edges(side: Side, topic: string): Promise<unknown> {
  const offsets = [];
  for (const timestamp of [-2, -1]) {
    const partitions = [{ partitionIndex: 0, timestamp }];
    const { topics } = await side.ask("ListOffsets", 7, {
      replicaId: -1,
      topics: [{ name: topic, partitions }],
    });
    offsets.push(topics[0].partitions[0].offset);
  }
  return offsets;
}

/** Batches appended one by one, and the segments that come of it. */
const segments = (
  name: string,
  configs: Configs,
  batches: Uint8Array[],
  { then = {}, more = [] }: { then?: Configs; more?: Uint8Array[] } = {},
): Scenario => ({
  api: "Produce",
  name: `segments ${name}`,
  once: true,
  stage: "ruled",
  configs: Object.keys({ ...configs, ...then }),
  topic: { configs },
  async play(side, _version, topic) {
    await side.append(topic, 0, ...batches);
    if (Object.keys(then).length > 0) {
      await alter(side, topic, then);
      await pause(100);
    }
    await side.append(topic, 0, ...more);
    return await filesOf(side, topic);
  },
});

/** What is left of a log some looks of retention after a change of its settings. */
const retention = (
  name: string,
  configs: Configs,
  batches: Uint8Array[],
  then: Configs,
  { deleteUpTo }: { deleteUpTo?: number } = {},
): Scenario => ({
  api: "Produce",
  name: `retention ${name}`,
  once: true,
  stage: "ruled",
  configs: Object.keys({ ...configs, ...then }),
  topic: { configs: { "segment.ms": "1000", "retention.ms": "-1", ...configs } },
  async play(side, _version, topic) {
    await side.append(topic, 0, ...batches);
    // What is to go from the beginning is there yet, or not, as it happens.
    const before = configs["retention.ms"] === MANY_HOURS
      ? "some"
      : [await filesOf(side, topic), await edges(side, topic)];
    if (deleteUpTo !== undefined) {
      const partitions = [{ partitionIndex: 0, offset: deleteUpTo }];
      await side.ask("DeleteRecords", 2, {
        topics: [{ name: topic, partitions }],
        timeoutMs: 5000,
      });
    }
    await alter(side, topic, then);
    await pause(700);
    return [before, await filesOf(side, topic), await edges(side, topic)];
  },
});

const THREE = [old(10), old(5), old(0.01)];
const MANY_HOURS = `${6 * 3_600_000}`;
const ANY_TIME = { "message.timestamp.after.max.ms": "9223372036854775807" };

async function produce(side: Side, topic: string, records: Uint8Array): Promise<any> {
  const partitionData = [{ index: 0, records }];
  const body = { acks: -1, timeoutMs: 5000, topicData: [{ name: topic, partitionData }] };
  const { responses } = await side.ask("Produce", 9, body);
  const { errorCode, recordErrors, logAppendTimeMs } = responses[0].partitionResponses[0];
  return { errorCode, recordErrors, logAppendTimeMs };
}

/** The batches that lie in a log. */
async function stored(side: Side, topic: string): Promise<BatchView[]> {
  const { responses } = await side.ask("Fetch", 12, {
    maxWaitMs: 0,
    minBytes: 0,
    maxBytes: 10_000_000,
    topics: [{
      topic,
      partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 10_000_000 }],
    }],
  });
  const { records } = responses[0].partitions[0];
  return records === null ? [] : [...batchesOf(records)];
}

/** Words that pack better the more one tries. */
const TEXT = (() => {
  let state = 1;
  const words = Array.from({ length: 400 }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return state.toString(36).slice(0, 2 + state % 5);
  });
  return Array.from({ length: 30_000 }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return words[Math.floor(Math.sqrt(state % 160_000))];
  }).join(" ");
})();

const packing = (codec: string, low: string, high: string): Scenario => ({
  api: "Produce",
  name: `packed by ${codec} at level ${low} and then ${high}`,
  once: true,
  configs: ["compression.type", `compression.${codec}.level`],
  topic: { configs: { "compression.type": codec, [`compression.${codec}.level`]: low } },
  async play(side, _version, topic) {
    const records = batch([{ value: utf8(TEXT) }]);
    await side.append(topic, 0, records);
    await alter(side, topic, { [`compression.${codec}.level`]: high });
    await pause(100);
    await side.append(topic, 0, records);
    const [first, second] = await stored(side, topic);
    return [
      first.compression,
      second.compression,
      second.sizeInBytes < first.sizeInBytes ? "smaller" : "not smaller",
    ];
  },
});

/** A producer's times against a topic's rules, changed while it is written to. */
const stamps = (name: string, configs: Configs, then: Configs, times: number[]): Scenario => ({
  api: "Produce",
  name: `times ${name}`,
  once: true,
  configs: Object.keys({ ...configs, ...then }),
  topic: { configs },
  async play(side, _version, topic) {
    const answers = [];
    for (const configs of [{}, then]) {
      if (Object.keys(configs).length > 0) {
        await alter(side, topic, configs);
        await pause(100);
      }
      for (const time of times) {
        const timestamp = time === -1 ? -1 : Date.now() + time;
        const records = batch([{ value: utf8("v"), timestamp }]);
        answers.push(await produce(side, topic, records));
      }
    }
    const kinds = (await stored(side, topic)).map(({ isLogAppendTime }) => isLogAppendTime);
    return [answers, kinds];
  },
});

const HOUR = 3_600_000;

export const STORAGE: Scenario[] = [
  segments("by size", { "segment.bytes": "1048576" }, [
    large(400_000),
    large(400_000),
    large(400_000),
    large(1_000_000),
    large(100),
  ]),
  segments("by a size that is changed", {}, [large(600_000), large(600_000)], {
    then: { "segment.bytes": "1048576" },
    more: [large(10), large(600_000), large(600_000)],
  }),
  segments("by time", { "segment.ms": "1000" }, [
    batch(at(0, 900)),
    batch(at(1000)),
    batch(at(1900)),
    batch(at(1901)),
    batch(at(500)),
    batch(at(9000)),
  ]),
  segments("by a time that is changed", {}, [batch(at(0)), batch(at(5000))], {
    then: { "segment.ms": "1000" },
    more: [batch(at(5100)), batch(at(6000)), batch(at(7200))],
  }),
  segments("by time, without times", { "segment.ms": "1000" }, [
    batch(at(-1)),
    batch(at(9000)),
    batch(at(-1)),
    batch(at(20_000)),
  ]),
  segments("by time, packed", { "segment.ms": "1000" }, [
    batch(at(0, 5000), { codec: "gzip" }),
    batch(at(5900), { codec: "lz4" }),
    batch(at(6100), { codec: "lz4" }),
  ]),
  segments(
    "by a full index",
    { "index.interval.bytes": "0", "segment.index.bytes": "40" },
    Array.from({ length: 24 }, (_, i) => batch(at(i * 10))),
  ),
  segments(
    "by a full index, all at one time",
    { "index.interval.bytes": "0", "segment.index.bytes": "40" },
    Array.from({ length: 24 }, () => batch(at(5))),
  ),
  segments(
    "by an index that is made smaller",
    { "index.interval.bytes": "0" },
    Array.from({ length: 12 }, (_, i) => batch(at(i * 10))),
    {
      then: { "segment.index.bytes": "40" },
      more: Array.from({ length: 12 }, (_, i) => batch(at(200 + i * 10))),
    },
  ),

  retention("by time", {}, THREE, { "retention.ms": MANY_HOURS }),
  retention("by time, set with the topic", { "retention.ms": MANY_HOURS }, THREE, {
    "max.message.bytes": "1000000",
  }),
  retention("by time, all of it", {}, THREE, { "retention.ms": "1" }),
  retention("by time, nothing is left alone", {}, THREE, { "retention.ms": "0" }),
  retention("for ever", { "retention.ms": "1000000000" }, THREE, { "retention.ms": "-1" }),
  retention("by the youngest record of a segment", {}, [
    batch([{ timestamp: NOW - 10 * HOUR }, { timestamp: NOW - HOUR }]),
    old(8),
    old(0.01),
  ], { "retention.ms": MANY_HOURS }),
  retention("behind a segment of the future", ANY_TIME, [
    batch(at(10 * HOUR)),
    old(20),
    old(0.01),
  ], { "retention.ms": MANY_HOURS }),
  retention("without times", {}, [batch(at(-1)), old(10), old(0.01)], {
    "retention.ms": MANY_HOURS,
  }),
  retention("by size", {}, [large(5000), large(5000, 2000), large(5000, 4000), large(50, 6000)], {
    "retention.bytes": "7000",
  }),
  retention("by a size that keeps all", {}, [large(5000), large(5000, 2000)], {
    "retention.bytes": "12000",
  }),
  retention("by size, down to nothing", {}, [large(5000), large(5000, 2000)], {
    "retention.bytes": "0",
  }),
  retention("where only compaction is wanted", { "cleanup.policy": "compact" }, [
    batch([{ key: utf8("a"), timestamp: NOW - 10 * HOUR }]),
    batch([{ key: utf8("b"), timestamp: NOW - 5 * HOUR }]),
  ], { "retention.ms": "1000" }),
  retention("where no policy is wanted", { "cleanup.policy": "" }, THREE, {
    "retention.ms": "1000",
    "retention.bytes": "1",
  }),
  retention("after records were deleted", {}, THREE, { "retention.ms": "-1" }, { deleteUpTo: 2 }),
  retention(
    "after records were deleted within a segment",
    {},
    [batch(at(0, 1)), batch(at(2000, 2001)), batch(at(4000))],
    { "retention.ms": "-1" },
    { deleteUpTo: 3 },
  ),
  retention("after all records were deleted", {}, THREE, { "retention.ms": "-1" }, {
    deleteUpTo: 3,
  }),
  retention("with files that are gone at once", { "file.delete.delay.ms": "0" }, THREE, {
    "retention.ms": MANY_HOURS,
  }),
  retention("with files that are gone soon", {}, THREE, {
    "retention.ms": MANY_HOURS,
    "file.delete.delay.ms": "100",
  }),

  packing("gzip", "1", "9"),
  packing("zstd", "1", "19"),
  packing("lz4", "9", "17"),
  ...["gzip", "snappy", "lz4", "zstd", "uncompressed", "producer"].map((type): Scenario => ({
    api: "Produce",
    name: `compression.type changed to ${type}`,
    once: true,
    configs: ["compression.type"],
    topic: {},
    async play(side, _version, topic) {
      const send = () =>
        side.append(topic, 0, batch(["aaaaaaaa", "b"]), batch(["cccccccc"], { codec: "gzip" }));
      await send();
      await alter(side, topic, { "compression.type": type });
      await pause(100);
      await send();
      return (await stored(side, topic)).map(({ compression, baseOffset }) => [
        baseOffset,
        compression,
      ]);
    },
  })),
  {
    api: "Produce",
    name: "max.message.bytes made smaller, and larger",
    once: true,
    configs: ["max.message.bytes"],
    topic: { configs: { "max.message.bytes": "2000" } },
    async play(side, _version, topic) {
      const answers = [await produce(side, topic, large(1500))];
      for (const bytes of ["1000", "3000"]) {
        await alter(side, topic, { "max.message.bytes": bytes });
        await pause(100);
        for (const size of [900, 1500, 2500, 3500]) {
          answers.push(await produce(side, topic, large(size)));
        }
      }
      return answers;
    },
  },
  {
    api: "Produce",
    name: "a batch that fits only when it is packed, and one that does not unpacked",
    once: true,
    configs: ["max.message.bytes", "compression.type"],
    topic: { configs: { "max.message.bytes": "1000", "compression.type": "uncompressed" } },
    async play(side, _version, topic) {
      const records = batch([{ value: new Uint8Array(5000) }], { codec: "gzip" });
      const answers = [await produce(side, topic, records)];
      await alter(side, topic, { "compression.type": "gzip" });
      await pause(100);
      answers.push(await produce(side, topic, batch([{ value: new Uint8Array(5000) }])));
      answers.push(await produce(side, topic, records));
      return answers;
    },
  },
  stamps("of the broker, then of producers", { "message.timestamp.type": "LogAppendTime" }, {
    "message.timestamp.type": "CreateTime",
  }, [0, -1, -HOUR, HOUR / 2, 2 * HOUR]),
  stamps("of producers, then of the broker", {}, { "message.timestamp.type": "LogAppendTime" }, [
    0,
    -1,
    -HOUR,
    HOUR / 2,
    2 * HOUR,
  ]),
  stamps("not too old", {}, { "message.timestamp.before.max.ms": `${HOUR}` }, [
    -HOUR - 60_000,
    -HOUR + 60_000,
    -1,
    0,
  ]),
  stamps("not too young", {}, { "message.timestamp.after.max.ms": `${2 * HOUR}` }, [
    HOUR - 60_000,
    HOUR + 60_000,
    2 * HOUR + 60_000,
    -1,
  ]),
  stamps(
    "exactly now",
    {
      "message.timestamp.before.max.ms": "0",
      "message.timestamp.after.max.ms": "0",
    },
    {},
    [-60_000, 60_000, -1],
  ),
];
