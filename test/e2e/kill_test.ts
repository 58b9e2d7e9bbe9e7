/**
 * kill -9 in the middle of everything, many times: while it serves, starts, stops, or is frozen.
 * Clients of several makes produce and consume (`test/endurance/load.ts`), each keeping a ledger of
 * what it was told, which must be whole at the end (`test/endurance/checks.ts` says what that is).
 * The data lies in two log directories.
 *
 * `STREAMER_KILL_ROUNDS` sets how many times (default 12), `SEED` the ways and moments,
 * `STREAMER_PROGRAM` which executable (default the checkout's).
 */
import { deepStrictEqual } from "node:assert/strict";
import { SeededRandom } from "../../src/platform/memory/mod.ts";
import { hasConfluent, javaVersions } from "../endurance/clients.ts";
import { drawWay, KilledBroker } from "../endurance/killed_broker.ts";
import { LOAD_SETTINGS, MixedLoad } from "../endurance/load.ts";
import { TemporaryFolder } from "../kit/folders.ts";
import { pause } from "../kit/programs.ts";
import { testWith } from "../kit/skip.ts";

const rounds = Number(Deno.env.get("STREAMER_KILL_ROUNDS") ?? 12);

testWith(
  {
    needs: "confluent-kafka and Java's clients",
    available: hasConfluent && javaVersions.length > 0,
  },
  "kill -9 loses nothing acknowledged, doubles nothing, keeps the order, and no group forgets",
  async () => {
    using folder = new TemporaryFolder();
    const ledgers = `${folder.path}/ledgers`;
    Deno.mkdirSync(ledgers);
    const seed = Number(Deno.env.get("SEED") ?? Date.now() % 1_000_000);
    const chance = new SeededRandom(seed);
    const random = () => chance.uint32() / 2 ** 32;
    await using broker = new KilledBroker({
      data: `${folder.path}/one,${folder.path}/two`,
      random,
      settings: LOAD_SETTINGS,
      program: Deno.env.get("STREAMER_PROGRAM"),
    });
    await broker.start();
    await using load = await MixedLoad.start({
      brokers: broker.brokers,
      folder: ledgers,
      pace: 1,
      segmentBytes: 1_048_576, // so that kills meet rolls
      churnSeconds: 6,
    });
    console.log(`seed ${seed}, ${rounds} rounds`);
    for (let round = 1; round <= rounds; round++) {
      await load.untilProgress(`before round ${round}`);
      // Now and then so long that groups find each other again.
      await pause(random() < 0.1 ? 3000 + random() * 5000 : random() * 1500);
      await broker.end(drawWay(random));
      if (round % 25 === 0) console.log(`${round} rounds: ${JSON.stringify(broker.counts)}`);
    }
    await load.untilProgress("at the end");
    const verdict = await load.stop();
    const starts = broker.starts.sort((a, b) => a - b);
    const told = { median: starts[starts.length >> 1], longest: starts.at(-1) };
    const findings = [...verdict.findings, ...broker.findings];
    const summary = { ...broker.counts, startsMs: told, ...verdict, findings: findings.length };
    console.log(JSON.stringify(summary, undefined, 1).replaceAll(/\n {2,}/g, " "));
    deepStrictEqual(findings, []);
  },
);
