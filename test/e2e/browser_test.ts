/**
 * A headless Chromium opens the viewer of a running `streamer demo`: the picture is there, changes,
 * survives a restart of the broker under it, and the scrub bar shows an older frame. Screenshots go
 * to `STREAMER_SCREENSHOTS`.
 */
import { notStrictEqual, ok, strictEqual } from "node:assert/strict";
import { type Browser, chromium, type Page } from "playwright-core";
import { TemporaryFolder } from "../kit/folders.ts";
import {
  exists,
  freePort,
  freePorts,
  pause,
  Program,
  root,
  startStreamer,
} from "../kit/programs.ts";
import { testWith } from "../kit/skip.ts";

const executablePath = "/usr/bin/chromium";
const needs = { needs: "chromium", available: exists(executablePath) };
const streamer = `${root}bin/streamer`;
const screenshots = Deno.env.get("STREAMER_SCREENSHOTS");

async function withPage(run: (page: Page) => Promise<void>): Promise<void> {
  const quiet = [
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ];
  const browser: Browser = await chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-gpu", "--no-first-run", ...quiet],
  });
  try {
    await run(await browser.newPage({ viewport: { width: 1280, height: 800 } }));
  } finally {
    await browser.close();
  }
}

const shoot = async (page: Page, name: string) => {
  if (screenshots) await page.screenshot({ path: `${screenshots}/${name}.png` });
};

/**
 * What the page's first visible picture shows, as a number that changes with it; 0 before there is
 * a picture.
 */
const pictureOf = (page: Page) =>
  page.evaluate(() => {
    const images = [...(globalThis as any).document.querySelectorAll("img")];
    const image = images.find((one: any) => one.naturalWidth > 0 && one.offsetWidth > 0);
    if (!image) return 0;
    const canvas = (globalThis as any).document.createElement("canvas");
    [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    let sum = 1;
    for (let i = 0; i < data.length; i += 7) sum = (Math.imul(sum, 31) + data[i]) | 0;
    return sum;
  }) as Promise<number>;

async function untilPictureIsNot(page: Page, old: number[], withinMs: number): Promise<number> {
  const until = Date.now() + withinMs;
  for (;;) {
    const now = await pictureOf(page);
    if (now !== 0 && !old.includes(now)) return now;
    if (Date.now() > until) {
      throw new Error(
        `No new picture within ${withinMs} ms; the page says: ${await page.textContent("body")}`,
      );
    }
    await pause(50);
  }
}

testWith(needs, "The demo's page shows a live picture within seconds, and it moves", async () => {
  using folder = new TemporaryFolder();
  const [http, kafka] = [freePort(), freePort()];
  const began = Date.now();
  const args = [
    "demo",
    "--http",
    `127.0.0.1:${http}`,
    "--listen",
    `127.0.0.1:${kafka}`,
    "--data",
    `${folder.path}/data`,
    "--source",
    "test-pattern",
  ];
  await using demo = new Program(streamer, args);
  await demo.untilPrinted(new RegExp(`127\\.0\\.0\\.1:${http}`));
  await withPage(async (page) => {
    await page.goto(`http://127.0.0.1:${http}/`);
    const first = await untilPictureIsNot(page, [], 15_000);
    console.log(
      `first picture ${Date.now() - began} ms after the start, a browser's start among them`,
    );
    await untilPictureIsNot(page, [first], 5_000);
    await pause(1500);
    await shoot(page, "demo-live");
  });
  strictEqual(await demo.stop(), 0, demo.printed);
});

testWith(
  needs,
  "A node of the demo is stopped by a button, and the picture beside it moves on",
  async () => {
    using folder = new TemporaryFolder();
    const [http, nodes, kafka] = [freePort(), freePort(), freePorts(3)];
    const args = [
      "demo",
      ...["--brokers", "3", "--source", "test-pattern", "--data", `${folder.path}/data`],
      ...[
        "--http",
        `127.0.0.1:${http}`,
        "--nodes-port",
        `${nodes}`,
        "--listen",
        `127.0.0.1:${kafka}`,
      ],
    ];
    await using demo = new Program(streamer, args);
    await demo.untilPrinted(/Camera/);
    await withPage(async (page) => {
      await page.goto(`http://127.0.0.1:${nodes}/`);
      await page.waitForSelector("#node-1[data-state=running] button");
      const [, picture] = page.frames();
      const first = await untilPictureIsNot(picture as unknown as Page, [], 15_000);
      for (const id of [1, 2]) {
        await page.click(`#node-${id} button`);
        await page.waitForSelector(`#node-${id}[data-state=stopped]`);
        const then = await pictureOf(picture as unknown as Page);
        await untilPictureIsNot(picture as unknown as Page, [first, then], 15_000);
        await page.waitForSelector("#verdict[data-well=false]");
        await shoot(page, `demo-without-${id}`);
        await page.click(`#node-${id} button`);
        await page.waitForSelector(`#node-${id}[data-state=running]`);
        await page.waitForSelector("#verdict[data-well=true]");
      }
      await shoot(page, "demo-cluster");
    });
    strictEqual(await demo.stop(), 0, demo.printed);
  },
);

testWith(
  needs,
  "The picture comes back by itself after the broker under the page was killed and started again",
  async () => {
    using folder = new TemporaryFolder();
    const start = (port?: number) => startStreamer({ port, data: `${folder.path}/data` });
    const broker = await start();
    const http = freePort();
    const shared = ["--brokers", broker.brokers, "--topic", "pictures"];
    await using camera = new Program(streamer, [
      "camera",
      ...shared,
      "--source",
      "test-pattern",
      "--fps",
      "10",
    ]);
    await using viewer = new Program(streamer, ["view", ...shared, "--http", `127.0.0.1:${http}`]);
    await viewer.untilPrinted(new RegExp(`127\\.0\\.0\\.1:${http}`));
    await withPage(async (page) => {
      await page.goto(`http://127.0.0.1:${http}/`);
      await untilPictureIsNot(page, [await untilPictureIsNot(page, [], 20_000)], 10_000);
      broker.program.kill("SIGKILL");
      await broker.program.exited;
      await pause(4_000);
      await shoot(page, "broker-away");
      const frozen = await pictureOf(page);
      const again = await start(broker.port);
      await using _ = again.program;
      const first = await untilPictureIsNot(page, [frozen], 30_000);
      await untilPictureIsNot(page, [frozen, first], 10_000);
      await shoot(page, "broker-back");
      strictEqual(await camera.stop(), 0, camera.printed);
      strictEqual(await viewer.stop(), 0, viewer.printed);
    });
  },
);

testWith(needs, "The scrub bar shows an older frame, and Live goes back to now", async () => {
  using folder = new TemporaryFolder();
  const broker = await startStreamer({ data: `${folder.path}/data` });
  await using _broker = broker.program;
  const http = freePort();
  const shared = ["--brokers", broker.brokers, "--topic", "pictures"];
  await using camera = new Program(streamer, [
    "camera",
    ...shared,
    "--source",
    "test-pattern",
    "--fps",
    "5",
  ]);
  await using viewer = new Program(streamer, ["view", ...shared, "--http", `127.0.0.1:${http}`]);
  await viewer.untilPrinted(new RegExp(`127\\.0\\.0\\.1:${http}`));
  await camera.untilPrinted(/./);
  await pause(8_000);
  await withPage(async (page) => {
    await page.goto(`http://127.0.0.1:${http}/`);
    await untilPictureIsNot(page, [], 20_000);
    const bar = page.locator("input[type=range]").first();
    await bar.waitFor({ state: "visible", timeout: 10_000 }).catch(async () => {
      await page.locator("img").first().click(); // the bar belongs to the large view
      await bar.waitFor({ state: "visible", timeout: 10_000 });
    });
    const frameOf = async () => {
      const response = await fetch(`http://127.0.0.1:${http}/state`);
      return (await response.json()).cameras[0].offset as number;
    };
    const live = await frameOf();
    await bar.evaluate((input: any) => {
      input.value = input.min;
      input.dispatchEvent(new (globalThis as any).Event("input", { bubbles: true }));
      input.dispatchEvent(new (globalThis as any).Event("change", { bubbles: true }));
    });
    await pause(2_500);
    await shoot(page, "time-travel");
    const source = await page.locator("img").evaluateAll((images: any[]) =>
      images.map((image) => image.src).join(" ")
    );
    ok(/[?&](?:at|offset)=/.test(source), `a picture of the past is asked for: ${source}`);
    notStrictEqual(await pictureOf(page), 0);
    ok(live > 10);
  });
});
