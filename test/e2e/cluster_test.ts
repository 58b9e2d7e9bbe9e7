/**
 * Real nodes on hosts of their own, under load of librdkafka, Java's client and kafkajs, while things
 * go wrong: nothing acknowledged is lost, doubled, torn or out of order, groups forget nothing, and
 * the cluster comes back by itself (`cluster/scenarios.ts`). What is polite fails no produce. Figures
 * are printed, those of a leader's loss beside Apache Kafka's (`cluster/failover.ts`).
 *
 * A short set by default. `STREAMER_CLUSTER_ROUNDS` plays all scenarios so many times, each round in
 * an order drawn from `SEED`, on three nodes and on five; `STREAMER_CLUSTER_MAKE=kafka` plays them on
 * Apache Kafka; `STREAMER_CLUSTER_KEEP` names a folder for logs and files after a finding.
 * `STREAMER_PROGRAM` says which executable (default the checkout's), `STREAMER_OLD_PROGRAM` an older
 * build that is rolled to it.
 */
import { strictEqual } from "node:assert/strict";
import { hasConfluent, javaVersions } from "../endurance/clients.ts";
import { MAKES } from "../kit/makes.ts";
import { APART, canRunApart, runApart } from "../kit/netns.ts";
import { testWith } from "../kit/skip.ts";

const SHORT = [
  "damaged-files",
  "kill-leader",
  "kill-controller",
  "pause-controller",
  "one-way",
  "slow-links",
  "rolling-restart",
  "clocks-apart",
  "damaged-old-files",
  "full-disk",
  "disk-replaced",
  "power-loss",
];
/** Three voters and two brokers that joined one of them. */
const FIVE = ["--nodes", "nnnbb", "--grows"];
const SHORT_OF_FIVE = ["kill-leader", "full-disk-follower", "members-change"];
const MINUTES_A_ROUND = 15;

const rounds = Number(Deno.env.get("STREAMER_CLUSTER_ROUNDS") ?? 0);
const seed = Deno.env.get("SEED") ?? `${Date.now() % 1_000_000}`;
const make = Deno.env.get("STREAMER_CLUSTER_MAKE") ?? "streamer";
const keep = Deno.env.get("STREAMER_CLUSTER_KEEP");
const old = Deno.env.get("STREAMER_OLD_PROGRAM");

const needs = `${APART}, confluent-kafka and Java's clients`;
const available = canRunApart() && hasConfluent && javaVersions.length > 0;

/** Plays what is named, prints the figures, and fails with all that was told when there is a finding. */
async function play(args: readonly string[], withinMs: number): Promise<void> {
  console.log(`seed ${seed}`);
  const given = ["--seed", seed, "--make", make, ...keep ? ["--keep", keep] : []];
  const { code, printed } = await runApart("test/e2e/cluster/run.ts", [...given, ...args], {
    withinMs,
  });
  console.log(printed.split("\n").filter((line) => line.startsWith("figure:")).join("\n"));
  strictEqual(code, 0, printed);
}

const all = ["--rounds", `${rounds}`];
const withinMs = Math.max(1, rounds) * MINUTES_A_ROUND * 60_000;

testWith(
  { needs, available },
  "A cluster of three loses nothing while nodes die, hang, part, and lose power",
  () => play(rounds > 0 ? all : SHORT, withinMs),
);

if (make === "streamer") {
  testWith(
    { needs, available },
    "A cluster of five that grew loses nothing while nodes come, go, and die",
    () => play([...FIVE, ...rounds > 0 ? all : SHORT_OF_FIVE], withinMs),
  );

  testWith(
    { needs, available },
    "A cluster of an older metadata.version is restarted and upgraded without a failed produce",
    () => play(["--release", "3.9", "feature-upgrade"], withinMs),
  );

  // Not in each run: nobody has an older build at hand.
  if (old !== undefined) {
    testWith(
      { needs, available },
      "Nodes of an older build are rolled to this one without a failed produce",
      () => play(["--old", old, "rolling-upgrade"], withinMs),
    );
  }
}

testWith(
  { needs, available },
  "A leader that dies is followed by another, as clients see it, on either make",
  async () => {
    for (const name of Object.keys(MAKES)) {
      const args = ["--make", name, "--seed", seed, "--rounds", `${Math.max(1, rounds)}`];
      const what = rounds > 0 ? [] : ["--faults", "kill", "--whom", "leader"];
      const { code, printed } = await runApart("test/e2e/cluster/failover.ts", [...args, ...what], {
        withinMs,
      });
      strictEqual(code, 0, printed);
      console.log(printed.split("\n").filter((line) => line.startsWith(`${name},`)).join("\n"));
    }
  },
);
