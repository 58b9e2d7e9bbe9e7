import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import camera from "../../../plugins/camera/mod.ts";
import type { CameraOptions } from "../../../plugins/camera/options.ts";
import { type OutgoingRecord, z } from "../../../mod.ts";
import { FakeClient, fakeContext } from "../../kit/fake_client.ts";

const schema = typeof camera.options === "function" ? camera.options(z) : camera.options;

async function take(given: Partial<CameraOptions>, count: number) {
  const stop = new AbortController();
  const context = fakeContext(new FakeClient(), stop.signal);
  const records: OutgoingRecord[] = [];
  const options = schema.parse(given) as unknown as CameraOptions;
  for await (const record of camera.run(options, context)) {
    if (records.push(record) === count) stop.abort();
  }
  return { records, context };
}

Deno.test("A picture's record says whose it is, what it is and when it was taken", async () => {
  const before = Date.now();
  const { records } = await take({ source: "test-pattern", cameraId: "garden", fps: 100 }, 3);
  strictEqual(records.length, 3);
  records.forEach((record, at) => {
    const headers = record.headers as Record<string, string>;
    strictEqual(record.key, "garden");
    strictEqual(headers["content-type"], "image/jpeg");
    deepStrictEqual([headers.width, headers.height], ["640", "480"]);
    strictEqual(headers.frame, String(at + 1));
    strictEqual(Number(headers["captured-at"]), record.timestamp);
    ok(record.timestamp! >= before && record.timestamp! <= Date.now());
  });
});

Deno.test("The camera tells how it goes", async () => {
  const { context } = await take({ source: "test-pattern", cameraId: "garden", format: "png" }, 2);
  const { camera, source, frames, tooLarge } = context.facts;
  deepStrictEqual({ camera, source, frames, tooLarge }, {
    camera: "garden",
    source: "test-pattern",
    frames: 2,
    tooLarge: 0,
  });
});

Deno.test("A picture pattern beyond --max-frame-bytes is counted", async () => {
  const stop = new AbortController();
  const context = fakeContext(new FakeClient(), stop.signal);
  setTimeout(() => stop.abort(), 100);
  const options = schema.parse({ source: "test-pattern", maxFrameBytes: 1000 });
  const records = [];
  for await (const one of camera.run(options as unknown as CameraOptions, context)) {
    records.push(one);
  }
  strictEqual(records.length, 0);
  ok(Number(context.facts.tooLarge) >= 1);
  const warnings = context.lines.filter(({ event }) => event === "pictures too large are dropped");
  strictEqual(warnings.length, 1);
});

const refused: [Record<string, unknown>, RegExp][] = [
  [{ source: "webcam" }, /one of auto, rpicam/],
  [{ width: 3 }, />=16/],
  [{ format: "gif" }, /jpeg.*png/],
];

for (const [options, reason] of refused) {
  Deno.test(`The camera refuses ${JSON.stringify(options)}`, () => {
    const result = schema.safeParse(options);
    ok(!result.success && reason.test(result.error.message), JSON.stringify(result));
  });
}
