/** Leader epochs that are built of the batches again. */
import { deepStrictEqual } from "node:assert/strict";
import { EpochCheck } from "../../src/log/epoch_check.ts";
import { LeaderEpochs } from "../../src/log/leader_epochs.ts";
import { MemoryDisk } from "../../src/platform/memory/mod.ts";

Deno.test("On a full disk epochs are right in memory, and on disk before the next append", () => {
  const disk = new MemoryDisk();
  disk.makeDirectory("/log");
  const path = "/log/leader-epoch-checkpoint";
  const epochs = new LeaderEpochs(disk, path);
  epochs.assign(7, 0);
  const check = new EpochCheck({
    epochs,
    batchAt: (offset) => ({ epoch: offset < 5 ? 2 : 3, baseOffset: offset, lastOffset: offset }),
    range: () => ({ from: 0, to: 10 }),
    onWrong: () => {},
  });
  disk.isFull = () => true;
  check.mend("by hand");
  const right = [{ epoch: 2, startOffset: 0 }, { epoch: 3, startOffset: 5 }];
  deepStrictEqual(epochs.entries, right);
  disk.isFull = undefined;
  epochs.assign(3, 10);
  deepStrictEqual(new LeaderEpochs(disk, path).entries, right);
});
