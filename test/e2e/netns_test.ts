/** Hosts, links, clocks and disks of the tests' own do what the tests of clusters rely on. */
import { strictEqual } from "node:assert/strict";
import { APART, canRunApart, runApart } from "../kit/netns.ts";
import { testWith } from "../kit/skip.ts";

testWith(
  { needs: APART, available: canRunApart() },
  "Links are cut, one way, slow and lossy as told; clocks jump; a disk without power keeps the synced",
  async () => {
    const { code, printed } = await runApart("test/e2e/cluster/links.ts", [], {
      withinMs: 120_000,
    });
    strictEqual(code, 0, printed);
  },
);
