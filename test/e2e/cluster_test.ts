/**
 * Three real nodes on hosts of their own, under load of librdkafka, Java's client and kafkajs, while
 * things go wrong: nothing acknowledged is lost, doubled, torn or out of order, groups forget nothing,
 * and the cluster comes back by itself (`cluster/scenarios.ts`). Figures are printed.
 *
 * A short set by default. `STREAMER_CLUSTER_ROUNDS` plays all scenarios so many times, each round in
 * an order drawn from `SEED`; `STREAMER_CLUSTER_MAKE=kafka` plays them on Apache Kafka;
 * `STREAMER_CLUSTER_KEEP` names a folder for logs and files after a finding. `STREAMER_PROGRAM` says
 * which executable (default the checkout's).
 */
import { strictEqual } from "node:assert/strict";
import { hasConfluent, javaVersions } from "../endurance/clients.ts";
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
  "power-loss",
];
const MINUTES_A_ROUND = 12;

const rounds = Number(Deno.env.get("STREAMER_CLUSTER_ROUNDS") ?? 0);
const seed = Deno.env.get("SEED") ?? `${Date.now() % 1_000_000}`;
const make = Deno.env.get("STREAMER_CLUSTER_MAKE") ?? "streamer";
const keep = Deno.env.get("STREAMER_CLUSTER_KEEP");

testWith(
  {
    needs: `${APART}, confluent-kafka and Java's clients`,
    available: canRunApart() && hasConfluent && javaVersions.length > 0,
  },
  "A cluster of three loses nothing while nodes die, hang, part, and lose power",
  async () => {
    console.log(`seed ${seed}`);
    const args = ["--seed", seed, "--make", make, ...keep ? ["--keep", keep] : []];
    const what = rounds > 0 ? ["--rounds", `${rounds}`] : SHORT;
    const withinMs = Math.max(1, rounds) * MINUTES_A_ROUND * 60_000;
    const { code, printed } = await runApart("test/e2e/cluster/run.ts", [...args, ...what], {
      withinMs,
    });
    console.log(printed.split("\n").filter((line) => line.startsWith("figure:")).join("\n"));
    strictEqual(code, 0, printed);
  },
);
