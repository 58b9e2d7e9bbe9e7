/**
 * Has scenarios played by two and compares what they answer, field by field. What may differ is
 * named once: by field in `blank.ts`, and with its reason in `meant.ts`.
 */
import { type Difference, differencesOf, sideBySide } from "../kit/compare.ts";
import { MEANT } from "./meant.ts";
import type { Player } from "./player.ts";
import { versionsOf } from "./scenario.ts";
import type { Scenario } from "./side.ts";

export interface Verdict {
  /** Comparisons that were made: one a version. */
  readonly compared: number;
  /** Differences that nobody meant, as tables by the versions that have them; empty when alike. */
  readonly tables: string[];
  /** Reasons of the meant differences that were seen. */
  readonly seen: Set<string>;
  /** How often it was played: more than once when a difference did not come again, or did. */
  readonly attempts: number;
}

/** How often a scenario is played at most, and one that says that it races. */
const ATTEMPTS = 2, ATTEMPTS_OF_RACES = 3;

/** Who plays, and what Apache Kafka is known to answer, where that is another one than theirs. */
export interface Players {
  readonly ours: Player;
  readonly theirs: Player;
  readonly known?: Player;
}

/**
 * Compares two players in each version of one scenario. What we answer otherwise than Apache Kafka
 * is known to counts at once. When it is Apache Kafka that answered otherwise than it is known to,
 * as it may on a busy machine, the scenario is played again; so is one that races. Whoever shows
 * verdicts tells of those that took more than one attempt.
 */
export async function judge(players: Players, scenario: Scenario): Promise<Verdict> {
  const most = scenario.races ? ATTEMPTS_OF_RACES : ATTEMPTS;
  for (let attempts = 1;; attempts++) {
    const { answers, ...verdict } = await compare(players, scenario, attempts);
    const isFinal = verdict.tables.length === 0 || attempts === most;
    const mayTryAgain = scenario.races || await isAsKnown(players.known, scenario, answers);
    if (isFinal || !mayTryAgain) return { ...verdict, attempts };
  }
}

/** Is each answer of ours what Apache Kafka is known to give? */
async function isAsKnown(
  known: Player | undefined,
  scenario: Scenario,
  answers: readonly unknown[][],
): Promise<boolean> {
  if (known === undefined) return false;
  const expected = await Promise.all(
    versionsOf(scenario).map((version) => known.play(scenario, version)),
  );
  return versionsOf(scenario).every((version, index) =>
    unmeant([answers[index][0], expected[index]], { scenario, version }).length === 0
  );
}

async function compare(
  { ours, theirs }: Players,
  scenario: Scenario,
  attempt: number,
): Promise<Omit<Verdict, "attempts"> & { answers: unknown[][] }> {
  const players = [ours, theirs];
  await Promise.all(players.map((player) => player.prepare(scenario, attempt)));
  const versions = versionsOf(scenario);
  const wrong = new Map<string, number[]>();
  const seen = new Set<string>();
  const answers = await answersOf(players, scenario, { versions, attempt });
  versions.forEach((version, index) => {
    const [left, right] = answers[index];
    const differences = unmeant([left, right], { scenario, version, seen });
    if (differences.length === 0) return;
    const table = sideBySide(left, right, differences);
    wrong.set(table, [...wrong.get(table) ?? [], version]);
  });
  const tables = [...wrong].map(([table, versions]) => `versions ${versions}\n${table}`);
  return { compared: versions.length, tables, seen, answers };
}

/** The differences that nobody meant; reasons of the others go to `seen`. */
function unmeant(
  [left, right]: readonly [unknown, unknown],
  { scenario, version, seen }: { scenario: Scenario; version: number; seen?: Set<string> },
): Difference[] {
  return differencesOf(left, right).filter((difference) => {
    const meant = MEANT.find((each) => each.applies(difference, scenario, version));
    if (meant) seen?.add(meant.reason);
    return meant === undefined;
  });
}

/** Verdicts in the order of the scenarios. Those that mind nobody are played a few at once. */
export async function* judgeAll(
  players: Players,
  scenarios: readonly Scenario[],
): AsyncGenerator<{ scenario: Scenario; verdict: Verdict; tookMs: number }> {
  const timed = async (scenario: Scenario) => {
    const began = performance.now();
    const verdict = await judge(players, scenario);
    return { scenario, verdict, tookMs: performance.now() - began };
  };
  for (let at = 0; at < scenarios.length;) {
    let end = at + 1;
    while (end < at + SCENARIOS_AT_ONCE && mayMeet(scenarios[at], scenarios[end])) end++;
    yield* await Promise.all(scenarios.slice(at, end).map(timed));
    at = end;
  }
}

const mayMeet = (one: Scenario, other: Scenario | undefined): boolean =>
  one.together === true && other?.together === true && `${one.stopped}` === `${other.stopped}`;

const SCENARIOS_AT_ONCE = 4;
const VERSIONS_AT_ONCE = 6;

/** What both answer in each version: one after the other, or some at once if the scenario lets. */
async function answersOf(
  players: readonly Player[],
  scenario: Scenario,
  { versions, attempt }: { versions: readonly number[]; attempt: number },
): Promise<unknown[][]> {
  const step = scenario.together ? VERSIONS_AT_ONCE : 1;
  const answers: unknown[][] = [];
  for (let at = 0; at < versions.length; at += step) {
    const some = versions.slice(at, at + step).map((version) =>
      Promise.all(players.map((player) => player.play(scenario, version, attempt)))
    );
    answers.push(...await Promise.all(some));
  }
  return answers;
}
