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
import { LivePlayer, RecordedPlayer, RecordingPlayer } from "./player.ts";
import { HOW_TO_RECORD, Recording } from "./recording.ts";
import { judgeAll } from "./runner.ts";
import { titleOf, versionsOf } from "./scenario.ts";
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

const recorded = Recording.load();

Deno.test("What Apache Kafka answers to each scenario is recorded", () => {
  const missing = recorded.missing(SCENARIOS);
  deepEqual(missing, [], [HOW_TO_RECORD, ...missing].join("\n"));
});

/**
 * All scenarios, stage by stage; answers of Apache Kafka come from itself, or from the recording.
 */
async function everywhere(context: Deno.TestContext, fresh?: Recording): Promise<void> {
  let total = 0;
  const reasons = new Set<string>();
  const again: string[] = [];
  for (const [name, scenarios] of byStage(SCENARIOS)) {
    using folder = new TemporaryFolder();
    await using stage = await setStage(name, folder.path, { withApacheKafka: fresh !== undefined });
    const known = new RecordedPlayer(recorded);
    const theirs = stage.theirs !== undefined && fresh !== undefined
      ? new RecordingPlayer(new LivePlayer(stage.theirs), fresh)
      : known;
    const players = { ours: new LivePlayer(stage.ours), theirs, known };
    for await (const { scenario, verdict } of judgeAll(players, scenarios)) {
      await context.step({
        name: titleOf(scenario),
        sanitizeOps: false,
        sanitizeResources: false,
        fn() {
          const { compared, tables, seen, attempts } = verdict;
          if (tables.length === 0 && attempts > 1) again.push(titleOf(scenario));
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
  // As steps, which are shown where what a test prints is not.
  for (const title of again) await context.step(`Alike when played again: ${title}`, () => {});
  console.log(`${total} answers of two brokers were compared`);
  ok(total > 1000, `only ${total} answers were compared`);
}

testWith(
  { needs: "Apache Kafka", available: hasApacheKafka() },
  "What is served is answered as Apache Kafka answers it, in every version",
  async (context) => {
    const fresh = new Recording();
    await everywhere(context, fresh);
    await context.step("What is recorded is what Apache Kafka answers", () => {
      const stale = recorded.staleAgainst(fresh, SCENARIOS);
      deepEqual(stale, [], [HOW_TO_RECORD, ...stale].join("\n"));
    });
  },
);

if (!hasApacheKafka()) {
  Deno.test({
    name: "What is served is answered as Apache Kafka was recorded to answer it, in every version",
    sanitizeOps: false,
    sanitizeResources: false,
    fn: (context) => everywhere(context),
  });
}
