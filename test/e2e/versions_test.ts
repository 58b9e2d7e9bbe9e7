/**
 * Every API that is served, in every version that is advertised, with Apache Kafka as the judge.
 * Each scenario is played on both brokers and the answers must be the same, field by field, but for
 * what `versions/blank.ts` names and the differences below that are meant.
 */
import { deepEqual, fail, ok } from "node:assert/strict";
import { SERVED_APIS } from "../../src/broker/mod.ts";
import { TemporaryFolder } from "../kit/folders.ts";
import { differencesOf, sideBySide } from "../kit/compare.ts";
import { hasApacheKafka, startApacheKafka, startStreamer } from "../kit/programs.ts";
import { testWith } from "../kit/skip.ts";
import { blanked } from "./versions/blank.ts";
import { CONFIGS } from "./versions/configs.ts";
import { FETCH } from "./versions/fetch.ts";
import { GROUPS } from "./versions/groups.ts";
import { PRODUCE } from "./versions/produce.ts";
import { type Scenario, Side } from "./versions/side.ts";
import { fixtures, SETTINGS } from "./versions/stage.ts";
import { UNSERVED } from "./versions/unserved.ts";
import { MEANT } from "./versions/meant.ts";
import { TOPICS } from "./versions/topics.ts";

const SCENARIOS = [...TOPICS, ...CONFIGS, ...PRODUCE, ...FETCH, ...GROUPS, ...UNSERVED];

const versionsOf = ({ api, since = 0, until = Infinity }: Scenario): number[] => {
  const [first, last] = SERVED_APIS.find(({ name }) => name === api)!.versions;
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
    .filter((version) => version >= since && version <= until);
};

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

Deno.test("Every version that is served has a scenario", () => {
  const played = new Set(
    SCENARIOS.flatMap((each) => versionsOf(each).map((version) => `${each.api} ${version}`)),
  );
  const served = SERVED_APIS.flatMap(({ name, versions: [first, last] }) =>
    Array.from({ length: last - first + 1 }, (_, index) => `${name} ${first + index}`)
  );
  deepEqual(served.filter((each) => !played.has(each)), []);
});

testWith(
  { needs: "Apache Kafka", available: hasApacheKafka() },
  "What is served is answered as Apache Kafka answers it, in every version",
  async (context) => {
    using folder = new TemporaryFolder();
    const settings = Object.entries(SETTINGS).map(([name, value]) => `${name}=${value}`);
    const [ours, theirs] = await Promise.all([
      startStreamer({
        data: `${folder.path}/ours`,
        args: settings.flatMap((setting) => ["--set", setting]),
      }),
      startApacheKafka({ folder: `${folder.path}/theirs`, settings }),
    ]);
    await using _ours = ours.program;
    await using _theirs = theirs.program;
    const sides = [new Side(ours.port), new Side(theirs.port)];
    await Promise.all(sides.map(fixtures));

    let compared = 0;
    const seen = new Set<string>();
    for (const [index, scenario] of SCENARIOS.entries()) {
      const title = `${scenario.api}: ${scenario.name}`;
      await context.step({
        name: title,
        sanitizeOps: false,
        sanitizeResources: false,
        async fn() {
          const wrong = new Map<string, number[]>();
          const nameOf = (version: number) => `${scenario.api}-${index}-${version}`;
          const { topic } = scenario;
          if (topic !== undefined) {
            const topics = versionsOf(scenario).map((version) => [nameOf(version), topic]);
            await Promise.all(sides.map((side) => side.topics(Object.fromEntries(topics))));
          }
          for (const version of versionsOf(scenario)) {
            const name = nameOf(version);
            const [left, right] = await Promise.all(
              sides.map((side) => play(side, scenario, version, name)),
            );
            compared++;
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
          if (tables.length > 0) fail(`${title}\n${tables.join("\n")}\n`);
        },
      });
    }
    await context.step("Differences that are meant are still there", () => {
      deepEqual(MEANT.map(({ reason }) => reason).filter((reason) => !seen.has(reason)), []);
    });
    console.log(`${compared} answers of two brokers were compared`);
    ok(compared > 1000, `only ${compared} answers were compared`);
  },
);
