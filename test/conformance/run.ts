/**
 * Some scenarios, or all, on streamer and Apache Kafka, with what differs shown side by side:
 *
 *     deno task conformance                    all
 *     deno task conformance quota "ListOffsets: "   those with one of these in their title
 */
import { TemporaryFolder } from "../kit/folders.ts";
import { judge, titleOf } from "./runner.ts";
import { SCENARIOS } from "./scenarios/mod.ts";
import { byStage, setStage } from "./stage.ts";

const wanted = SCENARIOS.filter((scenario) =>
  Deno.args.length === 0 || Deno.args.some((part) => titleOf(scenario).includes(part))
);
let compared = 0, differing = 0;
for (const [name, scenarios] of byStage(wanted)) {
  using folder = new TemporaryFolder();
  await using stage = await setStage(name, folder.path);
  for (const scenario of scenarios) {
    const verdict = await judge(stage.sides, scenario);
    compared += verdict.compared;
    const isAlike = verdict.tables.length === 0;
    if (!isAlike) differing++;
    console.log(`${isAlike ? "same  " : "DIFFER"} ${titleOf(scenario)}`);
    for (const table of verdict.tables) console.log(table);
  }
}
console.log(`${wanted.length} scenarios, ${compared} comparisons, ${differing} scenarios differ`);
Deno.exit(differing === 0 ? 0 : 1);
