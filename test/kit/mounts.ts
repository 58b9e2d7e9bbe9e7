/** Whether this machine lets us mount file systems of our own, in a namespace that nobody sees. */
import { spawnSync } from "node:child_process";

export function canMount(): boolean {
  return spawnSync("unshare", ["-m", "mount", "-t", "tmpfs", "none", "/mnt"]).status === 0;
}
