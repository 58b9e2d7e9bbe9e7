/**
 * Every API that is served, in every version that is advertised, with Apache Kafka as the judge.
 * Each scenario is played on both brokers and the answers must be the same, field by field, but for
 * what `blank.ts` names and the differences in `meant.ts`.
 */
import { deepEqual, fail, ok } from "node:assert/strict";
import { SERVED_APIS } from "../../src/broker/mod.ts";
import { TemporaryFolder } from "../kit/folders.ts";
import { hasApacheKafka } from "../kit/programs.ts";
import { testWith } from "../kit/skip.ts";
import { MEANT } from "./meant.ts";
import { judge, titleOf, versionsOf } from "./runner.ts";
import { SCENARIOS } from "./scenarios/mod.ts";
import { byStage, setStage } from "./stage.ts";

Deno.test("Every version that is served has a scenario", () => {
  const played = new Set(
    SCENARIOS.filter(({ once }) => !once).flatMap((each) =>
      versionsOf(each).map((version) => `${each.api} ${version}`)
    ),
  );
  const served = SERVED_APIS.flatMap(({ name, versions: [first, last] }) =>
    Array.from({ length: last - first + 1 }, (_, index) => `${name} ${first + index}`)
  );
  deepEqual(served.filter((each) => !played.has(each)), []);
});

Deno.test("No two scenarios have the same title", () => {
  const titles = SCENARIOS.map(titleOf);
  deepEqual(titles.filter((title, index) => titles.indexOf(title) !== index), []);
});

testWith(
  { needs: "Apache Kafka", available: hasApacheKafka() },
  "What is served is answered as Apache Kafka answers it, in every version",
  async (context) => {
    let total = 0;
    const reasons = new Set<string>();
    for (const [name, scenarios] of byStage(SCENARIOS)) {
      using folder = new TemporaryFolder();
      await using stage = await setStage(name, folder.path);
      for (const scenario of scenarios) {
        await context.step({
          name: titleOf(scenario),
          sanitizeOps: false,
          sanitizeResources: false,
          async fn() {
            const { compared, tables, seen } = await judge(stage.sides, scenario);
            total += compared;
            for (const reason of seen) reasons.add(reason);
            if (tables.length > 0) fail(`${titleOf(scenario)}\n${tables.join("\n")}\n`);
          },
        });
      }
    }
    await context.step("Differences that are meant are still there", () => {
      deepEqual(MEANT.map(({ reason }) => reason).filter((reason) => !reasons.has(reason)), []);
    });
    console.log(`${total} answers of two brokers were compared`);
    ok(total > 1000, `only ${total} answers were compared`);
  },
);
