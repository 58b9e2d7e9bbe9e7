/**
 * How fast one partition's log is, without sockets: the checksum over blocks of each size, reads of
 * up to 1 MiB and appends for batches of each size, from the page cache.
 *
 *   deno run --allow-all test/bench/log.ts [CHECKOUT…] [--megabytes 64] [--rounds 5]
 *
 * Several checkouts are measured in turn in one process, so that a slow minute of the machine hits
 * all of them; without one it is this. Prints GB/s, each the best of the rounds. Nothing is
 * asserted: machines differ, and are noisy.
 */
import { parseArgs } from "node:util";
import { root } from "../kit/programs.ts";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    megabytes: { type: "string", default: "64" },
    rounds: { type: "string", default: "5" },
  },
});
const rounds = Number(options.rounds);
const total = Number(options.megabytes) * 1e6;
const checkouts = positionals.length > 0 ? positionals : [root];
const folder = Deno.makeTempDirSync({ prefix: "streamer-bench-" });

const sums = [64, 100, 256, 512, 1024, 2048, 4096, 16_384, 65_536, 1_048_576];
/** Records a batch, and bytes a record. */
const batches = [[1, 200], [1, 1000], [4, 1000], [16, 1000], [100, 10_000]];

type Row = Map<string, number>;
const table = new Map<string, Row>();
try {
  const measured = await Promise.all(checkouts.map(load));
  for (let round = 0; round < rounds; round++) {
    for (const [i, measure] of measured.entries()) {
      for (const [name, bytesPerMs] of measure(round)) {
        const row: Row = table.get(name) ?? new Map();
        table.set(name, row);
        row.set(checkouts[i], Math.max(row.get(checkouts[i]) ?? 0, bytesPerMs / 1e6));
      }
    }
  }
} finally {
  Deno.removeSync(folder, { recursive: true });
}
console.log(["GB/s".padEnd(28), ...checkouts].join("\t"));
for (const [name, row] of table) {
  const cells = checkouts.map((checkout) => row.get(checkout)!.toFixed(2));
  console.log([name.padEnd(28), ...cells].join("\t"));
}

/** A checkout's own code, whatever it is by now; only what is used here must be the same. */
async function load(checkout: string, index: number) {
  const from = (path: string) => import(new URL(path, `file://${checkout}/`).href);
  const { crc32c } = await from("src/bytes/mod.ts");
  const { openLog, batch, asClient, NOW } = await from("test/log/kit.ts");
  const { SimulatedClock } = await from("src/platform/memory/mod.ts");
  const { DenoDisk } = await from("src/platform/deno/mod.ts");
  const noise = new Uint8Array(2 ** 20);
  for (let at = 0; at < noise.length; at += 65_536) {
    crypto.getRandomValues(noise.subarray(at, at + 65_536));
  }

  return function* (round: number): Generator<[string, number]> {
    for (const size of sums) {
      const sumAll = () => {
        let at = 0;
        for (; at + size <= noise.length; at += size) crc32c(noise, at, at + size);
        return at;
      };
      const times = Math.ceil(total / noise.length);
      yield [`sum of ${size} B`, Math.max(...Array.from({ length: times }, () => speedOf(sumAll)))];
    }
    for (const [records, bytes] of batches) {
      const disk = below(`${folder}/${index}-${round}-${records}-${bytes}`, new DenoDisk());
      const log = openLog({ disk, clock: new SimulatedClock(NOW) }, {});
      const one = batch(Array.from({ length: records }, (_, i) => `${i} ${"x".repeat(bytes)}`));
      const copies = Array.from({ length: Math.ceil(total / one.length) }, () => one.slice());
      const append = speedOf(() => {
        for (const copy of copies) log.append(copy, asClient);
        return copies.length * one.length;
      });
      yield [`append of ${one.length} B batches`, append];
      const buffer = new Uint8Array(2 ** 21);
      const limits = { maxBytes: 2 ** 20, upTo: Infinity, atLeastOneBatch: true };
      const allocate = () => buffer;
      const read = () => {
        let offset = 0;
        let count = 0;
        while (offset < log.logEndOffset) {
          const { nextOffset, bytes } = log.read(offset, { ...limits, allocate });
          offset = nextOffset;
          count += bytes;
        }
        return count;
      };
      yield [`read of ${one.length} B batches`, Math.max(speedOf(read), speedOf(read))];
      log.abandon();
    }
  };
}

function speedOf(run: () => number): number {
  const began = performance.now();
  const bytes = run();
  return bytes / (performance.now() - began);
}

/** The disk, with the kit's folder somewhere else. */
function below(folder: string, disk: object): object {
  Deno.mkdirSync(folder);
  const moved = (argument: unknown) =>
    typeof argument === "string" && argument.startsWith("/data") ? folder + argument : argument;
  return new Proxy(disk, {
    get(target: Record<PropertyKey, unknown>, key) {
      const value = target[key];
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => value.apply(target, args.map(moved));
    },
  } as ProxyHandler<object>);
}
