/** Rates and buckets as Apache Kafka's own classes work them out, over random histories. */
import { ok, strictEqual } from "node:assert/strict";
import { SampledRate, TokenBucket } from "../../src/base/mod.ts";
import { SeededRandom } from "../../src/platform/memory/mod.ts";
import { hasApacheKafka, peers, root, runProgram } from "../kit/programs.ts";
import { testWith } from "../kit/skip.ts";

const STEPS = 400;

interface History {
  kind: "rate" | "bucket";
  limit: number;
  windows: number;
  sizeMs: number;
  events: [now: number, amount: number][];
}

function histories(): History[] {
  const random = new SeededRandom(599);
  return Array.from({ length: 40 }, (_, index) => {
    let now = 1_000_000;
    const quietUpTo = [50, 400, 3000, 15_000][index % 4];
    return {
      kind: index % 2 === 0 ? "rate" : "bucket",
      limit: [1, 10, 2500, 0.5][random.int(4)],
      windows: [11, 1, 3][random.int(3)],
      sizeMs: [1000, 2000][random.int(2)],
      events: Array.from({ length: STEPS }, () => {
        now += random.int(quietUpTo);
        return [now, random.int(5000)];
      }),
    };
  });
}

function ours({ kind, limit, windows, sizeMs, events }: History): [value: number, ms: number][] {
  const rate = new SampledRate({ count: windows, sizeMs });
  const bucket = new TokenBucket(windows * sizeMs / 1000, limit, 0);
  return events.map(([now, amount]) => {
    if (kind === "rate") {
      rate.record(amount, now);
      return [rate.rate(now), rate.throttleMs(limit, now)];
    }
    bucket.draw(amount, limit, now);
    return [bucket.tokens(limit, now), bucket.throttleMs(limit, now)];
  });
}

testWith(
  { needs: "Apache Kafka and Java (shared/peers/kafka)", available: hasApacheKafka() },
  "Rates, buckets and the waits they ask for are those of Apache Kafka's own classes",
  async () => {
    const all = histories();
    const input = all.flatMap(({ kind, limit, windows, sizeMs, events }) => [
      `${kind} ${limit} ${windows} ${sizeMs}`,
      ...events.map(([now, amount]) => `${now} ${amount}`),
    ]);
    const { printed } = await runProgram(`${peers}/kafka`, [
      "java",
      "--source",
      "17",
      `${root}test/kit/KafkaQuotas.java`,
    ], { input: input.join("\n") });
    const theirs = printed.trim().split("\n").filter((line) => /^[-\d]/.test(line))
      .map((line) => line.split(" ").map(Number));
    strictEqual(theirs.length, all.length * STEPS);
    let at = 0;
    for (const history of all) {
      for (const [value, ms] of ours(history)) {
        const [theirValue, theirMs] = theirs[at];
        const near = (a: number, b: number, by: number) => Math.abs(a - b) <= by;
        const isNear = near(value, theirValue, 1e-6 * Math.abs(theirValue) + 1e-6) &&
          near(ms, theirMs, 1);
        ok(
          isNear,
          `${JSON.stringify({ ...history, events: 0 })} ${at % STEPS}: ` +
            `${value}, ${ms} ms; Apache Kafka ${theirValue}, ${theirMs} ms`,
        );
        at++;
      }
    }
  },
);
