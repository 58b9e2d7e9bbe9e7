/** When a difference counts: what we answer wrongly once is not played away. */
import { deepStrictEqual } from "node:assert/strict";
import type { Player } from "./player.ts";
import { judge, type Players } from "./runner.ts";
import type { Scenario } from "./side.ts";

const scenario: Scenario = {
  api: "ListGroups",
  name: "of a test",
  once: true,
  play: async () => {},
};

/** Answers these one after the other, and the last one from then on. */
const answering = (...answers: unknown[]): Player => ({
  prepare: async () => {},
  play: async () => answers.length > 1 ? answers.shift() : answers[0],
});

const CASES: [string, Players, Partial<Scenario>, { isAlike: boolean; attempts: number }][] = [
  ["the same answers are alike", { ours: answering("a"), theirs: answering("a") }, {}, {
    isAlike: true,
    attempts: 1,
  }],
  [
    "ours that is wrong once counts",
    {
      ours: answering("b", "a"),
      theirs: answering("a"),
      known: answering("a"),
    },
    {},
    { isAlike: false, attempts: 1 },
  ],
  [
    "theirs that is otherwise than known is played again",
    {
      ours: answering("a"),
      theirs: answering("b", "a"),
      known: answering("a"),
    },
    {},
    { isAlike: true, attempts: 2 },
  ],
  [
    "theirs that is otherwise twice counts",
    {
      ours: answering("a"),
      theirs: answering("b"),
      known: answering("a"),
    },
    {},
    { isAlike: false, attempts: 2 },
  ],
  [
    "without a record of theirs nothing is played again",
    {
      ours: answering("a"),
      theirs: answering("b", "a"),
    },
    {},
    { isAlike: false, attempts: 1 },
  ],
  ["who races may be late twice", { ours: answering("b", "c", "a"), theirs: answering("a") }, {
    races: true,
  }, { isAlike: true, attempts: 3 }],
];

for (const [name, players, more, expected] of CASES) {
  Deno.test(`Of two players, ${name}`, async () => {
    const { tables, attempts } = await judge(players, { ...scenario, ...more });
    deepStrictEqual({ isAlike: tables.length === 0, attempts }, expected);
  });
}
