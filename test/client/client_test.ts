/** The client against a broker: `startBroker` says which. */
import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import {
  alterTopicConfigs,
  type Client,
  connect,
  createPartitions,
  deleteTopic,
  describeGroup,
  describeTopicConfigs,
  describeTopics,
  listGroups,
} from "../../src/client/mod.ts";
import { denoPlatform } from "../../src/platform/deno/mod.ts";
import { CODECS } from "../../src/records/mod.ts";
import { brokerTest, startBroker, uniqueName } from "../kit/broker.ts";

const text = (bytes: Uint8Array | null) => bytes && new TextDecoder().decode(bytes);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function withClient(name: string, run: (client: Client, topic: string) => Promise<void>): void {
  brokerTest(name, async () => {
    await using broker = await startBroker();
    await using client = connect({ brokers: broker.brokers, platform: denoPlatform() });
    const topic = uniqueName("client");
    try {
      await run(client, topic);
    } finally {
      await deleteTopic(client.cluster, topic).catch(() => {});
    }
  });
}

async function readAll(client: Client, topic: string, options: Parameters<Client["read"]>[1]) {
  const records = [];
  for await (const record of client.read(topic, options)) records.push(record);
  return records;
}

withClient(
  "What is produced with any codec is read back, in order, with key and headers",
  async (client, topic) => {
    strictEqual(await client.ensureTopic(topic, { partitions: 1 }), true);
    strictEqual(await client.ensureTopic(topic), false);
    for (const compression of CODECS) {
      const value = `${compression} `.repeat(200);
      const [sent] = await client.send([{
        topic,
        key: compression,
        value,
        headers: { a: "1" },
        timestamp: 1234,
      }], {
        compression,
      });
      strictEqual(sent.baseOffset, CODECS.indexOf(compression));
    }
    const read = await readAll(client, topic, { from: "beginning", until: "end" });
    deepStrictEqual(read.map(({ key }) => text(key)), CODECS);
    for (const { key, value, headers, timestamp } of read) {
      strictEqual(text(value), `${text(key)} `.repeat(200));
      strictEqual(text(headers.a), "1");
      strictEqual(timestamp, 1234);
    }
  },
);

withClient("Nulls, empty values and bytes survive", async (client, topic) => {
  await client.ensureTopic(topic, { partitions: 1 });
  const picture = Uint8Array.from({ length: 100_000 }, (_, n) => n * 7);
  await client.produce([
    { topic, key: "k", value: null },
    { topic, key: null, value: "" },
    { topic, key: Uint8Array.of(0, 255), value: picture },
  ]);
  const [gone, empty, bytes] = await readAll(client, topic, { from: "beginning", until: "end" });
  deepStrictEqual([gone.value, empty.key, empty.value?.length], [null, null, 0]);
  deepStrictEqual([[...bytes.key!], bytes.value!.length], [[0, 255], 100_000]);
  ok(bytes.value!.every((byte, n) => byte === picture[n]));
});

withClient(
  "Reading begins at an offset, at a time, at the end, and in one partition",
  async (client, topic) => {
    await client.ensureTopic(topic, { partitions: 2 });
    const base = Date.now() - 60_000;
    for (let n = 0; n < 10; n++) {
      await client.produce([{
        topic,
        partition: n % 2,
        value: `${n}`,
        timestamp: base + n * 1000,
      }]);
    }
    const values = async (options: Parameters<Client["read"]>[1]) =>
      (await readAll(client, topic, { until: "end", ...options })).map(({ value }) =>
        Number(text(value))
      ).sort();
    deepStrictEqual(await values({ from: { offset: 3 } }), [6, 7, 8, 9]);
    deepStrictEqual(await values({ from: { timestamp: base + 6500 } }), [7, 8, 9]);
    deepStrictEqual(await values({ from: { timestamp: Date.now() + 1e6 } }), []);
    deepStrictEqual(await values({ from: "end" }), []);
    deepStrictEqual(await values({ from: "beginning", partition: 1 }), [1, 3, 5, 7, 9]);
    deepStrictEqual(await client.offsets(topic), [
      { partition: 0, earliest: 0, latest: 5 },
      { partition: 1, earliest: 0, latest: 5 },
    ]);
    deepStrictEqual(await client.offsetsAt(topic, base + 6500), [
      { partition: 0, offset: 4 },
      { partition: 1, offset: 3 },
    ]);
    await rejects(
      values({ from: "end", partition: 2 }),
      /Cannot read partition 2 .* partitions 0 to 1/,
    );
  },
);

withClient(
  "A live reader gets a record soon after it is acknowledged, and stops at its signal",
  async (client, topic) => {
    await client.ensureTopic(topic, { partitions: 3 });
    const stop = new AbortController();
    const states: string[] = [];
    const seen: string[] = [];
    const reading = (async () => {
      const onState = (state: string) => states.push(state);
      for await (
        const { value } of client.read(topic, { from: "end", signal: stop.signal, onState })
      ) {
        seen.push(text(value)!);
      }
    })();
    while (states.length === 0) await pause(10);
    await pause(100);
    for (let n = 0; n < 5; n++) await client.produce([{ topic, value: `${n}` }]);
    for (let wait = 0; seen.length < 5 && wait < 500; wait++) await pause(10);
    deepStrictEqual(seen.sort(), ["0", "1", "2", "3", "4"]);
    stop.abort();
    await reading;
    deepStrictEqual(states, ["connected"]);
  },
);

withClient(
  "A reader that waits for a topic gets its records from the first on",
  async (client, topic) => {
    const stop = new AbortController();
    const states: string[] = [];
    const first = (async () => {
      const onState = (state: string, reason?: string) => states.push(reason ?? state);
      for await (
        const { value } of client.read(topic, { from: "end", signal: stop.signal, onState })
      ) return text(value);
    })();
    while (states.length === 0) await pause(10);
    deepStrictEqual(states, [`Topic "${topic}" does not exist`]);
    await client.ensureTopic(topic);
    await client.produce([{ topic, value: "hello" }]);
    strictEqual(await first, "hello");
  },
);

withClient(
  "Many records go in bounded requests and come back all, in order",
  async (client, topic) => {
    await client.ensureTopic(topic, { partitions: 1 });
    const count = 5000;
    await client.produce(
      Array.from({ length: count }, (_, n) => ({ topic, value: `${n} `.padEnd(600, "x") })),
    );
    let next = 0;
    for await (
      const { offset, value } of client.read(topic, {
        from: "beginning",
        until: "end",
        maxBytes: 64 * 1024,
      })
    ) {
      strictEqual(offset, next);
      ok(text(value)!.startsWith(`${next++} `));
    }
    strictEqual(next, count);
  },
);

withClient(
  "A group goes on where it has committed, and tells how far behind it is",
  async (client, topic) => {
    await client.ensureTopic(topic, { partitions: 2 });
    const groupId = uniqueName("group");
    const produce = (from: number, to: number) =>
      client.produce(
        Array.from(
          { length: to - from },
          (_, n) => ({ topic, partition: n % 2, value: `${from + n}` }),
        ),
      );
    const consume = async (until: number): Promise<number[]> => {
      const stop = new AbortController();
      const seen: number[] = [];
      const write = (records: { value: Uint8Array | null }[]) => {
        seen.push(...records.map(({ value }) => Number(text(value))));
        if (seen.length >= until) stop.abort();
        return Promise.resolve();
      };
      await client.consume({ groupId, topic, from: "beginning", signal: stop.signal, write });
      return seen.sort((one, other) => one - other);
    };
    await produce(0, 10);
    deepStrictEqual(await consume(10), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    await produce(10, 14);
    const group = await describeGroup(client.cluster, groupId);
    deepStrictEqual(group.offsets.map(({ committed, latest, lag }) => [committed, latest, lag]), [[
      5,
      7,
      2,
    ], [5, 7, 2]]);
    deepStrictEqual([group.state, group.members], ["Empty", []]);
    deepStrictEqual(await consume(4), [10, 11, 12, 13]);
    ok((await listGroups(client.cluster)).some((listed) => listed.groupId === groupId));
  },
);

withClient(
  "A write that fails ends consuming, and its records come again",
  async (client, topic) => {
    await client.ensureTopic(topic, { partitions: 1 });
    await client.produce([{ topic, value: "1" }]);
    const groupId = uniqueName("group");
    const signal = new AbortController().signal;
    const fail = () => Promise.reject(new Error("disk full"));
    await rejects(
      client.consume({ groupId, topic, from: "beginning", signal, write: fail }),
      /disk full/,
    );
    const stop = new AbortController();
    const seen: (string | null)[] = [];
    await client.consume({
      groupId,
      topic,
      from: "beginning",
      signal: stop.signal,
      write(records) {
        seen.push(...records.map(({ value }) => text(value)));
        stop.abort();
        return Promise.resolve();
      },
    });
    deepStrictEqual(seen, ["1"]);
  },
);

withClient("What is not there is said by name, and soon", async (client, topic) => {
  await rejects(client.produce([{ topic, value: "x" }]), {
    message: `Topic "${topic}" does not exist`,
  });
  await rejects(client.offsets(topic), { message: `Topic "${topic}" does not exist` });
  await rejects(
    deleteTopic(client.cluster, topic),
    /Cannot delete the topic .*: it does not exist/,
  );
  await rejects(describeGroup(client.cluster, topic), {
    message: `Group "${topic}" does not exist`,
  });
  await client.ensureTopic(topic, { partitions: 1 });
  await rejects(
    client.produce([{ topic, partition: 1, value: "x" }]),
    /Cannot write to partition 1 .* partition 0 only/,
  );
  await rejects(client.produce([{ topic, value: new Uint8Array(2_000_000) }]), {
    error: "MESSAGE_TOO_LARGE",
  });
});

withClient("Topics and their settings can be looked at", async (client, topic) => {
  await client.ensureTopic(topic, { partitions: 2, configs: { "retention.ms": "1000000" } });
  const [described] = await describeTopics(client.cluster, [topic]);
  deepStrictEqual([described.name, described.partitions.length, described.topicId.length], [
    topic,
    2,
    22,
  ]);
  const configs = await describeTopicConfigs(client.cluster, topic);
  const retention = configs.find(({ name }) => name === "retention.ms");
  deepStrictEqual([retention?.value, retention?.isOverridden], ["1000000", true]);
  ok(configs.length > 20);
});

brokerTest("Settings can be changed and partitions added", async () => {
  await using broker = await startBroker();
  await using client = connect({ brokers: broker.brokers, platform: denoPlatform() });
  const topic = uniqueName("client");
  await client.ensureTopic(topic, { partitions: 2, configs: { "retention.ms": "1000000" } });
  await alterTopicConfigs(client.cluster, topic, {
    "retention.ms": null,
    "segment.bytes": "1048576",
  });
  const overridden = async () =>
    (await describeTopicConfigs(client.cluster, topic)).filter(({ isOverridden }) => isOverridden)
      .map(({ name, value }) => [name, value]);
  // The change is committed when it is answered, and reaches each broker soon after.
  for (let wait = 0; (await overridden()).flat().includes("retention.ms") && wait < 100; wait++) {
    await pause(20);
  }
  deepStrictEqual(await overridden(), [["segment.bytes", "1048576"]]);
  await rejects(
    alterTopicConfigs(client.cluster, topic, { "no.such": "1" }),
    /Cannot change the topic/,
  );
  await createPartitions(client.cluster, topic, 3);
  strictEqual((await describeTopics(client.cluster, [topic]))[0].partitions.length, 3);
  await deleteTopic(client.cluster, topic);
});
