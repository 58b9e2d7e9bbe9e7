/**
 * Has scenarios played by two and compares what they answer, field by field. What may differ is
 * named once: by field in `blank.ts`, and with its reason in `meant.ts`.
 */
import { differencesOf, sideBySide } from "../kit/compare.ts";
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
}

/** Compares two players in each version of one scenario. */
export async function judge(
  players: readonly [ours: Player, theirs: Player],
  scenario: Scenario,
): Promise<Verdict> {
  await Promise.all(players.map((player) => player.prepare(scenario)));
  const versions = versionsOf(scenario);
  const wrong = new Map<string, number[]>();
  const seen = new Set<string>();
  for (const version of versions) {
    const [left, right] = await Promise.all(
      players.map((player) => player.play(scenario, version)),
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
