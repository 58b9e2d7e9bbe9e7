/** `streamer topic …`: make, look at, change and delete topics of any cluster. */
import type {
  Acknowledgement,
  ConfigChanges,
  ConfigEntry,
  TopicDescription,
} from "../client/mod.ts";
import { BROKERS_FLAG, command, type CommandGroup, JSON_FLAG } from "./command.ts";
import { CommandError, UsageError } from "./io.ts";
import { renderFacts, renderTable } from "./table.ts";
import { FILTER_FLAGS, isFiltered, showFiltered } from "./topic_filters.ts";
import { json, withClient } from "./with_client.ts";

const CONFIG_FLAG = {
  config: {
    type: "string",
    value: "NAME=VALUE",
    multiple: true,
    help: "A setting of the topic, by Kafka's name",
  },
} as const;

const create = command({
  name: "topic create",
  summary: "Make topics",
  usage: "NAME… [flags]",
  examples: [
    ["streamer topic create orders", "with the brokers' defaults"],
    ["streamer topic create orders --partitions 6 --replicas 3", ""],
    ["streamer topic create pictures --config retention.ms=86400000", "records live for a day"],
  ],
  positionals: { min: 1, max: 100 },
  flags: {
    ...BROKERS_FLAG,
    partitions: {
      type: "integer",
      short: "p",
      min: 1,
      help: "Partitions; the brokers' default without it",
    },
    replicas: {
      type: "integer",
      short: "r",
      min: 1,
      help: "Replicas; the brokers' default without it",
    },
    ...CONFIG_FLAG,
    "if-not-exists": { type: "boolean", help: "Leave a topic alone that is there already" },
    ...JSON_FLAG,
  },
  async run(call) {
    const { values, positionals, io } = call;
    const configs = pairsOf("--config", values.config);
    await withClient(call, async ({ cluster }) => {
      const { createTopic, describeMade } = await import("../client/mod.ts");
      for (const name of positionals) {
        const { partitions, replicas } = values;
        try {
          await createTopic(cluster, { name, partitions, replicas, configs });
        } catch (error) {
          const isThere = (error as { error?: string }).error === "TOPIC_ALREADY_EXISTS";
          if (!isThere || !values["if-not-exists"]) throw error;
          io.say(`Topic ${name} is there already`);
        }
      }
      if (values.json) {
        return await io.write(json(await describeMade(cluster, positionals), call));
      }
      for (const { name, partitions } of await describeMade(cluster, positionals)) {
        await io.write(
          `Topic ${name} has ${count(partitions.length, "partition")} with ${
            count(replicasOf(partitions), "replica")
          }\n`,
        );
      }
    });
  },
});

const list = command({
  name: "topic list",
  summary: "List topics",
  examples: [
    ["streamer topic list", ""],
    ["streamer topic list --internal --json", "with those that the brokers keep for themselves"],
  ],
  flags: {
    ...BROKERS_FLAG,
    internal: { type: "boolean", help: "Also topics like __consumer_offsets" },
    ...JSON_FLAG,
  },
  async run(call) {
    const { values, io } = call;
    await withClient(call, async ({ cluster }) => {
      const { describeTopics } = await import("../client/mod.ts");
      const all = await describeTopics(cluster, null);
      const topics = all.filter(({ isInternal }) => values.internal || !isInternal);
      const rows = topics.map(({ name, topicId, isInternal, partitions }) => ({
        name,
        topicId,
        isInternal,
        partitions: partitions.length,
        replicas: replicasOf(partitions),
        healthy: partitions.every((one) =>
          one.leader >= 0 && one.isr.length === one.replicas.length
        ),
      }));
      if (values.json) return await io.write(json(rows, call));
      await io.write(renderTable([
        { title: "TOPIC", cell: ({ name }) => name },
        { title: "PARTITIONS", cell: ({ partitions }) => partitions },
        { title: "REPLICAS", cell: ({ replicas }) => replicas },
        { title: "", cell: ({ healthy }) => healthy ? "" : "under-replicated" },
      ], rows));
    });
  },
});

const describe = command({
  name: "topic describe",
  summary: "Show partitions, offsets and settings of topics, and what an acknowledgement survives",
  usage: "NAME… [flags]",
  description:
    "With one of the flags that choose partitions, those are listed, of the topics that are named or of all.",
  examples: [
    ["streamer topic describe orders", ""],
    ["streamer topic describe --under-replicated", "partitions of any topic that miss replicas"],
    ["streamer topic describe orders --all-configs", "with the settings that are at their default"],
  ],
  positionals: { min: 0, max: 100 },
  flags: {
    ...BROKERS_FLAG,
    ...FILTER_FLAGS,
    "all-configs": { type: "boolean", help: "Every setting, as against those set for the topic" },
    ...JSON_FLAG,
  },
  async run(call) {
    const { values, positionals, io } = call;
    if (positionals.length === 0 && !isFiltered(values)) {
      throw new UsageError(
        "Something is missing",
        "Name topics, or choose partitions of all by --under-replicated or --unavailable",
      );
    }
    await withClient(call, async (client) => {
      const { acknowledgementOf, describeTopics, describeTopicConfigs } = await import(
        "../client/mod.ts"
      );
      const named = positionals.length === 0 ? null : positionals;
      const topics = await describeTopics(client.cluster, named);
      if (isFiltered(values)) return await showFiltered(call, client, topics);
      const described = await Promise.all(topics.map(async (topic) => {
        const hasLeaders = topic.partitions.every(({ leader }) => leader >= 0);
        const [configs, offsets] = await Promise.all([
          describeTopicConfigs(client.cluster, topic.name),
          hasLeaders ? client.offsets(topic.name).catch(unlessAway) : [],
        ]);
        const partitions = topic.partitions.map((one) => ({
          ...one,
          ...offsets.find(({ partition }) => partition === one.partition),
        }));
        return {
          ...topic,
          partitions,
          acknowledgement: acknowledgementOf(partitions, configs),
          configs: configs.filter((one) => values["all-configs"] || one.isOverridden),
        };
      }));
      if (values.json) {
        return await io.write(
          json(described.map((topic) => ({ ...topic, configs: valuesOf(topic.configs) })), call),
        );
      }
      await io.write(described.map(renderTopic).join("\n"));
    });
  },
});

/** A leader that went just now has no successor yet: all but the offsets is known without it. */
function unlessAway(error: Error): [] {
  if (/^(BrokersUnreachable|ConnectionLost|KafkaError)$/.test(error.name)) return [];
  throw error;
}

type Described = Omit<TopicDescription, "partitions"> & {
  partitions: (TopicDescription["partitions"][0] & { earliest?: number; latest?: number })[];
  acknowledgement: Acknowledgement;
  configs: ConfigEntry[];
};

function renderTopic({ name, topicId, partitions, acknowledgement, configs }: Described): string {
  const records = partitions.reduce(
    (sum, { earliest = 0, latest = 0 }) => sum + latest - earliest,
    0,
  );
  const facts = renderFacts({
    Topic: name,
    Id: topicId,
    Partitions: partitions.length,
    Replicas: replicasOf(partitions),
    Records: records,
  });
  const table = renderTable([
    { title: "PARTITION", cell: ({ partition }) => partition },
    { title: "LEADER", cell: ({ leader }) => leader < 0 ? "none" : leader, align: "right" },
    { title: "REPLICAS", cell: ({ replicas }) => replicas.join(",") },
    { title: "IN SYNC", cell: ({ isr }) => isr.join(",") },
    { title: "EARLIEST", cell: ({ earliest }) => earliest },
    { title: "LATEST", cell: ({ latest }) => latest },
  ], partitions);
  const settings = renderTable([
    { title: "SETTING", cell: (entry: ConfigEntry) => entry.name },
    { title: "VALUE", cell: ({ value, isSensitive }) => isSensitive ? "(hidden)" : value },
    { title: "", cell: ({ isOverridden }) => isOverridden ? "set for this topic" : "" },
  ], configs);
  return `${facts}\n${acknowledgement.sentence}\n\n${table}${
    configs.length > 0 ? `\n${settings}` : ""
  }`;
}

const remove = command({
  name: "topic delete",
  summary: "Delete topics with all their records",
  usage: "NAME… [flags]",
  examples: [["streamer topic delete orders", "there is no way back"]],
  positionals: { min: 1, max: 100 },
  flags: {
    ...BROKERS_FLAG,
    "if-exists": { type: "boolean", help: "A topic that is not there is fine" },
  },
  async run(call) {
    const { values, positionals, io } = call;
    await withClient(call, async ({ cluster }) => {
      const { deleteTopic, describeTopics } = await import("../client/mod.ts");
      const isThere = async (name: string) =>
        await describeTopics(cluster, [name]).then(() => true, (error) => {
          if ((error as { error?: string }).error === "UNKNOWN_TOPIC_OR_PARTITION") return false;
          throw error;
        });
      for (const name of positionals) {
        if (values["if-exists"] && !(await isThere(name))) continue;
        await deleteTopic(cluster, name);
        await io.write(`Topic ${name} is deleted\n`);
      }
    });
  },
});

const alter = command({
  name: "topic alter",
  summary: "Change settings of a topic, or add partitions",
  usage: "NAME [flags]",
  description:
    "Settings that are not named stay as they are. Partitions can be added and never taken away; records " +
    "of one key go to another partition afterwards.",
  examples: [
    ["streamer topic alter orders --config retention.ms=3600000", "records live for an hour"],
    ["streamer topic alter orders --unset retention.ms", "back to the brokers' default"],
    ["streamer topic alter orders --partitions 12", ""],
  ],
  positionals: { min: 1, max: 1 },
  flags: {
    ...BROKERS_FLAG,
    ...CONFIG_FLAG,
    unset: {
      type: "string",
      value: "NAME",
      multiple: true,
      help: "Take a setting back to its default",
    },
    partitions: { type: "integer", short: "p", min: 1, help: "How many there shall be" },
  },
  async run(call) {
    const { values, positionals: [name], io } = call;
    const changes: ConfigChanges = pairsOf("--config", values.config);
    for (const setting of values.unset) changes[setting] = null;
    const hasChanges = Object.keys(changes).length > 0;
    if (!hasChanges && values.partitions === undefined) {
      throw new UsageError("Nothing to change", "Give --config, --unset or --partitions");
    }
    await withClient(call, async ({ cluster }) => {
      const { alterTopicConfigs, createPartitions, describeTopics } = await import(
        "../client/mod.ts"
      );
      const [topic] = await describeTopics(cluster, [name]);
      if (values.partitions !== undefined) {
        if (values.partitions < topic.partitions.length) {
          throw new CommandError(
            `Cannot take partitions away: "${name}" has ${topic.partitions.length}, their records would be lost`,
          );
        }
        if (values.partitions > topic.partitions.length) {
          await createPartitions(cluster, name, values.partitions);
        }
      }
      if (hasChanges) await alterTopicConfigs(cluster, name, changes);
      await io.write(`Topic ${name} is changed\n`);
    });
  },
});

export const topicCommands: CommandGroup = {
  name: "topic",
  summary: "make, list, describe, change and delete topics",
  commands: [create, list, describe, alter, remove],
};

/** `a=b` words as an object. */
export function pairsOf(flag: string, words: readonly string[]): Record<string, string> {
  const pairs: Record<string, string> = {};
  for (const word of words) {
    const equals = word.indexOf("=");
    if (equals < 1) throw new UsageError(`${flag} cannot be "${word}": it is NAME=VALUE`);
    pairs[word.slice(0, equals)] = word.slice(equals + 1);
  }
  return pairs;
}

const valuesOf = (configs: readonly ConfigEntry[]) =>
  Object.fromEntries(configs.map(({ name, value }) => [name, value]));

const replicasOf = (partitions: readonly { replicas: number[] }[]) =>
  partitions[0]?.replicas.length ?? 0;

const count = (number: number, what: string) => `${number} ${what}${number === 1 ? "" : "s"}`;
