/** How a log directory is opened: bit by bit, telling how far it is, and given up on demand. */
import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { topicId } from "../../src/base/mod.ts";
import { type OpeningProgress, openLogDirectory } from "../../src/log/mod.ts";
import type { Clock } from "../../src/platform/mod.ts";
import {
  asClient,
  batch,
  brokerConfig,
  open,
  TOPIC_ID,
  topicConfig,
  values,
  type World,
  world,
} from "./kit.ts";

const PARTITIONS = 40;

/** Partitions with records, after a clean stop or none. */
async function filled({ isClean }: { isClean: boolean }): Promise<World> {
  const w = world();
  const directory = await open(w);
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const log = directory.create({ topic: "orders", partition }, TOPIC_ID, topicConfig());
    log.append(batch([`v${partition}`, "x".repeat(10_000)]), asClient);
  }
  await directory.close();
  if (!isClean) w.disk.remove("/data/.kafka_cleanshutdown");
  if (!isClean) w.disk.remove("/data/recovery-point-offset-checkpoint");
  return w;
}

/** Each look at the clock is 30 ms after the last one; sleeping takes no time. */
function hurryingClock({ clock }: World): Clock & { turns: number } {
  let elapsed = 0;
  return {
    turns: 0,
    now: () => clock.now(),
    monotonic: () => elapsed += 30,
    after: (delayMs, run) => clock.after(delayMs, run),
    sleep() {
      this.turns++;
      return Promise.resolve();
    },
  };
}

function opening(w: World, options: {
  signal?: AbortSignal;
  onProgress?: (progress: OpeningProgress) => void;
  lines?: string[];
}) {
  const clock = hurryingClock(w);
  return openLogDirectory({
    ...w,
    clock,
    path: "/data",
    nodeId: 1,
    brokerConfig: brokerConfig(),
    log: (_, event, fields) => options.lines?.push(`${event} ${JSON.stringify(fields)}`),
    ...options,
  });
}

for (const isClean of [true, false]) {
  const before = isClean ? "a clean stop" : "a crash";
  Deno.test(`After ${before} an opening tells how far it is, up to its end`, async () => {
    const w = await filled({ isClean });
    const told: OpeningProgress[] = [];
    const lines: string[] = [];
    const directory = await opening(w, { onProgress: (progress) => told.push(progress), lines });
    const last = told.at(-1)!;
    deepStrictEqual([last.partitions, last.ofPartitions], [PARTITIONS, PARTITIONS]);
    strictEqual(last.bytes, last.ofBytes);
    ok(isClean ? last.ofBytes === 0 : last.ofBytes > PARTITIONS * 10_000);
    for (let i = 1; i < told.length; i++) ok(told[i].partitions >= told[i - 1].partitions);
    ok(lines.some((line) => /^opening log directory .*"partitions":"\d+\/40"/.test(line)));
    await directory.close();
  });

  Deno.test(`After ${before} an opening that is given up loses nothing`, async () => {
    const w = await filled({ isClean });
    const stop = new AbortController();
    const reason = new Error("enough");
    const onProgress = ({ partitions }: OpeningProgress) => {
      if (partitions === PARTITIONS / 2) stop.abort(reason);
    };
    await rejects(opening(w, { signal: stop.signal, onProgress }), (error) => error === reason);
    const directory = await open(w); // the lock is free again
    strictEqual(directory.wasCleanShutdown, isClean);
    const logs = [...directory.partitions()];
    strictEqual(logs.length, PARTITIONS);
    for (const log of logs) strictEqual(values(log)[0], `v${log.topicPartition.partition}`);
    await directory.close();
  });
}

Deno.test("What must be mended ends a clean directory's being clean, before anything is changed", async () => {
  const w = await filled({ isClean: true });
  w.disk.remove("/data/orders-7/00000000000000000000.index");
  w.disk.onOperation = (operation, path) =>
    operation === "write" && path.includes("/orders-7/") ? "not now" : undefined;
  let seen: boolean | undefined;
  await open(w, {
    log: (_, event) => {
      if (event === "log must be read again") {
        seen = w.disk.exists("/data/.kafka_cleanshutdown");
      }
    },
  }).then((directory) => directory.release(), () => {});
  strictEqual(seen, false);
});

Deno.test("Deleted partitions that were left are removed when all is open", async () => {
  const w = await filled({ isClean: true });
  const doomed = `/data/orders-3.${"0".repeat(32)}-delete`;
  w.disk.rename("/data/orders-3", doomed);
  const directory = await open(w);
  strictEqual(w.disk.exists(doomed), false);
  strictEqual(directory.get({ topic: "orders", partition: 3 }), undefined);
  const other = topicId("AAAAAAAAAAAAAAAAAAAAAQ");
  strictEqual(
    directory.create({ topic: "orders", partition: 3 }, other, topicConfig()).topicId,
    other,
  );
  await directory.close();
});

Deno.test("One large partition is read bit by bit, and may be given up in the middle", async () => {
  const w = world();
  const first = await open(w);
  const log = first.create({ topic: "large", partition: 0 }, TOPIC_ID, topicConfig());
  for (let i = 0; i < 30; i++) log.append(batch([`v${i} ${"x".repeat(900_000)}`]), asClient);
  await first.close();
  w.disk.remove("/data/.kafka_cleanshutdown");
  w.disk.remove("/data/recovery-point-offset-checkpoint");
  const stop = new AbortController();
  const told: number[] = [];
  const onProgress = ({ bytes }: OpeningProgress) => {
    told.push(bytes);
    if (bytes > 10_000_000) stop.abort(new Error("enough"));
  };
  await rejects(opening(w, { signal: stop.signal, onProgress }), /enough/);
  ok(told.filter((bytes) => bytes > 0).length > 1, `${told}`);
  ok(told.at(-1)! < 20_000_000, `${told}`);
  const again = await opening(w, {});
  strictEqual([...again.partitions()][0].logEndOffset, 30);
  await again.close();
});
