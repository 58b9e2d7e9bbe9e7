/** Data of cores that are not to run any more. */
import { match, throws } from "node:assert/strict";
import { leaveNoneBehind } from "../../../src/node/cores/left_behind.ts";
import { MemoryDisk } from "../../../src/platform/memory/mod.ts";

function diskWith(...folders: string[]): MemoryDisk {
  const disk = new MemoryDisk();
  for (const folder of folders) disk.makeDirectory(folder);
  return disk;
}

const hex = "0123456789abcdef".repeat(2);

Deno.test("What is not a partition of its own is left behind", () => {
  const disk = diskWith(
    "/a/orders-0",
    "/a/cores/2/orders-1",
    "/a/cores/3/__cluster_metadata-0",
    `/a/cores/3/orders-1.${hex}-delete`,
    `/a/cores/3/orders-2.${hex}-stray`,
    "/a/cores/others/orders-2",
    "/b",
  );
  leaveNoneBehind(disk, ["/a", "/b"], [1, 2]);
});

Deno.test("A partition of a core is not left behind, on whichever disk it is", () => {
  const disk = diskWith(
    "/a/cores/2/x-0",
    "/b/cores/12/orders-0",
    ...[1, 2, 3].map((i) => `/b/cores/12/orders-${i}`),
  );
  throws(() => leaveNoneBehind(disk, ["/a", "/b"], [1, 2]), ({ name, message }: Error) => {
    match(name, /ConfigError/);
    match(
      message,
      /^Cannot run without node 12: its partitions are in \/b\/cores\/12: orders-0, .*/,
    );
    match(message, /\(4 in all\)\. Start with --cores 12; .* streamer cluster drain 12$/);
    return true;
  });
});

Deno.test("Who has another node's folder is told so", () => {
  const disk = diskWith("/a/cores/2/x-0");
  throws(() => leaveNoneBehind(disk, ["/a"], [7, 8]), /--node-id 2, or .* node 7/);
});
