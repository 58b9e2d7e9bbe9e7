/**
 * Plays scenarios on a cluster of real programs, in a world apart (`kit/netns.ts`):
 *
 *   unshare --net --mount --pid --fork --mount-proc --kill-child=KILL deno run -A test/e2e/cluster/run.ts \
 *     [--make streamer|kafka] [--nodes 3|nnnbb] [--grows] [--old PROGRAM] [--release 3.9] [--seed N] [--rounds N] [--pace N] [--without-groups] [--keep FOLDER] [SCENARIO...]
 *
 * `--nodes` says who is what: a number of nodes that are both, or a letter a node (`cluster.ts`). With
 * `--grows` the first node begins the cluster and the others join it; else the voters are told.
 * `--old` starts all nodes from an older build, `--release` begins at an older metadata.version; there
 * are scenarios for both. Where no scenario is rude, no produce may fail.
 * Each round plays all the scenarios named (default: all) in an order drawn from the seed. Tells what
 * it does line by line, figures at the end, and findings last; ends with 1 when there are any.
 * Then what the nodes printed, their files and the ledgers are in the folder to keep.
 */
import { parseArgs } from "node:util";
import { SeededRandom } from "../../../src/platform/memory/mod.ts";
import { TemporaryFolder } from "../../kit/folders.ts";
import { Network } from "../../kit/netns.ts";
import { runProgram } from "../../kit/programs.ts";
import { Cluster } from "./cluster.ts";
import { ClusterLoad } from "./load.ts";
import { MAKES } from "../../kit/makes.ts";
import { SCENARIOS } from "./scenarios.ts";
import type { Verdict } from "../../endurance/whole.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    make: { type: "string", default: "streamer" },
    nodes: { type: "string", default: "3" },
    seed: { type: "string", default: "1" },
    rounds: { type: "string", default: "1" },
    pace: { type: "string", default: "1" },
    keep: { type: "string" },
    old: { type: "string" },
    release: { type: "string" },
    grows: { type: "boolean", default: false },
    "without-groups": { type: "boolean", default: false },
  },
});
const names = positionals.length > 0 ? positionals : Object.keys(SCENARIOS)
  .filter((name) => SCENARIOS[name].onlyByName === undefined)
  .filter((name) => values.make !== "kafka" || SCENARIOS[name].notForKafka === undefined);
const seed = Number(values.seed);
const chance = new SeededRandom(seed);
const random = () => chance.uint32() / 2 ** 32;
const figures = new Map<string, number[]>();
const tell = (what: string, ms: number) => {
  figures.set(what, [...figures.get(what) ?? [], ms]);
  console.log(`    ${what}: ${ms} ms`);
};

let findings: string[];
try {
  findings = await play();
} catch (error) {
  findings = [
    error instanceof SuppressedError ? `${error.suppressed.stack}` : `${(error as Error).stack}`,
  ];
}
for (const [what, values] of figures) {
  const sorted = values.toSorted((a, b) => a - b);
  console.log(`figure: ${what}: ${sorted[sorted.length >> 1]} ms of ${sorted.join(", ")}`);
}
for (const finding of findings) console.log(`finding: ${finding}`);
Deno.exit(findings.length === 0 ? 0 : 1);

async function play(): Promise<string[]> {
  using folder = new TemporaryFolder();
  const ledgers = `${folder.path}/ledgers`;
  Deno.mkdirSync(ledgers);
  await using network = await Network.open(folder.path, seed);
  const make = MAKES[values.make];
  const { nodes, grows, old: program, release } = values;
  const began = performance.now();
  await using cluster = await Cluster.start({
    make,
    network,
    folder: folder.path,
    nodes,
    grows,
    program,
    release,
  });
  tell("start of all nodes", Math.round(performance.now() - began));
  await using load = await ClusterLoad.start(cluster, {
    folder: ledgers,
    pace: Number(values.pace),
    withGroups: !values["without-groups"],
    debugs: values.keep !== undefined,
  });
  const stage = { cluster, load, random, tell };
  const kept = async (findings: string[]): Promise<string[]> => {
    const to = values.keep;
    if (to === undefined || findings.length === 0) return findings;
    Deno.mkdirSync(to, { recursive: true });
    for (const { id, printed, folder } of cluster.nodes) {
      Deno.writeTextFileSync(`${to}/node-${id}.log`, printed);
      // Some of it may be renamed or removed in the middle of that: the nodes run.
      await runProgram("cp", ["-r", folder, `${to}/node-${id}`], { mayFail: true });
    }
    await runProgram("cp", ["-r", ledgers, to]);
    return findings;
  };
  const second = () => `${((performance.now() - began) / 1000).toFixed(0)} s`;
  for (let round = 1; round <= Number(values.rounds); round++) {
    for (const name of round === 1 ? names : shuffled(names)) {
      console.log(`${second()}: ${name}: ${SCENARIOS[name].summary}`);
      try {
        await SCENARIOS[name].run(stage);
      } catch (error) {
        return await kept([...cluster.findings, `${name}: ${(error as Error).stack}`]);
      }
    }
  }
  let verdict: Verdict;
  try {
    verdict = await load.stop();
  } catch (error) {
    return await kept([...cluster.findings, `at the end: ${(error as Error).stack}`]);
  }
  const { findings, ...told } = verdict;
  console.log(`${second()}: ${JSON.stringify(told)}`);
  const faults = cluster.nodes.flatMap(({ id, faults }) =>
    faults.slice(0, 5).map((line) => `node ${id} says: ${line}`)
  );
  const isPolite = names.every((name) => SCENARIOS[name].isPolite);
  const failed = isPolite ? failuresOf(told) : [];
  return await kept([...cluster.findings, ...findings, ...failed, ...faults]);
}

/** Produces that failed for good, though nothing was done that has to make any fail. */
function failuresOf({ producers }: Pick<Verdict, "producers">): string[] {
  return Object.entries(producers).filter(([, { failed }]) => failed > 0)
    .map(([name, { failed, sent }]) => `${failed} of ${sent} records of ${name} failed`);
}

function shuffled(names: readonly string[]): string[] {
  return names.map((name) => ({ name, at: random() })).sort((a, b) => a.at - b.at)
    .map(({ name }) => name);
}
