import { strictEqual } from "node:assert/strict";
import {
  formatDuration,
  formatSize,
  parseDuration,
  parseSize,
  parseTime,
} from "../../src/base/quantity.ts";
import { nearest } from "../../src/base/nearest.ts";

const durations: [string, number | undefined][] = [
  ["250", 250],
  ["250ms", 250],
  ["5s", 5000],
  ["1.5m", 90_000],
  ["1h30m", 5_400_000],
  ["2d", 172_800_000],
  ["5 s", undefined],
  ["-5s", undefined],
  ["s", undefined],
  ["", undefined],
];
for (const [text, ms] of durations) {
  Deno.test(`The duration "${text}" is ${ms} ms`, () => strictEqual(parseDuration(text), ms));
}

const sizes: [string, number | undefined][] = [
  ["512", 512],
  ["64KiB", 65536],
  ["4M", 4 * 1024 * 1024],
  ["1.5GB", 1_500_000_000],
  ["10b", 10],
  ["big", undefined],
  ["-1", undefined],
];
for (const [text, bytes] of sizes) {
  Deno.test(`The size "${text}" is ${bytes} bytes`, () => strictEqual(parseSize(text), bytes));
}

const NOW = new Date(2026, 4, 17, 12, 0, 0).getTime();
const local = (day: number, hours: number, minutes = 0, seconds = 0, ms = 0) =>
  new Date(2026, 4, day, hours, minutes, seconds, ms).getTime();
const times: [string, number | undefined][] = [
  ["now", NOW],
  ["10:00", local(17, 10)],
  ["9:05:30.25", local(17, 9, 5, 30, 250)],
  ["13:00", local(16, 13)], // not yet come today: yesterday's
  ["-5m", NOW - 300_000],
  ["2026-05-17T10:00:00Z", Date.UTC(2026, 4, 17, 10)],
  ["2026-05-17 10:00", local(17, 10)],
  ["2026-05-17", local(17, 0)],
  ["1770000000000", 1_770_000_000_000],
  ["42", undefined], // an offset, not a time
  ["25:00", undefined],
  ["2026-13-45", undefined],
  ["yesterday", undefined],
];
for (const [text, ms] of times) {
  Deno.test(`The time "${text}" is ${ms}`, () => strictEqual(parseTime(text, NOW), ms));
}

Deno.test("Durations and sizes are written in the largest units that fit", () => {
  strictEqual(formatDuration(850), "850ms");
  strictEqual(formatDuration(12_500), "12.5s");
  strictEqual(formatDuration(200_000), "3m20s");
  strictEqual(formatDuration(3_600_000), "1h");
  strictEqual(formatDuration(-5000), "-5s");
  strictEqual(formatSize(17), "17 B");
  strictEqual(formatSize(1536), "1.5 KiB");
  strictEqual(formatSize(20 * 2 ** 20), "20 MiB");
});

Deno.test("The nearest name is suggested, and none when nothing is near", () => {
  const known = ["topic", "produce", "consume", "group", "partitions"];
  strictEqual(nearest("tpoic", known), "topic");
  strictEqual(nearest("consum", known), "consume");
  strictEqual(nearest("part", known), "partitions");
  strictEqual(nearest("xyzzy", known), undefined);
});
