/**
 * The stages that scenarios are played on. Each is a pair of brokers of its own, streamer and
 * Apache Kafka with the same settings, started once for all its scenarios: some six seconds of a
 * test run (twelve with three nodes of each), so a new one has to be worth that.
 */
import type { Side } from "../side.ts";
import { furnish as withFailedDir } from "./failed_dir.ts";
import { furnish } from "./plain.ts";
import { THREE } from "./three.ts";

export interface StageSetup {
  /** What it is for, in one line. */
  readonly summary: string;
  /** Settings of both brokers, over {@link SETTINGS}. */
  readonly settings?: Readonly<Record<string, string>>;
  /** How many log dirs each broker has; default 1. */
  readonly logDirs?: number;
  /** How many nodes each side has; default 1. */
  readonly nodes?: number;
  /** What a node of several has besides, or otherwise. */
  settingsOf?(id: number): Readonly<Record<string, string>>;
  /** Makes what is there before anybody is asked for a group. */
  begin?(side: Side): Promise<void>;
  /** Makes the topics that its scenarios find. */
  furnish?(side: Side): Promise<void>;
}

/** What all brokers here are started with. */
export const SETTINGS: Readonly<Record<string, string>> = {
  "node.id": "1",
  "group.initial.rebalance.delay.ms": "0",
  "offsets.topic.num.partitions": "4",
  "offsets.topic.replication.factor": "1",
  "transaction.state.log.num.partitions": "4",
  "transaction.state.log.replication.factor": "1",
  "transaction.state.log.min.isr": "1",
  "share.coordinator.state.topic.replication.factor": "1",
  "share.coordinator.state.topic.min.isr": "1",
};

const stage = (setup: StageSetup): StageSetup => setup;

export const STAGES = {
  plain: stage({ summary: "as most brokers are set", furnish }),
  "two-dirs": stage({ summary: "two log dirs", logDirs: 2 }),
  "failed-dir": stage({
    summary: "two log dirs of which one has failed",
    logDirs: 2,
    furnish: withFailedDir,
  }),
  groups: stage({
    summary: "groups with limits that are near",
    settings: {
      "group.initial.rebalance.delay.ms": "300",
      "group.max.session.timeout.ms": "60000",
      "group.max.size": "3",
      "group.min.session.timeout.ms": "700",
      "message.max.bytes": "25000",
      "offset.metadata.max.bytes": "10",
      "offsets.retention.check.interval.ms": "200",
      "offsets.topic.compression.codec": "1",
    },
    furnish: (side) => side.topics({ timed: { partitions: 3 } }),
  }),
  ruled: stage({
    summary: "other rules for topics and groups, and retention that looks often",
    settings: {
      "auto.create.topics.enable": "false",
      "delete.topic.enable": "false",
      "fetch.max.bytes": "2048",
      "group.max.session.timeout.ms": "20000",
      "group.max.size": "2",
      "group.min.session.timeout.ms": "2000",
      "log.initial.task.delay.ms": "100",
      "log.retention.check.interval.ms": "200",
      "max.request.partition.size.limit": "5",
      "num.partitions": "3",
      "offset.metadata.max.bytes": "10",
    },
  }),
  cleaned: stage({
    summary: "a cleaner that looks often",
    settings: { "log.cleaner.backoff.ms": "100" },
  }),
  // The first who asks for a coordinator of transactions changes what others are told of them.
  shapes: stage({ summary: "logs of all shapes, and nothing else, before and after a restart" }),
  restarts: stage({
    summary: "brokers that scenarios start again, and where transactions have begun",
    furnish: untilTransactional,
  }),
  three: THREE,
};
export type StageName = keyof typeof STAGES;

const COORDINATOR_NOT_AVAILABLE = 15;

/** Waits until groups and producers are looked after, which Apache Kafka does a little later. */
export async function untilReady(side: Side): Promise<void> {
  await side.until(async () => {
    const groups = Array.from({ length: 16 }, (_, index) => `warm-${index}`);
    const found = await side.ask("FindCoordinator", 4, { keyType: 0, coordinatorKeys: groups });
    if (found.coordinators.some(({ errorCode }: any) => errorCode !== 0)) return false;
    const byNode = Map.groupBy(found.coordinators, ({ nodeId }: any): number => nodeId);
    for (const [id, ofNode] of byNode) {
      const read = await side.at(id).ask("OffsetFetch", 8, {
        groups: ofNode.map(({ key }: any) => ({ groupId: key, topics: null })),
      });
      if (read.groups.some(({ errorCode }: any) => errorCode !== 0)) return false;
    }
    return true;
  });
  await side.untilLed(["__consumer_offsets"]);
  const producer = { transactionalId: null, transactionTimeoutMs: 1000 };
  for (const id of side.running) {
    await side.until(async () =>
      (await side.at(id).ask("InitProducerId", 0, producer)).errorCode === 0
    );
  }
}

/** Waits until transactions are looked after, where they are served. */
async function untilTransactional(side: Side): Promise<void> {
  await side.until(async () => {
    const transactional = { keyType: 1, coordinatorKeys: ["warm"] };
    const { coordinators } = await side.ask("FindCoordinator", 4, transactional);
    // Where transactions are not served, there is nothing to wait for.
    if (coordinators[0].errorCode !== 0) {
      return coordinators[0].errorCode !== COORDINATOR_NOT_AVAILABLE;
    }
    const warm = { transactionalId: "warm", transactionTimeoutMs: 1000 };
    return (await side.ask("InitProducerId", 4, warm)).errorCode === 0;
  });
}
