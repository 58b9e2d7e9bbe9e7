/** What the scenarios prove: versions of APIs and settings, and what is left unproven. */
import { listApis, type ListedApi } from "../../src/broker/mod.ts";
import { type ListedSetting, listSettings, SETTING_KINDS } from "../../src/config/mod.ts";
import type { Recording } from "./recording.ts";
import { versionsOf } from "./scenario.ts";
import { SCENARIOS } from "./scenarios/mod.ts";
import { UNSERVED } from "./scenarios/unserved.ts";
import type { Scenario } from "./side.ts";

export interface CoveredApi extends ListedApi {
  /** Of each served version, how many scenarios are played in it. */
  readonly scenarios: ReadonlyMap<number, number>;
}

/** Versions that are just not served, and calls that are about no version, prove none. */
const COUNTED: readonly Scenario[] = SCENARIOS.filter((each) =>
  !each.once && !UNSERVED.includes(each)
);

/** The APIs that Kafka's brokers have, with the scenarios that each served version has. */
export const coveredApis = (): CoveredApi[] =>
  listApis().map((api) => {
    const played = COUNTED.filter((scenario) => scenario.api === api.name).flatMap(versionsOf);
    const scenarios = new Map<number, number>();
    for (const version of rangeOf(api.served)) {
      scenarios.set(version, played.filter((one) => one === version).length);
    }
    return { ...api, scenarios };
  });

const rangeOf = (range: readonly [number, number] | null): number[] =>
  range === null
    ? []
    : Array.from({ length: range[1] - range[0] + 1 }, (_, index) => range[0] + index);

export interface CoveredSetting extends ListedSetting {
  /** A scenario compares how it is described. */
  readonly isDescribed: boolean;
  /** A scenario says that its effect is seen. */
  readonly isProven: boolean;
}

/** All settings, with what scenarios show of them. */
export function coveredSettings(recording: Recording): CoveredSetting[] {
  const proven = new Set(SCENARIOS.flatMap(({ configs = [] }) => configs));
  const described = describedNames(recording);
  return SETTING_KINDS.flatMap(listSettings).map((setting) => ({
    ...setting,
    isDescribed: described.has(setting.name),
    isProven: proven.has(setting.name),
  }));
}

/** Names that scenarios say they prove, and nobody has. */
export function unknownSettings(): string[] {
  const known = new Set(SETTING_KINDS.flatMap(listSettings).map(({ name }) => name));
  return SCENARIOS.flatMap(({ configs = [] }) => configs).filter((name) => !known.has(name));
}

/** The settings that Apache Kafka described when it was asked for all of a resource. */
export function describedNames(recording: Recording): Set<string> {
  const names = new Set<string>();
  for (const scenario of SCENARIOS.filter(({ api }) => api === "DescribeConfigs")) {
    for (const version of versionsOf(scenario)) collect(recording.answer(scenario, version), names);
  }
  return names;
}

const LOGGER = 8;

/** What stands in `configs` of all resources but loggers. */
function collect(value: any, names: Set<string>): void {
  if (value === null || typeof value !== "object" || value.resourceType === LOGGER) return;
  for (const [field, each] of Object.entries<any>(value)) {
    if (field !== "configs" || Array.isArray(each)) collect(each, names);
    else for (const config of Object.values<any>(each)) if (config?.name) names.add(config.name);
  }
}
