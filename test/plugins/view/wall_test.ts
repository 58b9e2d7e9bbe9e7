import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { type Frame, frameOf } from "../../../plugins/view/frame.ts";
import { Newest } from "../../../plugins/view/newest.ts";
import { Wall } from "../../../plugins/view/wall.ts";
import { parseWhen } from "../../../plugins/view/when.ts";
import { jpeg } from "./viewer.ts";

const frame = (camera: string, offset: number, timestamp: number): Frame => ({
  ...{ camera, offset, timestamp, partition: 0, bytes: jpeg, contentType: "image/jpeg" },
  ...{ width: 64, height: 48 },
});

Deno.test("Only the newest picture of each camera waits, and cameras take turns", async () => {
  const waiting = new Newest<string>();
  waiting.offer("a", "a1");
  waiting.offer("b", "b1");
  waiting.offer("a", "a2");
  waiting.offer("a", "a3");
  deepStrictEqual([await waiting.next(), await waiting.next()], ["a3", "b1"]);
  strictEqual(waiting.skipped, 2);
  const next = waiting.next();
  waiting.offer("a", "a4");
  strictEqual(await next, "a4");
  const end = waiting.next();
  waiting.close();
  strictEqual(await end, undefined);
});

Deno.test("Beyond the bound the camera that has been silent longest makes room", () => {
  const wall = new Wall({ maxCameras: 3, silentAfterMs: 1000 });
  wall.offer(frame("a", 0, 0), 0);
  wall.offer(frame("b", 1, 100), 100);
  wall.offer(frame("c", 2, 4900), 4900);
  wall.offer(frame("d", 3, 5000), 5000);
  deepStrictEqual(wall.ids, ["b", "c", "d"]);
});

Deno.test("When no camera is silent a newcomer finds no room and is counted", () => {
  const wall = new Wall({ maxCameras: 2, silentAfterMs: 1000 });
  for (const [at, camera] of ["a", "b", "c"].entries()) wall.offer(frame(camera, at, at), at);
  deepStrictEqual(wall.ids, ["a", "b"]);
  strictEqual(wall.counts.camerasWithoutRoom, 1);
});

Deno.test("A camera that takes a picture a minute is not silent between them", () => {
  const wall = new Wall({ maxCameras: 2, silentAfterMs: 5000 });
  for (let minute = 0; minute < 4; minute++) {
    wall.offer(frame("slow", minute, minute * 60_000), minute * 60_000);
  }
  const [facts] = wall.facts(3 * 60_000 + 50_000);
  deepStrictEqual([facts.silent, facts.fps], [false, 0.02]);
  strictEqual(wall.facts(7 * 60_000)[0].silent, true);
});

Deno.test("A picture from before does not take the place of a newer one", () => {
  const wall = new Wall({ maxCameras: 2, silentAfterMs: 5000 });
  wall.offer(frame("a", 7, 700), 700);
  wall.offerOld(frame("a", 6, 600), 800);
  strictEqual(wall.newest("a")!.offset, 7);
  // But live, a lower offset is a log that began anew.
  wall.offer(frame("a", 0, 900), 900);
  strictEqual(wall.newest("a")!.offset, 0);
});

Deno.test("The live reading shows nobody what the look at the log's end has shown; a log that begins anew counts", () => {
  const wall = new Wall({ maxCameras: 2, silentAfterMs: 1000 });
  const seen: number[] = [];
  wall.offerOld(frame("a", 2, 200), 250);
  wall.watch("a", { offer: (_, { offset }) => void seen.push(offset) });
  for (const offset of [0, 1, 2, 3]) wall.offer(frame("a", offset, offset * 100), 300);
  deepStrictEqual(seen, [2, 3]);
  wall.offer(frame("a", 0, 400), 400);
  deepStrictEqual(seen, [2, 3, 0]);
});

Deno.test("A picture does not keep the answer it was fetched in", () => {
  const answer = new Uint8Array(1_000_000);
  answer.set(jpeg, 5000);
  const value = answer.subarray(5000, 5000 + jpeg.length);
  const record = {
    topic: "t",
    partition: 0,
    offset: 0,
    timestamp: 0,
    key: null,
    headers: {},
    value,
  };
  const { bytes } = frameOf(record)!;
  strictEqual(bytes.buffer.byteLength, jpeg.length);
  deepStrictEqual(bytes, jpeg);
});

const NOON = new Date(2026, 1, 3, 12, 0, 0).getTime();
const times: [string, number | undefined][] = [
  ["-5m", NOON - 300_000],
  ["-1.5h", NOON - 5_400_000],
  ["-2d", NOON - 172_800_000],
  ["10:00", new Date(2026, 1, 3, 10).getTime()],
  ["9:05:30", new Date(2026, 1, 3, 9, 5, 30).getTime()],
  ["12:01", new Date(2026, 1, 2, 12, 1).getTime()], // not yet today: yesterday
  ["25:00", undefined],
  ["1770000000000", 1_770_000_000_000],
  ["2026-02-03", new Date(2026, 1, 3).getTime()],
  ["2026-02-03T10:00:00Z", Date.UTC(2026, 1, 3, 10)],
  ["2026-02-03T10:00:00+02:00", Date.UTC(2026, 1, 3, 8)],
  ["2026-02-03T10:00:00 02:00", Date.UTC(2026, 1, 3, 8)], // the plus was not escaped
  ["2026-02-03 10:00", new Date(2026, 1, 3, 10).getTime()],
  ["yesterday", undefined],
  ["5m", undefined],
  ["", undefined],
];

for (const [text, expected] of times) {
  Deno.test(`The time "${text}" is ${expected === undefined ? "none" : new Date(expected).toISOString()}`, () => {
    strictEqual(parseWhen(text, NOON), expected);
  });
}
