/**
 * Damages some files of a node that is down, as a failing disk would: a file is cut short or gone, or
 * some of its bytes are others. Files of partitions only; the quorum's own log has its own tests
 * (`damage_test.ts`), and a node cannot vote with a log that forgot what it promised. No log loses its
 * first segment as a whole: a start can't tell that from a deletion by retention, and misses nothing.
 */
import { walk } from "../../kit/walk.ts";

const WAYS = ["cut short", "overwritten", "emptied", "one bit changed", "removed"] as const;
const FILES = /\/(?:kept|narrow|__consumer_offsets)-\d+\/\d{20}\.(?:log|index|timeindex)$/;

/**
 * Does it, and tells in words what was done. `which`: files of the newest segments, which a start after
 * a kill reads again, or also those behind the recovery point, which it believes.
 */
export function damage(logs: string, random: () => number, which: "newest" | "all"): string[] {
  const all = walk(logs).filter((path) => FILES.test(path)).sort();
  const baseOf = (path: string) => path.slice(0, path.lastIndexOf("."));
  const folderOf = (path: string) => path.slice(0, path.lastIndexOf("/"));
  const newest = new Map(all.map((path) => [folderOf(path), baseOf(path)]));
  const files = all.filter((path) =>
    Deno.statSync(path).size > 0 &&
    (which === "all" || newest.get(folderOf(path)) === baseOf(path))
  );
  const told: string[] = [];
  for (let count = 1 + Math.floor(random() * 4); count > 0 && files.length > 0; count--) {
    const [path] = files.splice(Math.floor(random() * files.length), 1);
    const isFirst = all.find((other) =>
      folderOf(other) === folderOf(path) &&
      other.endsWith(".log")
    ) === path;
    const ways = which === "newest" ? WAYS.slice(0, 3) : isFirst ? WAYS.slice(0, 4) : WAYS;
    const way = ways[Math.floor(random() * ways.length)];
    const { size } = Deno.statSync(path);
    const at = Math.floor(random() * size);
    if (way === "removed") Deno.removeSync(path);
    else change(path, way, { at, size, random });
    told.push(`${path.split("/").slice(-2).join("/")} ${way} at ${at} of ${size}`);
  }
  return told;
}

function change(
  path: string,
  way: (typeof WAYS)[number],
  { at, size, random }: { at: number; size: number; random: () => number },
): void {
  using file = Deno.openSync(path, { read: true, write: true });
  if (way === "cut short" || way === "emptied") {
    return file.truncateSync(way === "emptied" ? 0 : at);
  }
  const bytes = new Uint8Array(way === "overwritten" ? Math.min(size - at, 1 + random() * 200) : 1);
  file.seekSync(at, Deno.SeekMode.Start);
  file.readSync(bytes);
  if (way === "overwritten") bytes.forEach((_, i) => bytes[i] = random() * 256);
  else bytes[0] ^= 1 << Math.floor(random() * 8);
  file.seekSync(at, Deno.SeekMode.Start);
  file.writeSync(bytes);
}
