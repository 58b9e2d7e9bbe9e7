/**
 * Plays scenarios on two brokers and compares what they answer, field by field. What may differ is
 * named once: by field in `blank.ts`, and with its reason in `meant.ts`.
 */
import { SERVED_APIS } from "../../src/broker/mod.ts";
import { differencesOf, sideBySide } from "../kit/compare.ts";
import { type Program, startApacheKafka, startStreamer } from "../kit/programs.ts";
import { blanked } from "./blank.ts";
import { MEANT } from "./meant.ts";
import { type Scenario, Side } from "./side.ts";
import { fixtures, SETTINGS } from "./stage.ts";

/** Both brokers, started and furnished alike. */
export class Stage implements AsyncDisposable {
  readonly sides: readonly [ours: Side, theirs: Side];
  readonly #programs: Program[];

  constructor(sides: [Side, Side], programs: Program[]) {
    this.sides = sides;
    this.#programs = programs;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#programs.map((program) => program[Symbol.asyncDispose]()));
  }
}

/** Starts streamer and Apache Kafka with the same settings, and makes the same topics on both. */
export async function setStage(folder: string): Promise<Stage> {
  const settings = Object.entries(SETTINGS).map(([name, value]) => `${name}=${value}`);
  const [ours, theirs] = await Promise.all([
    startStreamer({
      data: `${folder}/ours`,
      args: settings.flatMap((setting) => ["--set", setting]),
    }),
    startApacheKafka({ folder: `${folder}/theirs`, settings }),
  ]);
  const sides: [Side, Side] = [new Side(ours.port), new Side(theirs.port)];
  const stage = new Stage(sides, [ours.program, theirs.program]);
  try {
    await Promise.all(sides.map(fixtures));
  } catch (error) {
    await stage[Symbol.asyncDispose]();
    throw error;
  }
  return stage;
}

export const titleOf = ({ api, name }: Scenario): string => `${api}: ${name}`;

/** The versions that a scenario is played in: those that are served and that it is about. */
export const versionsOf = ({ api, since = 0, until = Infinity }: Scenario): number[] => {
  const [first, last] = SERVED_APIS.find(({ name }) => name === api)!.versions;
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

/**
 * Plays one scenario in each of its versions on both sides.
 *
 * @param index what makes the names of its topics and groups its own.
 */
export async function judge(
  sides: readonly Side[],
  scenario: Scenario,
  index: number,
): Promise<Verdict> {
  const versions = versionsOf(scenario);
  const nameOf = (version: number) => `${scenario.api}-${index}-${version}`;
  const { topic } = scenario;
  if (topic !== undefined) {
    const topics = Object.fromEntries(versions.map((version) => [nameOf(version), topic]));
    await Promise.all(sides.map((side) => side.topics(topics)));
  }
  const wrong = new Map<string, number[]>();
  const seen = new Set<string>();
  for (const version of versions) {
    const [left, right] = await Promise.all(
      sides.map((side) => play(side, scenario, version, nameOf(version))),
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

async function play(side: Side, scenario: Scenario, version: number, name: string) {
  try {
    const answers = blanked(await scenario.play(side, version, name), side);
    return JSON.parse(JSON.stringify(answers).replaceAll(name, "its-own"));
  } catch (error) {
    // With the port, so that what goes wrong on both sides, in the scenario itself, does not look
    // alike.
    return { thrown: `${side.port}: ${error instanceof Error ? error.message : String(error)}` };
  } finally {
    side.reset();
  }
}
