/**
 * Plays scenarios on two brokers and compares what they answer, field by field. What may differ is
 * named once: by field in `blank.ts`, and with its reason in `meant.ts`.
 */
import { SERVED_APIS } from "../../src/broker/mod.ts";
import { differencesOf, sideBySide } from "../kit/compare.ts";
import { crc32c } from "../../src/bytes/mod.ts";
import { blanked } from "./blank.ts";
import { MEANT } from "./meant.ts";
import { type Scenario, type Side, utf8 } from "./side.ts";

export const titleOf = ({ api, name }: Scenario): string => `${api}: ${name}`;

/**
 * What a scenario's topics and groups are called in a version: known by its title, so that new
 * scenarios do not change what others say.
 */
export const nameOf = (scenario: Scenario, version: number): string => {
  const sum = crc32c(utf8(titleOf(scenario))).toString(16).padStart(8, "0");
  return `${scenario.api}-${sum}-${version}`;
};

/** The versions that a scenario is played in: those that are served and that it is about. */
export const versionsOf = ({ api, since = 0, until = Infinity, once }: Scenario): number[] => {
  const [first, last] = SERVED_APIS.find(({ name }) => name === api)!.versions;
  if (once) return [last];
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
    .filter((version) => version >= since && version <= until);
};

export interface Verdict {
  /** Comparisons that were made: one a version. */
  readonly compared: number;
  /** Differences that nobody meant, as tables by the versions that have them; empty when alike. */
  readonly tables: string[];
  /** Reasons of the meant differences that were seen. */
  readonly seen: Set<string>;
}

/** Plays one scenario in each of its versions on both sides. */
export async function judge(sides: readonly Side[], scenario: Scenario): Promise<Verdict> {
  const versions = versionsOf(scenario);
  const { topic } = scenario;
  if (topic !== undefined) {
    const topics = Object.fromEntries(
      versions.map((version) => [nameOf(scenario, version), topic]),
    );
    await Promise.all(sides.map((side) => side.topics(topics)));
  }
  const wrong = new Map<string, number[]>();
  const seen = new Set<string>();
  for (const version of versions) {
    const [left, right] = await Promise.all(
      sides.map((side) => play(side, scenario, version)),
    );
    const unmeant = differencesOf(left, right).filter((difference) => {
      const meant = MEANT.find((each) => each.applies(difference, scenario, version));
      if (meant) seen.add(meant.reason);
      return meant === undefined;
    });
    if (unmeant.length === 0) continue;
    const table = sideBySide(left, right, unmeant);
    wrong.set(table, [...wrong.get(table) ?? [], version]);
  }
  const tables = [...wrong].map(([table, versions]) => `versions ${versions}\n${table}`);
  return { compared: versions.length, tables, seen };
}

async function play(side: Side, scenario: Scenario, version: number) {
  const name = nameOf(scenario, version);
  try {
    const answers = JSON.stringify(blanked(await scenario.play(side, version, name), side));
    return JSON.parse(side.withoutPlace(answers).replaceAll(name, "its-own"));
  } catch (error) {
    // With the port, so that what goes wrong on both sides, in the scenario itself, does not look
    // alike.
    return { thrown: `${side.port}: ${error instanceof Error ? error.message : String(error)}` };
  } finally {
    await side.reset();
  }
}
