/**
 * Transactions, tombstones and idempotent producers that Apache Kafka has written, cleaned by
 * Apache Kafka and, from a copy of its files, by us: the same segments, batches and records are
 * left, time and again on top of what the last cleaning left; both checkpoints say the same; and
 * Kafka's dump tool reads our files, indexes too.
 */
import { deepStrictEqual, doesNotMatch, ok } from "node:assert/strict";
import { Kafka, logLevel } from "kafkajs";
import { noLog } from "../../src/base/mod.ts";
import { BrokerConfig, TopicConfig } from "../../src/config/mod.ts";
import { LogCleaner, openLogDirectory } from "../../src/log/mod.ts";
import { DenoClock, DenoDisk, DenoRandom } from "../../src/platform/deno/mod.ts";
import { batchesOf, recordsOf } from "../../src/records/mod.ts";
import { TemporaryFolder } from "../kit/folders.ts";
import {
  freePort,
  hasApacheKafka,
  pause,
  peers,
  runProgram,
  startApacheKafka,
} from "../kit/programs.ts";
import { testWith } from "../kit/skip.ts";

const TOPIC = "state";
const ROUNDS = 3;
const SETTINGS = {
  "cleanup.policy": "compact",
  "segment.ms": "5000",
  "delete.retention.ms": "0",
  "file.delete.delay.ms": "0",
};
const begin = Math.floor(Date.now() / 1000) * 1000 - 3_600_000;
let time = begin;

const message = (record: string) => {
  const [key, value] = record.split("=");
  return { key, value: value ?? null, partition: 0, timestamp: String(time += 10_000) };
};

/**
 * Later than each marker of this round and than the last round's by more than `segment.ms`, so that
 * it begins a segment, however fast the rounds are.
 */
const inFuture = (round: number) => ({
  timestamp: String(begin + 3_600_000 + (round + 1) * 600_000),
});

/** Interleaved transactions, some aborted; the same keys each time, and some of its own. */
async function write(kafka: Kafka, round: number): Promise<void> {
  const options = { idempotent: true, maxInFlightRequests: 1 };
  const make = async (id: string) => {
    const producer = kafka.producer({ ...options, transactionalId: id });
    await producer.connect();
    return producer;
  };
  const producers = await Promise.all([0, 1, 2].map((i) => make(`t${i}-${round % 2}`)));
  for (let turn = 0; turn < 3; turn++) {
    const open = [];
    for (const producer of producers) open.push(await producer.transaction());
    for (let part = 0; part < 2; part++) {
      for (const [i, transaction] of open.entries()) {
        const records = [`a=${i}${part}`, `k${i}=${turn}`, `r${round}-${turn}-${i}=x`, "gone=1"];
        await transaction.send({ topic: TOPIC, messages: records.map(message) });
      }
    }
    await open[turn % 3].abort();
    await open[(turn + 1) % 3].commit();
    await open[(turn + 2) % 3].commit();
  }
  for (const producer of producers) await producer.disconnect();
  const plain = kafka.producer(options);
  await plain.connect();
  for (const records of [["gone", "b=1"], ["b=2", `k${round}`]]) {
    await plain.send({ topic: TOPIC, messages: records.map(message) });
  }
  await plain.send({
    topic: TOPIC,
    messages: [{ ...message(`end=${round}`), ...inFuture(round) }],
  });
  await plain.disconnect();
}

/** All batches of a partition's folder, by segment. */
function contentOf(folder: string) {
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name)
    .filter((name) => name.endsWith(".log")).sort();
  return names.map((name) => ({
    name,
    batches: [...batchesOf(Deno.readFileSync(`${folder}/${name}`))].map((batch) => ({
      offsets: [batch.baseOffset, batch.lastOffset],
      attributes: batch.attributes,
      crc: batch.isCrcValid(),
      epoch: batch.partitionLeaderEpoch,
      // Some seconds apart on both.
      base: batch.hasDeleteHorizon ? "horizon" : batch.baseTimestamp,
      max: batch.maxTimestamp,
      producer: [batch.producerId, batch.producerEpoch, batch.baseSequence],
      records: [...recordsOf(batch, { maxDecompressedBytes: 1 << 24 })].map((record) => [
        record.offset,
        record.timestamp,
        record.key?.toHex(),
        record.value?.toHex(),
      ]),
    })),
  }));
}

const abortsOf = (folder: string) =>
  [...Deno.readDirSync(folder)].filter(({ name }) => name.endsWith(".txnindex"))
    .map(({ name }) => [name, Deno.readFileSync(`${folder}/${name}`).toHex()])
    .filter(([, content]) => content !== "").sort();

function checkpointOf(folder: string): number | undefined {
  const text = Deno.readTextFileSync(`${folder}/cleaner-offset-checkpoint`);
  const found = new RegExp(`^${TOPIC} 0 (\\d+)$`, "m").exec(text);
  return found ? Number(found[1]) : undefined;
}

/** Cleans the partition in a copy of Apache Kafka's directory. */
async function cleanOurs(path: string): Promise<void> {
  const [disk, clock] = [new DenoDisk(), new DenoClock()];
  const values = { "node.id": "1", "process.roles": "broker,controller" };
  const brokerConfig = BrokerConfig.from(new Map(Object.entries(values)));
  const directory = await openLogDirectory({
    ...{ disk, clock, random: new DenoRandom(), path, nodeId: 1, brokerConfig, log: noLog },
  });
  const log = directory.get({ topic: TOPIC, partition: 0 })!;
  log.highWatermark = log.logEndOffset;
  const settings = { ...SETTINGS, "min.cleanable.dirty.ratio": "0.0001" };
  log.config = TopicConfig.from(new Map(Object.entries(settings)), brokerConfig);
  const done = Promise.withResolvers<void>();
  const cleaner = new LogCleaner({
    disk,
    clock,
    log: (level, event, fields) => {
      if (level === "error") done.reject(new Error(`${event}: ${JSON.stringify(fields)}`));
      if (event === "log cleaned" && fields?.partition === `${TOPIC}-0`) done.resolve();
    },
    config: () => brokerConfig,
    directories: () => [directory],
  });
  cleaner.start();
  const late = setTimeout(() => done.reject(new Error("Nothing was cleaned within 60 s")), 60_000);
  await done.promise.finally(() => clearTimeout(late));
  await cleaner.close();
  await directory.close();
}

testWith(
  { needs: "Apache Kafka", available: hasApacheKafka() },
  "Apache Kafka and we clean the same transactions to the same batches, and its dump tool reads ours",
  async () => {
    using folder = new TemporaryFolder();
    const theirs = `${folder.path}/theirs`;
    const port = freePort();
    const settings = [
      "log.cleaner.backoff.ms=100",
      "transaction.state.log.replication.factor=1",
      "transaction.state.log.min.isr=1",
      "transaction.state.log.num.partitions=1",
      "offsets.topic.replication.factor=1",
      "offsets.topic.num.partitions=1",
    ];
    let partition = "";
    let data = "";
    for (let round = 0; round <= ROUNDS; round++) {
      const { program, brokers } = await startApacheKafka({ folder: theirs, port, settings });
      await using _ = program;
      const kafka = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING });
      const admin = kafka.admin();
      await admin.connect();
      const setRatio = (value: string) =>
        admin.alterConfigs({
          validateOnly: false,
          resources: [{
            type: 2,
            name: TOPIC,
            configEntries: Object.entries({ ...SETTINGS, "min.cleanable.dirty.ratio": value })
              .map(([name, value]) => ({ name, value })),
          }],
        });
      if (round === 0) {
        const configEntries = Object.entries({ ...SETTINGS, "min.cleanable.dirty.ratio": "1" })
          .map(([name, value]) => ({ name, value }));
        await admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: 1, configEntries }] });
      } else {
        const ours = `${folder.path}/ours-${round - 1}`;
        const wanted = checkpointOf(ours);
        await setRatio("0.0001");
        for (let tries = 0; checkpointOf(data) !== wanted && tries < 200; tries++) await pause(50);
        deepStrictEqual([round, checkpointOf(data)], [round, wanted]);
        await setRatio("1");
        const cleaned = contentOf(`${ours}/${TOPIC}-0`);
        deepStrictEqual(cleaned, contentOf(partition), `round ${round}`);
        deepStrictEqual(abortsOf(`${ours}/${TOPIC}-0`), abortsOf(partition), `round ${round}`);
        const kinds = cleaned.flatMap(({ batches }) => batches);
        console.log(
          `round ${round}: ${cleaned.length} segments, ${kinds.length} batches, ` +
            `${kinds.filter(({ records }) => records.length === 0).length} empty, ` +
            `${kinds.filter(({ base }) => base === "horizon").length} with a horizon`,
        );
        ok(kinds.length < 60, `${kinds.length} batches are left`);
      }
      if (round < ROUNDS) await write(kafka, round);
      await admin.disconnect();
      await program.stop();
      data = [...Deno.readDirSync(theirs)].some(({ name }) => name === "meta.properties")
        ? theirs
        : `${theirs}/${[...Deno.readDirSync(theirs)].find(({ isDirectory }) => isDirectory)!.name}`;
      partition = `${data}/${TOPIC}-0`;
      if (round === ROUNDS) break;
      const copy = `${folder.path}/ours-${round}`;
      await runProgram("cp", ["-r", data, copy]);
      await cleanOurs(copy);
    }
    const ours = `${folder.path}/ours-${ROUNDS - 1}/${TOPIC}-0`;
    const files = [...Deno.readDirSync(ours)].map(({ name }) => name)
      .filter((name) => /\.(log|index|timeindex|txnindex|snapshot)$/.test(name)).sort()
      .map((name) => `${ours}/${name}`);
    const dump = ["dump-log", "--files", files.join(), "--deep-iteration", "--print-data-log"];
    const { printed } = await runProgram(`${peers}/kafka`, dump, { withinMs: 120_000 });
    doesNotMatch(
      printed,
      /Mismatches in|Indexed offset|mismatch|Could not|Exception|isvalid: false/i,
    );
    ok(printed.match(/payload: /g)!.length > 10, printed);
  },
);
