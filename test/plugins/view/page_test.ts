/** The page in a real browser, on a cluster in memory. */

import { match, notStrictEqual, ok, strictEqual } from "node:assert/strict";
import { type Browser, chromium, type Page } from "playwright-core";
import { TestPattern } from "../../../plugins/camera/test_pattern/test_pattern.ts";
import { exists } from "../../kit/programs.ts";
import { testWith } from "../../kit/skip.ts";
import { pause, Viewer } from "./viewer.ts";

const executablePath = "/usr/bin/chromium";
const needs = { needs: "chromium", available: exists(executablePath) };

/**
 * Publishes the test pattern for each camera, the last minute at once and from now on five times a
 * second.
 */
class Cameras implements Disposable {
  readonly quiet = new Set<string>();
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(viewer: Viewer, ids: string[]) {
    const size = { width: 160, height: 120, format: "jpeg" } as const;
    const patterns = ids.map((cameraId) => new TestPattern({ ...size, cameraId }));
    let frame = 0;
    const shoot = (time: number) => {
      frame++;
      patterns.forEach((pattern, at) => {
        if (this.quiet.has(ids[at])) return;
        viewer.shoot(ids[at], pattern.picture({ frame, time }), { timestamp: time });
      });
    };
    const now = Date.now();
    for (let ago = 60_000; ago > 0; ago -= 200) shoot(now - ago);
    this.#timer = setInterval(() => shoot(Date.now()), 200);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

async function withPage(url: string, run: (page: Page) => Promise<void>): Promise<void> {
  const quiet = ["quic", "background-networking", "component-update", "sync", "gpu"];
  const browser: Browser = await chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--no-first-run", ...quiet.map((what) => `--disable-${what}`)],
  });
  try {
    const page = await browser.newPage({ viewport: { width: 1000, height: 800 } });
    const failures: string[] = [];
    page.on("pageerror", (error) => failures.push(String(error)));
    await page.goto(url);
    await run(page);
    strictEqual(failures.join("\n"), "");
  } finally {
    await browser.close();
  }
}

/** Polls until the text is as wanted. */
async function untilText(page: Page, selector: string, pattern: RegExp): Promise<string> {
  const end = Date.now() + 10_000;
  for (;;) {
    const text = await page.locator(selector).first().innerText();
    if (pattern.test(text)) return text;
    if (Date.now() > end) throw new Error(`${selector} says "${text}", not ${pattern}`);
    await pause(50);
  }
}

const source = (page: Page) => page.locator("#big").getAttribute("src");

testWith(
  needs,
  "The page shows a grid, one camera large, and which of them are silent",
  async () => {
    await using viewer = new Viewer({ silentAfter: 1000 });
    using cameras = new Cameras(viewer, ["door", "garden", "shed"]);
    await withPage(viewer.url, async (page) => {
      await untilText(page, "#connection", /3 live/);
      await page.locator(".card img:visible").nth(2).waitFor();
      cameras.quiet.add("shed");
      await untilText(page, "#connection", /2 live, 1 silent/);
      await untilText(page, ".card[title=shed] .badge", /silent for/);

      await page.locator(".card[title=garden]").click();
      await untilText(page, "#name", /garden/);
      await untilText(page, "#badge", /^live$/);
      const first = await source(page);
      await pause(600);
      notStrictEqual(await source(page), first);
      await page.keyboard.press("Escape");
      await page.locator(".card[title=garden]").waitFor({ state: "visible" });
      strictEqual(await page.locator(".card:visible").count(), 3);
    });
  },
);

testWith(
  needs,
  "The scrub bar shows the past at its own pace, and Live goes back to now",
  async () => {
    await using viewer = new Viewer();
    using _cameras = new Cameras(viewer, ["garden"]);
    await withPage(viewer.url, async (page) => {
      await untilText(page, "#badge", /^live$/); // the only camera is large from the start
      await untilText(page, "#from", /\d/);
      await page.locator("#bar").evaluate((bar: any) => {
        bar.value = Number(bar.min) + 10_000;
        for (const type of ["input", "change"]) {
          bar.dispatchEvent(new (globalThis as any).Event(type, { bubbles: true }));
        }
      });
      await untilText(page, "#badge", /from the past/);
      match(await source(page) ?? "", /^\/stream\.mjpg\?camera=garden&at=\d+/);
      await untilText(page, "#clock", /(49|5\d) s ago/);
      const offset = async () =>
        Number((await page.locator("#facts dd").nth(5).innerText()).slice(1));
      await untilText(page, "#facts dd:nth-of-type(6)", /^#\d/);
      const first = await offset();
      await pause(1000);
      const moved = await offset() - first;
      ok(first >= 50 && first < 70 && moved >= 3 && moved <= 8, `from offset ${first} by ${moved}`);

      await page.keyboard.press(" ");
      await untilText(page, "#badge", /paused/);
      await page.locator("#live").click();
      await untilText(page, "#badge", /^live$/);
      match(await source(page) ?? "", /^blob:/);
    });
  },
);

testWith(
  needs,
  "The page tells when brokers or the viewer are away, and goes on by itself",
  async () => {
    const viewer = new Viewer();
    {
      using _cameras = new Cameras(viewer, ["garden", "door"]);
      await withPage(viewer.url, async (page) => {
        await untilText(page, "#connection", /2 live/);
        viewer.client.disconnect("connection refused");
        await untilText(page, "#notice", /brokers are away \(connection refused\)/);
        viewer.client.reconnect();
        await untilText(page, "#connection", /2 live/);

        const http = new URL(viewer.url).host;
        await viewer[Symbol.asyncDispose]();
        await untilText(page, "#connection", /Reconnecting/);
        await using again = new Viewer({ http });
        using _more = new Cameras(again, ["garden", "door", "shed"]);
        await untilText(page, "#connection", /3 live/);
      });
    }
  },
);
