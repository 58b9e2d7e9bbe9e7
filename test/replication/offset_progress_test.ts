import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { OffsetProgress } from "../../src/replication/offset_progress.ts";

Deno.test("Who asks for what is reached already does not wait", () => {
  const progress = new OffsetProgress(10);
  strictEqual(progress.reaches(10), undefined);
  ok(progress.reaches(11) instanceof Promise);
});

Deno.test("Those who wait are released in order of their offsets, whatever order they came in", async () => {
  const progress = new OffsetProgress(0);
  const released: number[] = [];
  for (const end of [5, 3, 5, 9, 4]) void progress.reaches(end)?.then(() => released.push(end));
  progress.advance(4);
  await Promise.resolve();
  deepStrictEqual(released, [3, 4]);
  progress.advance(5);
  await Promise.resolve();
  deepStrictEqual(released, [3, 4, 5, 5]);
  strictEqual(progress.waiting, 1);
});

Deno.test("It never goes back", () => {
  const progress = new OffsetProgress(10);
  strictEqual(progress.advance(9), false);
  strictEqual(progress.value, 10);
});

Deno.test("A failure refuses those who wait and those who come, until it is over", async () => {
  const progress = new OffsetProgress(0);
  const waiting = progress.reaches(1)!;
  progress.fail(new Error("the disk is gone"));
  await rejects(waiting, /disk is gone/);
  await rejects(progress.reaches(1)!, /disk is gone/);
  progress.recover();
  progress.advance(1);
  strictEqual(progress.reaches(1), undefined);
});
