/** Apache Kafka's own dump tool reads our metadata log and our snapshots, record for record. */
import { deepStrictEqual, doesNotMatch, match, ok } from "node:assert/strict";
import { noLog } from "../../src/base/mod.ts";
import { BrokerConfig } from "../../src/config/mod.ts";
import { Controller, type Decision, SUPPORTED_FEATURES } from "../../src/controller/mod.ts";
import { openLogDirectory } from "../../src/log/mod.ts";
import { MetadataLog } from "../../src/node/metadata_log.ts";
import { denoPlatform } from "../../src/platform/deno/mod.ts";
import {
  BrokerHeartbeatRequest,
  BrokerRegistrationRequest,
  IncrementalAlterConfigsRequest,
  type MetadataRecord,
  withDefaults,
} from "../../src/protocol/mod.ts";
import { TemporaryFolder } from "../kit/folders.ts";
import { hasApacheKafka, peers, runProgram } from "../kit/programs.ts";
import { testWith } from "../kit/skip.ts";

/** Writes what a node writes in its first minute; returns its records and those of its snapshot. */
async function writeMetadata(path: string) {
  const { disk, clock, random } = denoPlatform();
  const config = BrokerConfig.from(new Map([["offsets.topic.num.partitions", "5"]]));
  const directory = await openLogDirectory({
    disk,
    clock,
    random,
    path,
    nodeId: 1,
    brokerConfig: config,
    log: noLog,
  });
  const metadata = await MetadataLog.open({
    directory,
    nodeId: 1,
    config,
    disk,
    clock,
    random,
    log: noLog,
  });
  const controller = new Controller({ clusterId: directory.clusterId, config, random });
  controller.reset(metadata.image, 0);

  const written: MetadataRecord[] = [];
  const write = async <R>({ records, response }: Decision<R>): Promise<R> => {
    const baseOffset = metadata.endOffset;
    const committed = metadata.append(records);
    controller.replay(records, baseOffset, metadata.epoch);
    written.push(...records);
    await committed;
    return response;
  };
  await write({ records: controller.bootstrap(), response: undefined });
  const registration = withDefaults(BrokerRegistrationRequest, {
    brokerId: 1,
    clusterId: directory.clusterId,
    incarnationId: "KatxgszGSnubPiAtPBt86g",
    listeners: [{ name: "PLAINTEXT", host: "127.0.0.1", port: 9092 }],
    features: SUPPORTED_FEATURES,
    logDirs: [directory.directoryId],
  });
  const { brokerEpoch } = await write(
    controller.registerBroker(registration, { now: 0, nextOffset: metadata.endOffset }),
  );
  const heartbeat = (fields: object) =>
    write(controller.heartbeat(
      withDefaults(BrokerHeartbeatRequest, {
        brokerId: 1,
        brokerEpoch,
        currentMetadataOffset: metadata.endOffset,
        ...fields,
      }),
      0,
    ));
  await heartbeat({ cordonedLogDirs: [] });
  await write(controller.autoCreateTopics(["orders", "__consumer_offsets"]));
  await write(controller.allocateProducerIds({ brokerId: 1, brokerEpoch }));
  await write(controller.incrementalAlterConfigs(withDefaults(IncrementalAlterConfigsRequest, {
    resources: [{
      resourceType: 2,
      resourceName: "orders",
      configs: [{ name: "retention.ms", value: "5000" }],
    }],
  })));
  metadata.writeSnapshot();
  const snapshot = metadata.image.toRecords();
  await heartbeat({ wantShutDown: true });
  await heartbeat({ wantShutDown: true });
  await metadata.close();
  await directory.close();
  return { written, snapshot };
}

/** `RegisterBrokerRecord` is `REGISTER_BROKER_RECORD` to the tool. */
const toolName = (type: string) => type.replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
const typesIn = (printed: string) =>
  [...printed.matchAll(/payload: \{"type":"(\w+)"/g)].map(([, type]) => type);

testWith(
  { needs: "Apache Kafka's tools", available: hasApacheKafka() },
  "Apache Kafka's dump tool reads our metadata log and snapshots",
  async () => {
    using folder = new TemporaryFolder();
    const { written, snapshot } = await writeMetadata(folder.path);
    const files = `${folder.path}/__cluster_metadata-0`;
    const dump = async (name: string) => {
      const args = ["dump-log", "--cluster-metadata-decoder", "--files", `${files}/${name}`];
      const { printed } = await runProgram(`${peers}/kafka`, args, { withinMs: 120_000 });
      doesNotMatch(printed, /Error|Exception|Could not|isvalid: false/, printed);
      return printed;
    };
    const log = await dump("00000000000000000000.log");
    deepStrictEqual(typesIn(log), written.map(({ type }) => toolName(type)));
    match(log, /"name":"metadata.version","featureLevel":30/);
    match(log, /"resourceName":"orders","name":"retention.ms","value":"5000"/);

    const names = [...Deno.readDirSync(files)].map(({ name }) => name);
    const checkpoint = names.find((name) => name.endsWith(".checkpoint"));
    ok(checkpoint, `${names}`);
    const printed = await dump(checkpoint);
    match(printed, /SnapshotHeader/);
    match(printed, /SnapshotFooter/);
    deepStrictEqual(typesIn(printed), snapshot.map(({ type }) => toolName(type)));
  },
);
