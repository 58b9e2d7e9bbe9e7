/**
 * COMPATIBILITY.md: what is as in Apache Kafka, what differs and why, and what nobody has shown.
 * Made from what serves (`listApis`, `listSettings`), what is played (the scenarios), and what
 * Apache Kafka is recorded to have answered; never written by hand.
 *
 *     deno task compatibility           writes it
 */
import { whyWithoutEffect } from "../../src/config/mod.ts";
import { SUPPORTED_FEATURES } from "../../src/controller/mod.ts";
import {
  type CoveredApi,
  coveredApis,
  type CoveredSetting,
  coveredSettings,
  describedNames,
} from "./coverage.ts";
import { MEANT } from "./meant.ts";
import { formatVersions, type Recording } from "./recording.ts";
import { versionsOf } from "./scenario.ts";
import { SCENARIOS } from "./scenarios/mod.ts";

export const COMPATIBILITY = new URL("../../COMPATIBILITY.md", import.meta.url);

/** What clients do with a feature: it is of use when these are served. */
const APIS_OF_FEATURES: Record<string, string[]> = {
  "group.version": ["ConsumerGroupHeartbeat", "ConsumerGroupDescribe"],
  "share.version": ["ShareGroupHeartbeat", "ShareFetch", "ShareAcknowledge"],
  "streams.version": ["StreamsGroupHeartbeat", "StreamsGroupDescribe"],
  "transaction.version": ["AddPartitionsToTxn", "EndTxn", "TxnOffsetCommit"],
};

export function compatibility(recording: Recording): string {
  const apis = coveredApis();
  const settings = coveredSettings(recording);
  return `# Compatibility with Apache Kafka ${recording.kafka}

Made by \`deno task compatibility\`; don't edit. What counts is what clients see: \`test/conformance\` plays scenarios on
streamer and on Apache Kafka and compares the answers field by field. What no scenario shows is called unproven here,
also where it may well work.

${summary(apis, settings, recording)}
## What differs, and why

Everywhere else the answers of all scenarios are the same, but for ids that each broker makes up, addresses, times, the
words of error messages and documentation, and the order of sets.

${MEANT.map(({ reason }) => `- ${reason}.\n`).join("")}
## APIs that are served

How many scenarios each version is shown by. ${"`streamer apis`"} lists the same without them.

${servedTable(apis)}
## APIs that are not served

${missingApis(apis)}
## Features

${featureTable(apis, recording)}
## Settings without effect

Accepted, checked, kept and described; they change nothing. ${"`streamer configs --without-effect`"} lists them one by one.

${withoutEffect(settings)}
## Unproven settings

They have an effect here that no scenario compares with Apache Kafka's; tests of our own may.

${unproven(settings)}
${unknown(recording, settings)}`;
}

type Row = readonly (string | number)[];

const table = (head: Row, rows: Row[]): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |\n`).join("");

function summary(apis: CoveredApi[], settings: CoveredSetting[], recording: Recording): string {
  const count = (state: string) => apis.filter((api) => api.state === state).length;
  const versions = apis.flatMap(({ scenarios }) => [...scenarios.values()]);
  const compared = SCENARIOS.reduce((sum, scenario) => sum + versionsOf(scenario).length, 0);
  const effective = settings.filter(({ hasEffect }) => hasEffect);
  return table(["", "how much"], [
    ["Scenarios; answers compared", `${SCENARIOS.length}; ${compared}`],
    [
      "Judge",
      `Apache Kafka ${recording.kafka}, live or as recorded in \`test/conformance/recorded\``,
    ],
    ["Differences that are meant", MEANT.length],
    [
      "APIs of Kafka's brokers",
      `${apis.length}: ${count("served")} served in every version, ${
        count("partly served")
      } in some, ${count("not served")} not served`,
    ],
    [
      "Versions that are served",
      `${versions.length}: ${versions.filter((one) => one > 0).length} shown by scenarios, ${
        versions.filter((one) => one === 0).length
      } unproven`,
    ],
    [
      "Settings",
      `${settings.length}: ${effective.length} with effect, ${
        settings.length - effective.length
      } accepted without`,
    ],
    ["Settings compared as they are described", settings.filter((one) => one.isDescribed).length],
    [
      "Settings with effect",
      `${effective.filter((one) => one.isProven).length} shown by scenarios, ${
        effective.filter((one) => !one.isProven).length
      } unproven`,
    ],
  ]);
}

const range = ([first, last]: readonly [number, number]) =>
  first === last ? `${first}` : `${first}-${last}`;

function servedTable(apis: CoveredApi[]): string {
  const served = apis.filter(({ state }) => state !== "not served");
  return table(
    ["API", "Kafka", "served", "scenarios by version"],
    served.map(({ name, kafka, served, scenarios }) => {
      const byCount = Map.groupBy([...scenarios.keys()], (version) => scenarios.get(version)!);
      const counts = [...byCount].map(([count, versions]) =>
        `${formatVersions(versions)}: ${count === 0 ? "**unproven**" : count}`
      );
      return [name, range(kafka), range(served!), counts.join("; ")];
    }),
  );
}

function missingApis(apis: CoveredApi[]): string {
  const missing = apis.filter(({ state }) => state === "not served");
  return missing.length === 0
    ? "None.\n"
    : `${wrapped(missing.map(({ name, kafka }) => `${name} ${range(kafka)}`))}\n`;
}

function featureTable(apis: CoveredApi[], recording: Recording): string {
  const known = SCENARIOS.find(({ api, name }) =>
    api === "ApiVersions" && name === "what there is"
  )!;
  const answer: any = recording.answer(known, Math.max(...versionsOf(known)));
  const theirs: any[] = Object.values(answer?.supportedFeatures ?? {});
  const isServed = (name: string) => apis.find((api) => api.name === name)?.state === "served";
  return table(
    ["feature", "Kafka", "here", ""],
    theirs.map(({ name, minVersion, maxVersion }) => {
      const ours = SUPPORTED_FEATURES.find((each) => each.name === name);
      const missing = (APIS_OF_FEATURES[name] ?? []).filter((api) => !isServed(api));
      return [
        `\`${name}\``,
        range([minVersion, maxVersion]),
        ours ? range([ours.minSupportedVersion, ours.maxSupportedVersion]) : "unknown",
        missing.length > 0 ? `kept only: ${missing.join(", ")} are not served` : "",
      ];
    }),
  );
}

function withoutEffect(settings: CoveredSetting[]): string {
  const idle = settings.filter(({ hasEffect }) => !hasEffect);
  const byReason = Map.groupBy(idle, ({ name }) => whyWithoutEffect(name)!);
  return table(
    ["because", "how many", "which"],
    [...byReason].sort(([, a], [, b]) => b.length - a.length).map(([reason, ofReason]) => [
      reason,
      ofReason.length,
      ofReason.map(({ name }) => `\`${name}\``).join(" "),
    ]),
  );
}

function unproven(settings: CoveredSetting[]): string {
  const byKind = Map.groupBy(
    settings.filter(({ hasEffect, isProven }) => hasEffect && !isProven),
    ({ kind }) => kind,
  );
  return [...byKind].map(([kind, ofKind]) =>
    `Of a ${kind}, ${ofKind.length}:\n\n${wrapped(ofKind.map(({ name }) => `\`${name}\``))}\n`
  ).join("\n");
}

/** Settings that Apache Kafka described and this program does not know: there should be none. */
function unknown(recording: Recording, settings: CoveredSetting[]): string {
  const known = new Set(settings.map(({ name }) => name));
  const names = [...describedNames(recording)].filter((name) => !known.has(name)).sort();
  if (names.length === 0) return "";
  return `## Settings of Apache Kafka that are not listed here\n\n${
    wrapped(names.map((name) => `\`${name}\``))
  }\n`;
}

/** Words by commas, in lines as long as those of the text. */
function wrapped(words: string[]): string {
  const lines: string[] = [""];
  words.forEach((word, index) => {
    const text = index < words.length - 1 ? `${word},` : word;
    const last = lines.at(-1)!;
    if (last.length + 1 + text.length > 120) lines.push(text);
    else lines[lines.length - 1] = last === "" ? text : `${last} ${text}`;
  });
  return lines.join("\n");
}
