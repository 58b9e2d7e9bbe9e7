/**
 * A disk that changes what it has, or loses it: files of partitions, of any age. The quorum's own log
 * is left alone, since a voter with less than it has promised is another matter. No log loses its
 * first segment as a whole: a start can't tell that from a deletion by retention, and misses nothing.
 */
import type { MemoryDisk, SeededRandom } from "../../../src/platform/memory/mod.ts";
import type { Machine } from "./machine.ts";
import type { World } from "./world.ts";

const FILES = /\/(?!__cluster_metadata)[^/]+-\d+\/\d{20}\.(log|index|timeindex)$/;
/** Whose disk it was, in each world: what another one's lacked as well could be nowhere. */
const damaged = new WeakMap<World, Machine>();

/**
 * Whether the others have all of it and the controller knows that this one is gone, as the newest
 * metadata has it: nobody is going to rely on this one's word for what it has.
 */
export function mayBeDamaged(machine: Machine, world: World): boolean {
  const { nodeId } = machine;
  if (machine.isAlive || (damaged.get(world) ?? machine) !== machine) return false;
  for (const { partitions } of world.image.topics.values()) {
    for (const { replicas, isr, leader } of partitions) {
      const others = replicas.filter((id) => id !== nodeId);
      const hasAll = others.length > 0 && others.every((id) => isr.includes(id));
      if (replicas.includes(nodeId) && !(hasAll && leader >= 0 && !isr.includes(nodeId))) {
        return false;
      }
    }
  }
  damaged.set(world, machine);
  return true;
}

const foldersIn = (disk: MemoryDisk, folder: string): string[] =>
  disk.list(folder).filter(({ isDirectory }) => isDirectory).map(({ name }) => `${folder}/${name}`);

function isFirstSegment(disk: MemoryDisk, path: string): boolean {
  const slash = path.lastIndexOf("/");
  const logs = disk.list(path.slice(0, slash)).map(({ name }) => name)
    .filter((name) => name.endsWith(".log"));
  return logs.sort()[0] === path.slice(slash + 1);
}

/** Does it, and tells in words what was done. */
export function damageFiles(machine: Machine, random: SeededRandom): string[] {
  return machine.inspect((disk) => {
    const told: string[] = [];
    const files = machine.dataFolders.filter((folder) => disk.exists(folder))
      .flatMap((folder) => foldersIn(disk, folder))
      .flatMap((folder) => disk.list(folder).map(({ name }) => `${folder}/${name}`))
      .filter((path) => FILES.test(path) && disk.stat(path).size > 0);
    for (let count = 1 + random.int(3); count > 0 && files.length > 0; count--) {
      const [path] = files.splice(random.int(files.length), 1);
      const { size } = disk.stat(path);
      const at = random.int(size);
      const ways = ["one bit of", "some bytes of", "the end of", "all of"];
      const way = random.pick(isFirstSegment(disk, path) ? ways.slice(0, 3) : ways);
      told.push(`its disk loses ${way} ${path} at ${at} of ${size}`);
      if (way === "all of") {
        disk.remove(path);
        disk.syncDirectory(path.slice(0, path.lastIndexOf("/")));
        continue;
      }
      const file = disk.open(path, "write");
      if (way === "the end of") file.truncate(at);
      else {
        const bytes = new Uint8Array(
          way === "one bit of" ? 1 : Math.min(size - at, 1 + random.int(99)),
        );
        file.read(bytes, at);
        if (way === "one bit of") bytes[0] ^= 1 << random.int(8);
        else bytes.forEach((_, i) => bytes[i] = random.int(256));
        file.write(bytes, at);
      }
      file.syncNow();
      file.close();
    }
    return told;
  });
}
