import { deepStrictEqual, ok, rejects, strictEqual, throws } from "node:assert/strict";
import { BufferPool } from "../../src/net/buffers.ts";
import { ByteBudget } from "../../src/net/byte_budget.ts";
import { FrameError, FrameReader } from "../../src/net/frame_reader.ts";
import { concat, frameOf, ScriptedConnection } from "./scripted_connection.ts";

function readerOf(connection: ScriptedConnection, options: { budgetBytes?: number } = {}) {
  const pool = new BufferPool();
  const budget = new ByteBudget(options.budgetBytes ?? 16 * 1024 * 1024);
  const signal = new AbortController().signal;
  const frames = new FrameReader(connection, { pool, budget, maxFrameBytes: 4 << 20, signal });
  return { frames, pool, budget };
}

async function nextFrame(frames: FrameReader): Promise<Uint8Array | undefined> {
  for (let reads = 0; reads < 10_000; reads++) {
    const frame = frames.take();
    if (frame !== undefined) return frame;
    if (!(await frames.fill())) return undefined;
  }
  throw new Error("a frame of more than 10000 reads");
}

/**
 * Sizes around every edge: empty, the first buffer, its growth, the largest small frame, the pool's
 * sizes.
 */
const SIZES = [
  0,
  1,
  3,
  4,
  8187,
  8188,
  8189,
  20_000,
  65_531,
  65_532,
  65_533,
  131_072,
  131_073,
  1_000_100,
];

for (const step of [1 << 20, 65_536, 1000, 7]) {
  Deno.test(`Frames of all sizes are cut from a stream that comes ${step} bytes at a time`, async () => {
    const sizes = step < 1000 ? SIZES.filter((size) => size < 10_000) : SIZES;
    const stream = concat(...sizes.map((size, index) => frameOf(size, index + 1)));
    const pieces = [];
    for (let at = 0; at < stream.length; at += step) pieces.push(stream.subarray(at, at + step));
    const { frames, budget } = readerOf(new ScriptedConnection(...pieces));
    for (const [index, size] of sizes.entries()) {
      const frame = await nextFrame(frames);
      strictEqual(frame?.length, size);
      ok(frame.every((byte) => byte === index + 1));
      frames.release();
    }
    strictEqual(await nextFrame(frames), undefined);
    strictEqual(budget.used, 0);
  });
}

Deno.test("Small frames that came in one read are cut without another", async () => {
  const connection = new ScriptedConnection(concat(frameOf(10, 1), frameOf(10, 2), frameOf(10, 3)));
  const { frames } = readerOf(connection);
  for (let frame = 0; frame < 3; frame++) {
    ok(await nextFrame(frames));
    frames.release();
  }
  strictEqual(connection.reads, 1);
});

Deno.test("Reading ahead never writes over the frame that is being served", async () => {
  const sizes = [8000, 8000, 30_000, 60_000, 100, 70_000, 200_000, 5];
  const pieces = sizes.map((size, index) => frameOf(size, index + 1));
  const { frames } = readerOf(new ScriptedConnection(...pieces));
  for (const [index, size] of sizes.entries()) {
    const frame = await nextFrame(frames);
    frames.readAhead(() => {});
    await new Promise((resolve) => setTimeout(resolve, 0));
    strictEqual(frame?.length, size);
    ok(frame.every((byte) => byte === index + 1), `frame ${index} was written over`);
    frames.release();
  }
});

Deno.test("Reading ahead goes on until the other side has gone, behind whatever it said", async () => {
  const { frames, budget } = readerOf(
    new ScriptedConnection(frameOf(10, 1), frameOf(10, 2), frameOf(1_000_000, 3).subarray(0, 9)),
  );
  await frames.fill();
  const served = frames.take()!;
  const gone = Promise.withResolvers<void>();
  frames.readAhead(gone.resolve);
  await gone.promise;
  strictEqual(budget.used, 0, "nothing is kept for a frame that has to wait");
  ok(served.every((byte) => byte === 1));
  frames.release();
  ok(frames.take()!.every((byte) => byte === 2));
});

Deno.test("Reading ahead tells that the other side has gone", async () => {
  const { frames } = readerOf(new ScriptedConnection(frameOf(10, 1)));
  await nextFrame(frames);
  const ended = new Promise<void>((resolve) => frames.readAhead(resolve));
  await ended;
  ok(frames.hasEnded);
});

for (const size of [-1, -(2 ** 31), (4 << 20) + 1, 2 ** 31 - 1]) {
  Deno.test(`A frame that claims ${size} bytes is refused before anything is allocated`, async () => {
    const head = new Uint8Array(8);
    new DataView(head.buffer).setInt32(0, size);
    const { frames, budget } = readerOf(new ScriptedConnection(head));
    await frames.fill();
    throws(() => frames.take(), FrameError);
    await rejects(frames.fill(), FrameError);
    strictEqual(budget.used, 0);
  });
}

Deno.test("A large frame takes its bytes from the budget and gives them back", async () => {
  const { frames, budget, pool } = readerOf(new ScriptedConnection(frameOf(500_000, 1)));
  await nextFrame(frames);
  strictEqual(budget.used, 524_288);
  frames.release();
  strictEqual(budget.used, 0);
  strictEqual(pool.idleBytes, 524_288);
});

Deno.test("A frame that breaks off gives its bytes back when the reader is closed", async () => {
  const { frames, budget } = readerOf(
    new ScriptedConnection(frameOf(500_000, 1).subarray(0, 70_000)),
  );
  strictEqual(await nextFrame(frames), undefined);
  ok(budget.used > 0);
  frames.close();
  strictEqual(budget.used, 0);
});

Deno.test("A large frame waits until the budget has room", async () => {
  const { frames, budget } = readerOf(new ScriptedConnection(frameOf(500_000, 1)), {
    budgetBytes: 600_000,
  });
  ok(budget.tryTake(200_000));
  const frame = nextFrame(frames);
  await new Promise((resolve) => setTimeout(resolve, 0));
  ok(budget.isContended);
  budget.give(200_000);
  strictEqual((await frame)?.length, 500_000);
});

Deno.test("The budget serves in order of arrival, and whoever leaves the line holds nobody up", async () => {
  const budget = new ByteBudget(100);
  const impatient = new AbortController();
  const never = new AbortController().signal;
  ok(budget.tryTake(80));
  const order: string[] = [];
  const large = budget.take(90, impatient.signal).then((admitted) =>
    order.push(`large ${admitted}`)
  );
  const small = budget.take(20, never).then((admitted) => order.push(`small ${admitted}`));
  strictEqual(budget.tryTake(1), false); // nobody overtakes
  impatient.abort();
  await Promise.all([large, small]);
  deepStrictEqual(order, ["large false", "small true"]);
  strictEqual(budget.used, 100);
});

Deno.test("A request larger than the whole budget is admitted when it is alone", () => {
  const budget = new ByteBudget(100);
  ok(budget.tryTake(1000));
  strictEqual(budget.tryTake(1), false);
  budget.give(1000);
  ok(budget.tryTake(1));
});

Deno.test("The pool keeps no more than it is told to", () => {
  const pool = new BufferPool(256 * 1024);
  const buffers = [1, 2, 3].map(() => pool.take(100_000));
  for (const buffer of buffers) pool.give(buffer);
  strictEqual(pool.idleBytes, 256 * 1024);
  strictEqual(pool.take(131_072), buffers[1]);
});
