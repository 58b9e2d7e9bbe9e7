/**
 * Damages some files of a node that is down, as a failing disk would: a file is cut short, or some of
 * its bytes are others. Files of partitions only; the quorum's own log has its own tests
 * (`damage_test.ts`), and a node cannot vote with a log that forgot what it promised.
 */
import { walk } from "../../kit/walk.ts";

const WAYS = ["cut short", "overwritten", "emptied"] as const;
const FILES = /\/(?:kept|narrow|__consumer_offsets)-\d+\/\d{20}\.(?:log|index|timeindex)$/;

/**
 * Does it, and tells in words what was done. `which`: files of the newest segments, which a start after
 * a kill reads again, or also those behind the recovery point, which it believes.
 */
export function damage(logs: string, random: () => number, which: "newest" | "all"): string[] {
  const all = walk(logs).filter((path) => FILES.test(path)).sort();
  const baseOf = (path: string) => path.slice(0, path.lastIndexOf("."));
  const newest = new Map(all.map((path) => [path.slice(0, path.lastIndexOf("/")), baseOf(path)]));
  const files = all.filter((path) =>
    Deno.statSync(path).size > 0 &&
    (which === "all" || newest.get(path.slice(0, path.lastIndexOf("/"))) === baseOf(path))
  );
  const told: string[] = [];
  for (let count = 1 + Math.floor(random() * 4); count > 0 && files.length > 0; count--) {
    const [path] = files.splice(Math.floor(random() * files.length), 1);
    const way = WAYS[Math.floor(random() * WAYS.length)];
    const { size } = Deno.statSync(path);
    const at = Math.floor(random() * size);
    using file = Deno.openSync(path, { write: true });
    if (way !== "overwritten") file.truncateSync(way === "emptied" ? 0 : at);
    else {
      file.seekSync(at, Deno.SeekMode.Start);
      const length = Math.min(size - at, 1 + Math.floor(random() * 200));
      file.writeSync(Uint8Array.from({ length }, () => Math.floor(random() * 256)));
    }
    told.push(`${path.split("/").slice(-2).join("/")} ${way} at ${at} of ${size}`);
  }
  return told;
}
