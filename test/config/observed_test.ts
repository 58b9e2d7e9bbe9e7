/**
 * Every row that a live Apache Kafka 4.3.1 answered to DescribeConfigs, against our declarations.
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  BrokerConfig,
  ClientMetricsConfig,
  CONFIG_SOURCES,
  type DescribedConfig,
  GroupConfig,
  OWN_SETTING_NAMES,
  SETTING_TYPES,
  type SettingType,
  TopicConfig,
} from "../../src/config/mod.ts";

const broker = BrokerConfig.from(new Map());

interface Row {
  name: string;
  type: number;
  value: string | null;
  isReadOnly: boolean;
  isSensitive: boolean;
  isDefault: boolean;
  synonyms: string[];
}

function rowsOf(file: string): Row[] {
  const url = new URL(`../vectors/observed-4.3.1/${file}`, import.meta.url);
  const [, ...lines] = Deno.readTextFileSync(url).trimEnd().split("\n");
  return lines.map((line) => {
    const [name, type, value, readOnly, sensitive, source, synonyms = ""] = line.split("\t");
    return {
      name,
      type: SETTING_TYPES[type.toLowerCase() as SettingType],
      value: value === "(null)" || value === "(hidden)" ? null : value,
      isReadOnly: readOnly === "true",
      isSensitive: sensitive === "true",
      isDefault: source === "DEFAULT_CONFIG",
      synonyms: synonyms === "" ? [] : synonyms.split(","),
    };
  });
}

/** Where we differ from Kafka on purpose. */
const DIFFERENT_DEFAULTS = new Set(["log.dir"]);
/** What we have and Kafka has not. */
const OURS = new Set(["log.durability", "durability", ...OWN_SETTING_NAMES]);

const files: [string, DescribedConfig[]][] = [
  ["broker-configs.tsv", broker.describe()],
  ["topic-configs.tsv", TopicConfig.from(new Map(), broker).describe()],
  ["group-configs.tsv", GroupConfig.from(new Map(), broker).describe()],
  ["client-metrics-configs.tsv", ClientMetricsConfig.from(new Map()).describe()],
];

for (const [file, described] of files) {
  Deno.test(`Each setting of ${file} has Kafka's name, type, default, mode and synonyms`, () => {
    const rows = rowsOf(file);
    ok(rows.length >= 3);
    const names = described.map(({ name }) => name).filter((name) => !OURS.has(name));
    deepStrictEqual(names, rows.map(({ name }) => name));
    for (const row of rows) {
      const ours = described.find(({ name }) => name === row.name)!;
      const { name, type, isReadOnly, isSensitive } = ours;
      deepStrictEqual({ name, type, isReadOnly, isSensitive }, {
        name: row.name,
        type: row.type,
        isReadOnly: row.isReadOnly,
        isSensitive: row.isSensitive,
      });
      ok(ours.documentation!.length > 10, name);
      if (!row.isDefault || DIFFERENT_DEFAULTS.has(name)) continue;
      strictEqual(ours.value, row.value, name);
      strictEqual(ours.source, CONFIG_SOURCES.default, name);
      deepStrictEqual(
        ours.synonyms.map((each) => `DEFAULT_CONFIG:${each.name}`),
        row.synonyms,
        name,
      );
    }
  });
}

// Rows whose defaults the observed node had overridden, so that the table can't tell them.
const hiddenDefaults: [string, string][] = [
  ["offsets.topic.replication.factor", "3"],
  ["transaction.state.log.replication.factor", "3"],
  ["transaction.state.log.min.isr", "2"],
  ["share.coordinator.state.topic.replication.factor", "3"],
  ["share.coordinator.state.topic.min.isr", "2"],
  ["group.initial.rebalance.delay.ms", "3000"],
  ["min.insync.replicas", "1"],
  ["node.id", "1"],
  ["process.roles", "broker,controller"],
  ["listeners", "PLAINTEXT://127.0.0.1:9092"],
  ["log.dir", "./streamer-data"],
  ["log.durability", "disk"],
  [
    "listener.security.protocol.map",
    "PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL",
  ],
];

for (const [name, expected] of hiddenDefaults) {
  Deno.test(`${name} is ${expected} unless it is set`, () => {
    strictEqual(broker.describe().find((each) => each.name === name)?.value, expected);
  });
}
