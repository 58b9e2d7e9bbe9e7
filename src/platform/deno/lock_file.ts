/**
 * A lock file that keeps out other processes of ours and Apache Kafka alike. There are two kinds of
 * locks on files, and neither knows the other: flock, which Deno has, and those of POSIX, which
 * Java takes. A database of `node:sqlite` in an exclusive transaction holds the second kind on a
 * range of bytes of its file, and Java wants all of them; the file stays as it is, since nothing is
 * written by the transaction. Both go with the process, however it ends.
 *
 * The locks of POSIX have a trap: they are let go of as soon as the process closes the file
 * anywhere, so nothing else may open it while it is held.
 */
import { DatabaseSync } from "node:sqlite";

/**
 * Where the system does not have the second kind (Windows), or the file system, the first one does.
 */
export function lockAgainstOthers(path: string): { release(): void } | "taken" {
  if (Deno.build.os === "windows") return { release: () => {} };
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path);
    database.exec("PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    const held = database;
    return { release: () => held.close() };
  } catch (error) {
    database?.close();
    if (/locked/.test((error as Error).message)) return "taken";
    return { release: () => {} };
  }
}

/**
 * The process that holds a lock of either kind on the file, as Linux tells it; this one only if no
 * other does.
 */
export function lockOwner(path: string): number | undefined {
  if (Deno.build.os !== "linux") return undefined;
  try {
    const { ino } = Deno.statSync(path);
    let isOurs = false;
    for (const line of Deno.readTextFileSync("/proc/locks").split("\n")) {
      const [, , , , pid, file] = line.split(/\s+/);
      if (file?.split(":")[2] !== `${ino}`) continue;
      if (Number(pid) === Deno.pid) isOurs = true;
      else if (Number(pid) > 0) return Number(pid);
    }
    if (isOurs) return Deno.pid; // to look into the file would let go of the lock
  } catch {
    // There is no such thing here, or the file is gone.
  }
  return undefined;
}
