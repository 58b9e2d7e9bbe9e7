/** What is set aside for a full disk, where it is not as it was meant to be. */
import { ok, strictEqual } from "node:assert/strict";
import { SpaceReserve } from "../../src/log/space_reserve.ts";
import { MemoryDisk, SeededRandom } from "../../src/platform/memory/mod.ts";

const FOLDER = "/data";
const PATH = `${FOLDER}/.reserve`;

function reserveOn(disk: MemoryDisk, wantedBytes: number): SpaceReserve {
  return new SpaceReserve({ disk, random: new SeededRandom(1), folder: FOLDER, wantedBytes });
}

function newDisk(): MemoryDisk {
  const disk = new MemoryDisk();
  disk.makeDirectory(FOLDER);
  return disk;
}

Deno.test("A reserve that is no longer wanted is given up to its end, and then there is none", () => {
  const disk = newDisk();
  reserveOn(disk, 1 << 20).fill();
  strictEqual(disk.stat(PATH).size, 1 << 20);
  const reserve = reserveOn(disk, 0);
  let slices = 0;
  while (slices < 100 && reserve.giveUpSlice()) slices++;
  ok(slices < 100, "it does not come to an end");
  strictEqual(disk.stat(PATH).size, 0);
});

Deno.test("A disk without room for so much as the reserve's name has no reserve, and no fault", () => {
  const disk = newDisk();
  const reserve = reserveOn(disk, 1 << 20);
  disk.isFull = () => true;
  strictEqual(reserve.fill(), false);
  strictEqual(reserve.giveUpSlice(), false);
  disk.isFull = undefined;
  strictEqual(reserve.fill(), true);
});
