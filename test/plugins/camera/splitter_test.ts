import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { type PictureFacts, pictureFacts, pictureType } from "../../../plugins/camera/picture.ts";
import { PictureSplitter } from "../../../plugins/camera/splitter.ts";
import { joined, pictures, seeded } from "./samples.ts";

const { baseline, restartMarkers, progressive, thumbnail, small, gray } = pictures;
/**
 * Cut between a marker and its length, a picture has the next one's SOI for a length: 65496, and
 * then it is seen.
 */
const ENOUGH = new Uint8Array(70_000);
const ALL = [baseline, restartMarkers, progressive, thumbnail, small, gray];

function split(bytes: Uint8Array, pieceBytes = bytes.length, maxFrameBytes = 100_000) {
  const splitter = new PictureSplitter({ maxFrameBytes });
  const out: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    out.push(...splitter.push(bytes.subarray(at, at + pieceBytes)));
  }
  return { out, counts: splitter.counts };
}

Deno.test("A stream of pictures is cut at the same places whatever the pieces", () => {
  const stream = joined(...ALL, ...ALL);
  for (let pieceBytes = 1; pieceBytes <= 300; pieceBytes++) {
    const { out, counts } = split(stream, pieceBytes);
    strictEqual(out.length, 12, `pieces of ${pieceBytes}`);
    out.forEach((picture, at) => deepStrictEqual(picture, ALL[at % 6]));
    deepStrictEqual(counts, { pictures: 12, tooLarge: 0, broken: 0, skippedBytes: 0 });
  }
});

Deno.test("A picture that is cut in two anywhere is whole again", () => {
  for (const picture of ALL) {
    for (let cut = 0; cut <= picture.length; cut++) {
      const splitter = new PictureSplitter({ maxFrameBytes: 100_000 });
      const out = [
        ...splitter.push(picture.subarray(0, cut)),
        ...splitter.push(picture.subarray(cut)),
      ];
      strictEqual(out.length, 1);
      deepStrictEqual(out[0], picture);
    }
  }
});

Deno.test("A thumbnail inside a picture is no picture", () => {
  const { out, counts } = split(joined(thumbnail, thumbnail));
  strictEqual(out.length, 2);
  strictEqual(counts.broken, 0);
});

Deno.test("Bytes between pictures are skipped and counted", () => {
  const noise = [
    Uint8Array.of(0, 0, 0, 0),
    new TextEncoder().encode("Content-Type: image/jpeg\r\n\r\n"),
    Uint8Array.of(0xff, 0xff, 0x89, 0x50, 0xff),
    Uint8Array.of(0xff, 0xd8, 0x00, 0xff, 0xd9),
  ];
  for (const between of noise) {
    for (const pieceBytes of [1, 7, 100_000]) {
      const { out, counts } = split(
        joined(between, ...ALL.flatMap((one) => [one, between])),
        pieceBytes,
      );
      same(out, ALL);
      // A last FF may yet be the start of a picture.
      const held = between.at(-1) === 0xff ? 1 : 0;
      strictEqual(counts.skippedBytes, between.length * 7 - held);
    }
  }
});

Deno.test("Half a picture, cut off anywhere, costs no other", () => {
  for (const half of ALL) {
    for (let cut = 12; cut < half.length; cut++) {
      for (const next of pictureType(half) === "image/png" ? ALL : [baseline, thumbnail]) {
        const stream = joined(small, half.subarray(0, cut), next, baseline, ENOUGH);
        const { out } = split(stream, 2111);
        same(out, [small, next, baseline], `${nameOf(half)} cut at ${cut}`);
      }
    }
  }
});

Deno.test("A thumbnail in half a picture is no picture", () => {
  for (let cut = 700; cut < thumbnail.length; cut++) {
    const { out } = split(joined(thumbnail.subarray(0, cut), baseline, ENOUGH));
    same(out, [baseline], `cut at ${cut}`);
  }
});

Deno.test("A picture beyond the bound is dropped, counted, and not kept", () => {
  const huge = joined(
    baseline.subarray(0, baseline.length - 2),
    new Uint8Array(5_000_000).fill(0x55),
    baseline.subarray(baseline.length - 2),
  );
  for (const pieceBytes of [1000, 65_536, 8_000_000]) {
    const { out, counts } = split(joined(small, huge, thumbnail), pieceBytes, 3000);
    same(out, [small, thumbnail]);
    strictEqual(counts.tooLarge, 1);
  }
});

Deno.test("A thumbnail in a picture beyond the bound is no picture", () => {
  for (const pieceBytes of [1, 100, 1000]) {
    const { out, counts } = split(joined(thumbnail, gray), pieceBytes, 600);
    same(out, [gray]);
    strictEqual(counts.tooLarge, 1);
  }
});

Deno.test("A chunk length that lies does not swallow what follows", () => {
  const liar = small.slice(0, 60);
  liar.set([0x7f, 0xff, 0xff, 0xff], 33);
  const { out, counts } = split(joined(liar, gray, baseline), 50, 2000);
  same(out, [gray, baseline]);
  strictEqual(counts.tooLarge, 1);
});

Deno.test("A PNG whose bytes were changed is broken", () => {
  const changed = small.slice();
  changed[100] ^= 0x10;
  const { out, counts } = split(joined(changed, gray));
  same(out, [gray]);
  strictEqual(counts.broken, 1);
});

Deno.test("Noise ends neither the splitter nor its memory", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = seeded(seed);
    const parts: Uint8Array[] = [];
    for (let i = 0; i < 40; i++) {
      const picture = ALL[Math.floor(random() * ALL.length)].slice();
      const kind = random();
      if (kind < 0.3) parts.push(picture.subarray(Math.floor(random() * picture.length)));
      else if (kind < 0.6) picture[Math.floor(random() * picture.length)] ^= 1 + random() * 255;
      else if (kind < 0.8) {
        parts.push(Uint8Array.from({ length: 500 }, () => random() < 0.3 ? 255 : random() * 256));
      }
      parts.push(picture);
    }
    const stream = joined(...parts, baseline, baseline, new Uint8Array(70_000), baseline);
    const { out } = split(stream, 1 + Math.floor(random() * 3000), 4000);
    deepStrictEqual(out.at(-1), baseline, `seed ${seed}`);
    for (const picture of out) strictEqual(picture.length <= 4000, true);
  }
});

const facts: [string, PictureFacts | undefined][] = [
  ["baseline.jpg", { contentType: "image/jpeg", width: 64, height: 48 }],
  ["progressive.jpg", { contentType: "image/jpeg", width: 64, height: 48 }],
  ["thumbnail.jpg", { contentType: "image/jpeg", width: 64, height: 48 }],
  ["small.png", { contentType: "image/png", width: 64, height: 48 }],
  ["README.md", undefined],
];

for (const [file, expected] of facts) {
  Deno.test(`The first bytes of ${file} tell ${expected?.contentType ?? "no picture"}`, () => {
    const bytes = readFileSync(new URL(`../../vectors/pictures/${file}`, import.meta.url));
    deepStrictEqual(pictureFacts(bytes), expected);
    for (let cut = 0; cut < 40; cut++) pictureFacts(bytes.subarray(0, cut));
  });
}

/** Compares by name and bytes, so that a failure is readable. */
function same(found: Uint8Array[], expected: Uint8Array[], message?: string): void {
  deepStrictEqual(found.map(nameOf), expected.map(nameOf), message);
}

function nameOf(picture: Uint8Array): string {
  const found = Object.entries(pictures).find(([, one]) =>
    one.length === picture.length && one.every((byte, at) => byte === picture[at])
  );
  return found?.[0] ?? `another of ${picture.length} bytes`;
}
