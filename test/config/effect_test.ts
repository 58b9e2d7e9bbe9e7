/**
 * No setting lies: each is read by its name somewhere, or is the default of one that is, or stands
 * in the list of those without effect, with the reason.
 */
import { deepStrictEqual } from "node:assert/strict";
import {
  BrokerConfig,
  ClientMetricsConfig,
  GroupConfig,
  TopicConfig,
  whyWithoutEffect,
} from "../../src/config/mod.ts";
import { BROKER_SETTINGS } from "../../src/config/settings/broker.ts";
import { CLIENT_METRICS_SETTINGS, GROUP_SETTINGS } from "../../src/config/settings/resources.ts";
import { TOPIC_SETTINGS } from "../../src/config/settings/topic.ts";

/** Worked out together with another one, which is read. */
const DERIVED: Readonly<Record<string, string>> = {
  "broker.id": "node.id",
  "log.dir": "log.dirs",
  "log.retention.hours": "log.retention.ms",
  "log.retention.minutes": "log.retention.ms",
  "log.roll.hours": "log.roll.ms",
  "log.roll.jitter.hours": "log.roll.jitter.ms",
};

/** All code but where settings are declared; without comments, in which names stand too. */
function sources(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    const path = `${folder}/${name}`;
    if (isDirectory) return path.endsWith("src/config") ? [] : sources(path);
    if (!name.endsWith(".ts")) return [];
    return [Deno.readTextFileSync(path).replace(/^\s*(\*|\/[/*]).*$/mg, "")];
  });
}

const code = sources(new URL("../../src", import.meta.url).pathname).join("\n");
const isRead = (name: string): boolean => code.includes(`"${name}"`);

const ofTopics = Object.values(TOPIC_SETTINGS as Record<string, { from?: string }>);
const topicsOf = (name: string) =>
  Object.keys(TOPIC_SETTINGS).filter((_, index) => ofTopics[index].from === name);

const hasEffect = (name: string): boolean =>
  isRead(DERIVED[name] ?? name) || topicsOf(DERIVED[name] ?? name).some(isRead);

const kinds: [what: string, names: string[]][] = [
  ["a broker", Object.keys(BROKER_SETTINGS)],
  ["a topic", Object.keys(TOPIC_SETTINGS)],
  ["a group", Object.keys(GROUP_SETTINGS)],
  ["client metrics", Object.keys(CLIENT_METRICS_SETTINGS)],
];

for (const [what, names] of kinds) {
  Deno.test(`Each setting of ${what} has its effect, or a reason why not`, () => {
    const silent = names.filter((name) => !hasEffect(name) && whyWithoutEffect(name) === undefined);
    deepStrictEqual(silent, []);
  });
}

Deno.test("The reason stands in the documentation that clients see", () => {
  const broker = BrokerConfig.from(new Map());
  const told = [
    ...broker.describe(),
    ...TopicConfig.from(new Map(), broker).describe(),
    ...GroupConfig.from(new Map(), broker).describe(),
    ...ClientMetricsConfig.from(new Map()).describe(),
  ].filter(({ name }) => whyWithoutEffect(name) !== undefined);
  const silent = told.filter(({ name, documentation }) =>
    !documentation!.includes(whyWithoutEffect(name)!)
  );
  deepStrictEqual(silent.map(({ name }) => name), []);
});
