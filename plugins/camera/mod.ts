/**
 * `streamer camera`: pictures from a camera to a topic, one record a picture, keyed by the camera's
 * name. Each carries what it is and when it was taken, so that whoever reads the topic needs
 * nothing else:
 *
 * ```
 * key      the camera's id             headers  content-type  image/jpeg or image/png
 * value    the picture, as it is                width, height pixels
 * time     when it was cut out                  frame         counts from 1 since the start
 *                                               captured-at   milliseconds since 1970
 * ```
 *
 * While the brokers are away the newest pictures wait in the host's backlog, and what is lost is
 * counted there.
 */

import { type OutgoingRecord, source, type SourceContext } from "../../mod.ts";
import { type CameraOptions, type CameraSettings, options, settingsFrom } from "./options.ts";
import { pictureFacts } from "./picture.ts";
import { Rate } from "./rate.ts";
import { openSource, type PictureSource } from "./sources.ts";

export default source<CameraOptions>({
  kind: "source",
  name: "camera",
  summary: "Publish pictures from a camera, a folder, ffmpeg, or a test pattern",
  examples: [
    "streamer camera --brokers 127.0.0.1:9092",
    "streamer camera --source test-pattern --fps 15 --camera-id garden",
    "streamer camera --source rpicam:--vflip --width 1280 --height 720",
    "streamer camera --source v4l2:/dev/video0 --interval 5s --format png",
    'streamer camera --source "ffmpeg:-i rtsp://192.168.1.20/stream1" --camera-id door',
    "streamer camera --source dir:./pictures --interval 2s",
  ],
  topic: "pictures",
  options,
  backlog: { keep: "newest", bytes: 16 * 1024 * 1024 },
  run: publish,
});

async function* publish(
  options: CameraOptions,
  context: SourceContext,
): AsyncGenerator<OutgoingRecord> {
  const settings = settingsFrom(options);
  const opened = await openSource(settings, {
    signal: context.signal,
    log: (level, event, fields) =>
      context.log(level, event, { camera: settings.cameraId, ...fields }),
  });
  const report = new Report(settings, opened, context);
  const beat = setInterval(() => report.tell(), 1000);
  let frame = 0;
  try {
    for await (const picture of opened.pictures()) {
      const capturedAt = Date.now();
      const facts = pictureFacts(picture);
      if (facts === undefined) continue;
      frame++;
      report.count(picture.length);
      if (frame === 1) report.tell();
      yield {
        key: settings.cameraId,
        value: picture,
        timestamp: capturedAt,
        headers: {
          "content-type": facts.contentType,
          width: String(facts.width),
          height: String(facts.height),
          frame: String(frame),
          "captured-at": String(capturedAt),
        },
      };
    }
  } finally {
    clearInterval(beat);
    report.tell();
  }
}

/** The status line: how it goes, and all that was lost on the way. */
class Report {
  readonly #rate = new Rate();
  #frames = 0;
  #lastBytes = 0;
  #hasWarned = false;

  constructor(
    readonly settings: CameraSettings,
    readonly source: PictureSource,
    readonly context: SourceContext,
  ) {}

  count(bytes: number): void {
    this.#rate.count(performance.now());
    this.#frames++;
    this.#lastBytes = bytes;
  }

  tell(): void {
    const { tooLarge, broken, restarts } = this.source.counts();
    if (tooLarge > 0) this.#warnOfLarge();
    this.context.status({
      camera: this.settings.cameraId,
      source: this.source.name,
      fps: Math.round(this.#rate.perSecond(performance.now()) * 10) / 10,
      frames: this.#frames,
      frameBytes: this.#lastBytes,
      tooLarge,
      broken,
      restarts,
    });
  }

  /** Once: the count goes on in the status, which nobody may be looking at. */
  #warnOfLarge(): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    const { cameraId, maxFrameBytes } = this.settings;
    this.context.log("warn", "pictures too large are dropped", {
      camera: cameraId,
      maxFrameBytes,
      advice: "take smaller ones (--width, --height), or raise --max-frame-bytes and, " +
        "to match it, the topic's max.message.bytes",
    });
  }
}
