import { ok, strictEqual } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { pictureFacts } from "../../../plugins/camera/picture.ts";
import { PictureSplitter } from "../../../plugins/camera/splitter.ts";
import { PALETTE, TestPattern } from "../../../plugins/camera/test_pattern/test_pattern.ts";
import { hasProgram } from "../../kit/programs.ts";
import { testWith } from "../../kit/skip.ts";

const ffmpeg = { needs: "ffmpeg", available: hasProgram("ffmpeg") };

for (const format of ["jpeg", "png"] as const) {
  for (const [width, height] of [[640, 480], [101, 77], [16, 16], [1280, 720]]) {
    testWith(
      ffmpeg,
      `Another decoder reads the test pattern's ${format} of ${width}x${height}`,
      () => {
        const pattern = new TestPattern({ width, height, cameraId: "front door", format });
        const moment = { frame: 41, time: Date.UTC(2026, 1, 3, 4, 5, 6, 789) };
        const picture = pattern.picture(moment);

        strictEqual(pictureFacts(picture)?.contentType, `image/${format}`);
        strictEqual(pictureFacts(picture)?.width, width);
        strictEqual(pictureFacts(picture)?.height, height);
        strictEqual(new PictureSplitter({ maxFrameBytes: 1e6 }).push(picture).length, 1);

        const args = ["-v", "error", "-i", "-", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"];
        const decoded = spawnSync("ffmpeg", args, { input: picture, maxBuffer: 1e8 });
        strictEqual(decoded.stderr.toString(), "");
        const drawn = pattern.draw(moment);
        strictEqual(decoded.stdout.length, drawn.length * 3);
        // JPEG may be off a little; a picture that is wrong is off by far.
        const error = meanError(decoded.stdout, drawn);
        ok(error <= (format === "png" ? 0 : 12), `mean error ${error}`);
      },
    );
  }
}

Deno.test("Two frames of the test pattern differ, and so do two cameras", () => {
  const size = { width: 160, height: 120, format: "jpeg" as const };
  const garden = new TestPattern({ ...size, cameraId: "garden" });
  const door = new TestPattern({ ...size, cameraId: "door" });
  const first = garden.draw({ frame: 1, time: 1_000_000 }).slice();
  ok(differences(first, garden.draw({ frame: 2, time: 1_000_066 })) > 0);
  ok(differences(first, door.draw({ frame: 1, time: 1_000_000 })) > 0);
});

function meanError(rgb: Uint8Array, drawn: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < rgb.length; i++) sum += Math.abs(rgb[i] - PALETTE[drawn[(i / 3) | 0]][i % 3]);
  return sum / rgb.length;
}

function differences(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((sum, value, at) => sum + (value === b[at] ? 0 : 1), 0);
}
