/**
 * What each setting takes: every setting of every kind of resource is set to values that Kafka may
 * or may not allow (only validated, nothing changes), and both brokers must refuse the same ones
 * for the same reason.
 */
import {
  BrokerConfig,
  ClientMetricsConfig,
  GroupConfig,
  OWN_SETTING_NAMES,
  type Setting,
  TopicConfig,
} from "../../../src/config/mod.ts";
import { errorName } from "../../../src/protocol/mod.ts";
import type { RawClient } from "../../kit/wire.ts";
import type { Scenario } from "../side.ts";

const SET = 0;

/** For whatever: nothing, limits, wrong types, lists with gaps and repetitions. */
const ANY = ["", " ", "0", "-1", "1", " 5 ", "1.5", "0x10", "abc", "true", "a,a", "a,,b"];
/** Beyond what the types of Java hold. */
const LARGE = ["2147483647", "2147483648", "9223372036854775807", "9223372036854775808"];
const NUMBERS = ["-2", "2", "3", "9", "10", "17", "18", "22", "23", "100", "1000", "1e3"];
/** Where times and sizes have their limits. */
const AMOUNTS = ["999", "15000", "15001", "45000", "60001", "1048575", "1048576", "3600001"];

/** Words that mean something to a setting with this in its name. */
const WORDS: readonly (readonly [part: RegExp, words: readonly string[]])[] = [
  [/cleanup\.policy/, ["delete", "compact,delete", "delete,delete", "Compact", "none"]],
  [/compression\.type/, ["producer", "gzip", "GZIP", "uncompressed", "none"]],
  [/timestamp\.type/, ["CreateTime", "createtime", "LogAppendTime"]],
  [/throttled\.replicas/, ["*", ",", "0:0", "0:0,0:0", "0:0 , 1:1", "a:b"]],
  [/auto\.offset\.reset/, [
    "earliest",
    "EARLIEST",
    "latest",
    "none",
    "by_duration:PT1H",
    "by_duration:P1DT1.5S",
    "by_duration:-PT1H",
    "by_duration:P",
    "by_duration:x",
  ]],
  [/isolation\.level/, ["read_committed", "READ_COMMITTED"]],
  [/^match$/, [
    "client_id=a",
    "client_id=",
    "client_id=a=b",
    "client_id=(",
    "CLIENT_ID=a",
    "client_id =a",
    "client_id=a, client_source_port=1",
    "client_id=a,client_id=b",
  ]],
  [/^metrics$/, ["*", ","]],
  [/overrides$/, ["127.0.0.1:5", "127.0.0.1:-5", "localhost:5,127.0.0.1:6", "a:b", ",", "a/b:1"]],
  [/\.class$|reporters$/, ["org.apache.kafka.common.metrics.JmxReporter", "no.such.Class"]],
  [/cordoned/, ["*", "/nowhere"]],
];

/** What says where a broker is and what it is made of cannot be the same on both. */
const OF_THE_PLACE = ["listeners", "listener.security.protocol.map"];
/** Not in the tables: internal ones, those of one listener, and what nobody knows. */
const MORE_OF_BROKERS = [
  "leader.replication.throttled.rate",
  "follower.replication.throttled.rate",
  "listener.name.plaintext.max.connections",
  "listener.name.plaintext.max.connection.creation.rate",
  "listener.name.plaintext.num.network.threads",
  "listener.name.plaintext.connections.max.reauth.ms",
  "listener.name.plaintext.log.retention.ms",
  "listener.name.plaintext.ssl.keystore.type",
  "listener.name.nowhere.max.connections",
  "listener.name.nowhere.ssl.keystore.type",
  "rsm.config.a",
  "zookeeper.connect",
  "colour",
];

const broker = BrokerConfig.from(new Map());
const namesOf = (configs: { describe(): { name: string }[] }) =>
  configs.describe().map(({ name }) => name)
    .filter((name) => !name.includes("durability") && !OWN_SETTING_NAMES.includes(name));

const ofBrokers = [
  ...namesOf(broker).filter((name) => !OF_THE_PLACE.includes(name)),
  ...MORE_OF_BROKERS,
];

/** One value is enough to see that a setting can't change while brokers run. */
function valuesOf(name: string, setting: Setting<unknown> | undefined, isOfBroker: boolean) {
  if (isOfBroker && setting?.dynamic === "no") return ["1"];
  const type = setting?.type;
  const words = WORDS.flatMap(([part, words]) => part.test(name) ? words : []);
  const isNumber = type === undefined || ["int", "short", "long", "double"].includes(type);
  return [...ANY, ...words, ...isNumber ? [...LARGE, ...NUMBERS, ...AMOUNTS] : []];
}

interface Kind {
  readonly what: string;
  readonly resourceType: number;
  readonly resourceName?: string;
  readonly names: readonly string[];
  settingOf(name: string): Setting<unknown> | undefined;
}

function values({ what, resourceType, resourceName, names, settingOf }: Kind): Scenario {
  return {
    api: "IncrementalAlterConfigs",
    name: `the values that each setting of ${what} takes`,
    since: 1,
    topic: resourceName === undefined ? {} : undefined,
    async play(side, version, unique) {
      const pairs = names.flatMap((name) =>
        valuesOf(name, settingOf(name), resourceType === BROKER)
          .map((value) => [name, value] as const)
      );
      const answers: Record<string, Record<string, string[]>> = {};
      const ask = async (client: RawClient) => {
        for (let pair = pairs.shift(); pair !== undefined; pair = pairs.shift()) {
          const [name, value] = pair;
          const configs = [{ name, configOperation: SET, value }];
          const resource = { resourceType, resourceName: resourceName ?? unique, configs };
          const body = { resources: [resource], validateOnly: true };
          const answer = await client.ask("IncrementalAlterConfigs", version, body);
          const { errorCode } = answer.responses[0];
          ((answers[name] ??= {})[errorName(errorCode)] ??= []).push(JSON.stringify(value));
        }
      };
      await Promise.all([await side.client(), await side.client()].map(ask));
      return Object.entries(answers).map(([name, codes]) => ({
        name,
        ...Object.fromEntries(
          Object.entries(codes).map(([code, values]) => [code, values.sort().join(" ")]),
        ),
      })).sort((a, b) => a.name < b.name ? -1 : 1);
    },
  };
}

const TOPIC = 2, BROKER = 4, CLIENT_METRICS = 16, GROUP = 32;

export const CONFIG_VALUES: Scenario[] = [
  values({
    what: "a topic",
    resourceType: TOPIC,
    names: [...namesOf(TopicConfig.from(new Map(), broker)), "colour"],
    settingOf: TopicConfig.setting,
  }),
  ...["1", ""].map((resourceName) =>
    values({
      what: resourceName === "" ? "all brokers" : "a broker",
      resourceType: BROKER,
      resourceName,
      names: ofBrokers,
      settingOf: BrokerConfig.setting,
    })
  ),
  values({
    what: "a group",
    resourceType: GROUP,
    resourceName: "a-group",
    names: [...namesOf(GroupConfig.from(new Map(), broker)), "colour"],
    settingOf: GroupConfig.setting,
  }),
  values({
    what: "client metrics",
    resourceType: CLIENT_METRICS,
    resourceName: "some-metrics",
    names: [...namesOf(ClientMetricsConfig.from(new Map())), "colour"],
    settingOf: ClientMetricsConfig.setting,
  }),
];
