/**
 * An hour of mixed load with kills and restarts: is the ledger whole, is memory flat, are file
 * descriptors flat, is the disk bounded?
 *
 *   deno task endurance [--minutes 60] [--seed N] [--pace 0.4] [--program FILE] [--folder FOLDER]
 *
 * Three stretches of equal length. In the first and the last the broker is ended every few minutes,
 * in one way after the other (`killed_broker.ts`); in the one between it is left alone, so that
 * what leaks in it shows. All the while the load (`load.ts`), what comes and goes (`churn.ts`) and
 * visitors (`visitors.ts`) are the same, at well under one core. Flat is judged by rules
 * (`samples.ts`): in the stretch without a kill by its trend, and across restarts by processes of
 * the same age.
 *
 * Prints a line a minute, then what was found, then all as one line of JSON. Ends with 1 when
 * anything was found; the folder is then kept.
 */
import { parseArgs } from "node:util";
import { SeededRandom } from "../../src/platform/memory/mod.ts";
import { pause } from "../kit/programs.ts";
import { Churn } from "./churn.ts";
import { hasConfluent } from "./clients.ts";
import { type Figures, figuresAt } from "./figures.ts";
import { drawWay, KilledBroker } from "./killed_broker.ts";
import { LOAD_SETTINGS, MixedLoad } from "./load.ts";
import { Ping } from "./ping.ts";
import {
  type Allowance,
  cpuSeconds,
  lookAt,
  median,
  quantile,
  type Sample,
  sizeBelow,
  trendOf,
} from "./samples.ts";
import { visit } from "./visitors.ts";

const { values: options } = parseArgs({
  options: {
    minutes: { type: "string", default: "60" },
    pace: { type: "string", default: "0.4" },
    seed: { type: "string", default: `${Date.now() % 1_000_000}` },
    program: { type: "string" },
    folder: { type: "string" },
  },
});
const minutes = Number(options.minutes);
const stretchMs = minutes * 20_000;
/** Processes of the stretches with kills live about so long, and are compared in its last third. */
const lifeMs = Math.max(20_000, stretchMs / 7);
const SAMPLE_MS = minutes >= 20 ? 5000 : 1000;
const CHURN_MS = 700, VISIT_MS = 15_000, PASSERS_MS = 80_000;

/** What may grow, in the stretch without a kill and across restarts. */
const ALLOWED: Record<"rssMiB" | "heapMiB" | "sockets" | "unexplained" | "series", Allowance> = {
  rssMiB: { share: 0.05, more: 6 },
  heapMiB: { share: 0.05, more: 4 },
  series: { share: 0, more: 20 },
  sockets: { share: 0, more: 4 },
  unexplained: { share: 0, more: 4 },
};
const ALLOWED_ACROSS = {
  rssMiB: { share: 0.1, more: 10 },
  heapMiB: { share: 0.1, more: 6 },
  series: { share: 0, more: 50 },
  sockets: { share: 0, more: 6 },
  unexplained: { share: 0, more: 6 },
};
/** In shorter stretches than this a heap has not found its size: memory is told, not judged. */
const JUDGED_MS = 600_000;
type Judged = keyof typeof ALLOWED;
const isJudged = (what: string) => !/MiB/.test(what) || stretchMs >= JUDGED_MS;
const JUDGED = Object.keys(ALLOWED) as Judged[];
/** Of a partition cut at 1.5 MB: two segments of 1 MiB more, and what is written until a check. */
const CUT_MIB = 6;
/** Of a compacted partition of 50 keys: what is written until it is cleaned. */
const COMPACTED_MIB = 10;

if (!hasConfluent) {
  console.error("confluent-kafka is needed: test/e2e/python/requirements.txt");
  Deno.exit(2);
}

const chance = new SeededRandom(Number(options.seed));
const random = () => chance.uint32() / 2 ** 32;
const folder = options.folder ?? Deno.makeTempDirSync({ prefix: "streamer-endurance-" });
const ledgers = `${folder}/ledgers`;
Deno.mkdirSync(ledgers, { recursive: true });
const data = [`${folder}/one`, `${folder}/two`];
const findings: string[] = [];

const broker = new KilledBroker({
  data: data.join(),
  random,
  program: options.program,
  // So few that their cache is full long before memory is judged.
  settings: { ...LOAD_SETTINGS, "max.incremental.fetch.session.cache.slots": "100" },
});
await broker.start();
const load = await MixedLoad.start({
  brokers: broker.brokers,
  folder: ledgers,
  pace: Number(options.pace),
  segmentBytes: 16_777_216,
  churnSeconds: 20,
});
const churn = new Churn(broker.port);
const began = performance.now();
const elapsedMs = () => performance.now() - began;

type Stretch = "kills" | "quiet" | "kills again";
interface Taken extends Sample, Figures {
  readonly stretch: Stretch;
  /** The process, by a number. */
  readonly life: number;
  readonly cutMiB: number;
  readonly compactedMiB: number;
}
const samples: Taken[] = [];
let [stretch, life, isOver, isEnding, visits, lastCpu] = [
  "kills" as Stretch,
  0,
  false,
  false,
  0,
  0,
];
const over = Promise.withResolvers<void>();
let lastSample = performance.now();
const quietVisits = { made: 0, failed: [] as string[] };

/** Does something again and again until all is over. */
async function every(ms: number, what: () => Promise<void>): Promise<void> {
  while (!isOver) {
    const start = performance.now();
    await what();
    const rest = Math.max(10, ms - (performance.now() - start));
    await Promise.race([pause(rest), over.promise]);
  }
}

const ping = new Ping(broker.port);
const chores = [
  every(CHURN_MS, () => churn.turn()),
  every(VISIT_MS, async () => {
    const before = stretch;
    try {
      await visit(broker.brokers, visits++);
    } catch (error) {
      if (before === "quiet" && stretch === "quiet") {
        findings.push(`visitor: ${`${error}`.slice(0, 500)}`);
      }
    }
    if (before === "quiet") quietVisits.made++;
  }),
  every(PASSERS_MS, () => load.replacePassers()),
  every(SAMPLE_MS, sample),
  every(60_000, async () => report()),
];

async function sample(): Promise<void> {
  if (isEnding) return;
  const pingMs = await ping.measure();
  const figures = await figuresAt(broker.metricsPort).catch(() => undefined);
  if (pingMs === undefined || figures === undefined || isEnding) return;
  const cpu = cpuSeconds(broker.pid);
  const { ageMs, pid } = broker;
  const now = performance.now();
  samples.push({
    stretch,
    life,
    age: Math.round(ageMs / 1000),
    ...lookAt(pid, data),
    ...figures,
    diskMiB: sizeBelow(data),
    pingMs,
    cpu: (cpu - lastCpu) / ((now - lastSample) / 1000),
    cutMiB: largest("cut"),
    compactedMiB: largest("compacted"),
  });
  [lastCpu, lastSample] = [cpu, now];
}

/** The larger of a topic's partitions, with what is about to be deleted. */
const largest = (topic: string) =>
  Math.max(
    ...[0, 1].map((index) => sizeBelow(data.map((dir) => `${dir}/${topic}-${index}`))),
  );

/** Findings that were printed already. */
const told = new Set<string>();

function report(): void {
  const last = samples.at(-1);
  if (!last) return;
  const pings = samples.slice(-60_000 / SAMPLE_MS).map(({ pingMs }) => pingMs);
  const cells = [
    `${(elapsedMs() / 60_000).toFixed(1).padStart(5)} min`,
    stretch.padEnd(11),
    `age ${last.age} s`.padEnd(10),
    `rss ${last.rssMiB.toFixed(0)} MiB, heap ${last.heapMiB.toFixed(0)}`,
    `${last.sockets} sockets, ${last.files} files (${last.unexplained} unexplained)`,
    `disk ${last.diskMiB.toFixed(0)} MiB`,
    `ping p99 ${quantile(pings, 0.99).toFixed(1)} ms`,
    `cpu ${(median(samples.slice(-12).map(({ cpu }) => cpu)) * 100).toFixed(0)} %`,
    `${load.acknowledged} by kafkajs`,
    `${churn.turns} turns`,
    `${Object.values(broker.counts).reduce((a, b) => a + b)} ends`,
  ];
  console.log(cells.join(" · "));
  const found = [...findings, ...churn.findings, ...broker.findings];
  for (const finding of found.filter((each) => !told.has(each))) {
    told.add(finding);
    console.log(`found: ${finding}`);
  }
}

async function untilElapsed(ms: number): Promise<void> {
  while (elapsedMs() < ms) await pause(Math.min(200, Math.max(1, ms - elapsedMs())));
}

/** Ends the broker again and again until the time. */
async function killUntil(ms: number): Promise<void> {
  for (;;) {
    const next = elapsedMs() + lifeMs;
    if (next > ms) break;
    await untilElapsed(next);
    isEnding = true;
    const way = drawWay(random);
    await broker.end(way);
    lastCpu = cpuSeconds(broker.pid);
    lastSample = performance.now();
    if (way !== "freeze") life++;
    isEnding = false;
    await load.untilProgress(`after ${way}`);
  }
  await untilElapsed(ms);
}

console.log(
  `seed ${options.seed}, ${minutes} minutes, ${folder}, streamer at ${broker.brokers} ` +
    `(pid ${broker.pid})`,
);
await killUntil(stretchMs);
// A fresh process begins the quiet stretch.
isEnding = true;
await broker.end("kill");
life++;
[lastCpu, lastSample, isEnding, stretch] = [0, performance.now(), false, "quiet"];
const interruptedBefore = churn.interrupted;
await untilElapsed(2 * stretchMs);
const interrupted = churn.interrupted - interruptedBefore;
if (interrupted > 1) findings.push(`${interrupted} turns were interrupted, and nobody was killed`);
stretch = "kills again";
await killUntil(3 * stretchMs);
await load.untilProgress("at the end");
isOver = true;
over.resolve();
await Promise.all(chores);
churn.close();
ping.close();
console.log(`${(elapsedMs() / 60_000).toFixed(1)} min: all comes to rest`);
const verdict = await load.stop();
await broker[Symbol.asyncDispose]();
findings.push(...verdict.findings, ...broker.findings, ...churn.findings);

// What is left on the disk after a clean stop.
const left = data.flatMap((dir) => [...Deno.readDirSync(dir)].map(({ name }) => name))
  .filter((name) => /-(?:delete|future|stray)$|^churn-/.test(name));
if (left.length > 10) findings.push(`${left.length} folders are left: ${left.slice(0, 5)}`);

const quiet = samples.filter((sample) => sample.stretch === "quiet");
const trends = Object.fromEntries(JUDGED.map((what) => {
  const trend = trendOf(quiet.map((sample) => sample[what]), ALLOWED[what]);
  if (!trend.isFlat && isJudged(what)) {
    findings.push(`not flat: ${what} in ${JSON.stringify(trend)}`);
  }
  return [what, trend];
}));

/** Processes at equal age: medians in the last third of a usual life. */
const ofAge = (sample: Taken) =>
  sample.age * 1000 >= lifeMs * 2 / 3 && sample.age * 1000 <= lifeMs * 1.05;
const lives = [...Map.groupBy(samples.filter(ofAge), (sample) => sample.life)].map(
  ([life, of]) => ({
    life,
    stretch: of[0].stretch,
    ...Object.fromEntries(
      JUDGED.map((what) => [what, median(of.map((sample) => sample[what]))]),
    ) as Record<Judged, number>,
  }),
);
const across = Object.fromEntries(JUDGED.map((what) => {
  const of = (which: Stretch) =>
    lives.filter((life) => life.stretch === which).map((life) => life[what]);
  const [first, last] = [median(of("kills")), median(of("kills again"))];
  const { share, more } = ALLOWED_ACROSS[what];
  const allowed = first + Math.abs(first) * share + more;
  if (!(last <= allowed) && isJudged(what)) {
    findings.push(`across restarts ${what} went from ${first} to ${last}`);
  }
  return [what, { first, last, allowed }];
}));

const most = (what: (sample: Taken) => number) =>
  samples.reduce((top, sample) => Math.max(top, what(sample)), 0);
const bounded = { cutMiB: most((s) => s.cutMiB), compactedMiB: most((s) => s.compactedMiB) };
if (bounded.cutMiB > CUT_MIB) findings.push(`retention left ${bounded.cutMiB} MiB`);
if (bounded.compactedMiB > COMPACTED_MIB) {
  findings.push(`cleaning left ${bounded.compactedMiB} MiB`);
}

const pings = quiet.map(({ pingMs }) => pingMs);
const round = (value: number) => Math.round(value * 10) / 10;
const summary = {
  minutes: round(elapsedMs() / 60_000),
  seed: Number(options.seed),
  findings,
  ends: broker.counts,
  startsMs: { median: median(broker.starts), longest: Math.max(...broker.starts) },
  producers: verdict.producers,
  groups: verdict.groups,
  records: verdict.records,
  offsets: verdict.offsets,
  turns: { made: churn.turns, interrupted: churn.interrupted },
  visits: { made: visits, quiet: quietVisits.made },
  quiet: {
    samples: quiet.length,
    trends,
    pingMs: {
      p50: round(quantile(pings, 0.5)),
      p99: round(quantile(pings, 0.99)),
      max: round(Math.max(...pings)),
    },
    cpu: round(median(quiet.map(({ cpu }) => cpu))),
    lagMs: round(quiet.at(-1)!.lagMs),
    last: quiet.at(-1),
  },
  lives,
  across,
  most: {
    rssMiB: round(most((s) => s.rssMiB)),
    diskMiB: round(most((s) => s.diskMiB)),
    ...bounded,
  },
};
console.log("\nproducers");
console.table(summary.producers);
console.log("groups");
console.table(summary.groups);
console.log("processes at equal age");
console.table(summary.lives);
console.log("trends without a kill (medians of six windows)");
for (const [what, { windows, gain, allowed, isFlat }] of Object.entries(trends)) {
  const told = windows.map((value) => value.toFixed(1)).join(" ");
  const judgement = isFlat ? "flat" : isJudged(what) ? "NOT FLAT" : "not judged in so short a time";
  console.log(
    `  ${what}: ${told}; gains ${gain.toFixed(1)} of ${allowed.toFixed(1)}: ${judgement}`,
  );
}
console.log(
  findings.length === 0
    ? "\nwhole and flat"
    : `\n${findings.length} findings\n${findings.join("\n")}`,
);
console.log(JSON.stringify(summary));
Deno.writeTextFileSync(`${folder}/samples.json`, JSON.stringify(samples));
if (findings.length === 0 && !options.folder) Deno.removeSync(folder, { recursive: true });
else console.log(`kept: ${folder}`);
Deno.exit(findings.length === 0 ? 0 : 1);
