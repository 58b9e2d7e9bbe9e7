/**
 * Some scenarios, or all, with what differs shown side by side: those with one of the words in
 * their title, else all.
 */
import { parseArgs } from "node:util";
import { TemporaryFolder } from "../kit/folders.ts";
import { hasApacheKafka, kafkaVersion } from "../kit/programs.ts";
import { LivePlayer, RecordedPlayer, RecordingPlayer } from "./player.ts";
import { HOW_TO_RECORD, Recording } from "./recording.ts";
import { judgeAll, type Players } from "./runner.ts";
import { titleOf } from "./scenario.ts";
import { SCENARIOS } from "./scenarios/mod.ts";
import { type Scenario, Side } from "./side.ts";
import { byStage, furnish, setStage } from "./stage.ts";
import { SETTINGS, STAGES } from "./stages/mod.ts";

const HELP = `Plays scenarios on streamer and Apache Kafka and shows where their answers differ.

deno task conformance                             all scenarios
deno task conformance quota "ListOffsets: "       those with one of these in their title
deno task conformance --record [PART...]          and keeps what Apache Kafka answered
deno task conformance --record --missing          those that were never recorded
deno task conformance --recorded [PART...]        against what is kept, without Apache Kafka
deno task conformance --broker HOST:PORT [PART...]
    any broker against what is kept. It has to be new, and set like this:
${Object.entries(SETTINGS).map(([name, value]) => `    ${name}=${value}`).join("\n")}
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    record: { type: "boolean", default: false },
    missing: { type: "boolean", default: false },
    recorded: { type: "boolean", default: false },
    broker: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  console.log(HELP);
  Deno.exit(0);
}
const isLive = values.broker === undefined && !values.recorded && hasApacheKafka();
if ((values.record || values.missing) && !isLive) {
  console.error("Only Apache Kafka itself can be recorded, and it isn't here");
  Deno.exit(2);
}

const recorded = Recording.load();
const missing = new Set(recorded.missing(SCENARIOS));
const wanted = SCENARIOS.filter((scenario) => {
  const title = titleOf(scenario);
  return (positionals.length === 0 || positionals.some((part) => title.includes(part))) &&
    (!values.missing || missing.has(title));
});
const fresh = new Recording();
let compared = 0, differing = 0;

/** Stage by stage, so that what was played is kept when a later one fails. */
function keep(): void {
  recorded.take(fresh, kafkaVersion);
  recorded.save(SCENARIOS);
}

async function playAll(players: Players, scenarios: Scenario[]): Promise<void> {
  for await (const { scenario, verdict, tookMs } of judgeAll(players, scenarios)) {
    compared += verdict.compared;
    const isAlike = verdict.tables.length === 0;
    const again = isAlike && verdict.attempts > 1 ? ", but differed at first" : "";
    if (!isAlike) differing++;
    const took = tookMs < 1000 ? "" : ` (${(tookMs / 1000).toFixed(1)} s)`;
    console.log(`${isAlike ? "same  " : "DIFFER"} ${titleOf(scenario)}${again}${took}`);
    for (const table of verdict.tables) console.log(table);
  }
}

if (values.broker !== undefined) {
  const [host, port] = values.broker.split(":");
  const side = new Side({ host, port: Number(port) });
  await furnish(side, STAGES.plain);
  const scenarios = wanted.filter(({ stage = "plain" }) => stage === "plain");
  await playAll(
    { ours: new LivePlayer(side), theirs: new RecordedPlayer(recorded) },
    scenarios,
  );
} else {
  for (const [name, scenarios] of byStage(wanted)) {
    using folder = new TemporaryFolder();
    await using stage = await setStage(name, folder.path, { withApacheKafka: isLive });
    const known = new RecordedPlayer(recorded);
    const theirs = stage.theirs === undefined
      ? known
      : new RecordingPlayer(new LivePlayer(stage.theirs), fresh);
    await playAll({ ours: new LivePlayer(stage.ours), theirs, known }, scenarios);
    if (values.record) keep();
  }
}

console.log(`${wanted.length} scenarios, ${compared} comparisons, ${differing} scenarios differ`);
if (isLive) {
  const stale = recorded.staleAgainst(fresh, wanted);
  if (values.record) console.log("what Apache Kafka answered is recorded");
  else if (stale.length > 0) {
    const some = stale.slice(0, 5).join("\n  ") + (stale.length > 5 ? "\n  …" : "");
    console.log(
      `${stale.length} are recorded otherwise, or not at all; ${HOW_TO_RECORD}:\n  ${some}`,
    );
  }
} else console.log(`judged by what Apache Kafka ${recorded.kafka} answered, as recorded`);
Deno.exit(differing === 0 ? 0 : 1);
