/**
 * One run of a capture program: started, read from, and ended, whatever happens. It ends by itself
 * (it died), by us (it gave no picture for too long), or since nobody wants pictures any more. What
 * it last said on its standard error is kept, as that is where it tells what was wrong.
 *
 * Reading is as slow as whoever takes the pictures: unread bytes wait in the pipe, not here. Only
 * time spent waiting for the program counts as its silence.
 */

import { spawn } from "node:child_process";
import process from "node:process";
import type { PictureSplitter } from "./splitter.ts";

export interface Command {
  program: string;
  args: string[];
}

export interface CaptureLimits {
  /** The first picture has to come within this time: cameras take a second or two to start. */
  firstPictureMs: number;
  /** And each later one within this. */
  stallMs: number;
}

/** How a run ended, and what the program said last. */
export interface CaptureEnd {
  reason: string;
  lastWords: string;
}

/** How long a program may take to end after it was asked to. */
const GRACE_MS = 1500;

/**
 * Yields pictures until the program ends, stalls, or the signal fires; returns how it ended.
 * Undefined stands for pictures that were too large: they are dropped, but a program that gives
 * them has not stalled.
 */
export async function* capture(
  command: Command,
  splitter: PictureSplitter,
  limits: CaptureLimits,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array | undefined, CaptureEnd> {
  if (signal.aborted) return { reason: "was not started", lastWords: "" };
  const child = spawn(command.program, command.args, { stdio: ["ignore", "pipe", "pipe"] });
  const words = new LastWords();
  child.stderr.on("data", (piece: Uint8Array) => words.add(piece));
  child.stderr.on("error", () => {});

  let ended: string | undefined;
  const exited = new Promise<void>((resolve) => {
    child.once("error", (error) => {
      ended ??= `could not be started: ${error.message}`;
      resolve();
    });
    child.once("close", (code, killer) => {
      ended ??= killer === null ? `ended with code ${code}` : `was ended by ${killer}`;
      resolve();
    });
  });

  // Also when nobody asks for a next picture just now.
  const stop = () => void child.kill("SIGTERM");
  signal.addEventListener("abort", stop);

  const pieces = child.stdout[Symbol.asyncIterator]();
  let allowedMs = limits.firstPictureMs;
  let waitedMs = 0;
  let stalled = false;
  try {
    for (;;) {
      const asked = Date.now();
      const piece = await within(pieces.next(), allowedMs - waitedMs, signal);
      waitedMs += Date.now() - asked;
      if (piece === "late") {
        stalled = true;
        break;
      }
      if (piece === "aborted" || piece.done) break;
      const { tooLarge } = splitter.counts;
      const pictures: (Uint8Array | undefined)[] = splitter.push(piece.value);
      if (splitter.counts.tooLarge > tooLarge) pictures.push(undefined);
      for (const picture of pictures) {
        yield picture;
        allowedMs = limits.stallMs;
        waitedMs = 0;
        if (signal.aborted) break;
      }
    }
    if (!stalled && !signal.aborted) await within(exited, GRACE_MS, signal);
  } finally {
    signal.removeEventListener("abort", stop);
    await end(child, exited, () => ended !== undefined);
  }
  return {
    reason: stalled ? `gave no picture for ${seconds(allowedMs)}` : ended ?? "closed its output",
    lastWords: words.text,
  };
}

async function end(
  child: { pid?: number; kill(signal: "SIGTERM"): boolean; stdout: { destroy(): void } },
  exited: Promise<void>,
  hasEnded: () => boolean,
): Promise<void> {
  if (hasEnded()) return;
  child.kill("SIGTERM");
  // Nobody reads any more: a program that waits for room in the pipe is let go.
  child.stdout.destroy();
  const never = new AbortController().signal;
  if (await within(exited, GRACE_MS, never) === "late") {
    // Not child.kill: having sent one signal, Deno's sends no other.
    killNow(child.pid);
    await within(exited, GRACE_MS, never);
  }
}

function killNow(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(pid, "SIGKILL");
  } catch {
    // It ended just now.
  }
}

/**
 * The promise's value, or what came before it. The promise may fail later without anyone minding.
 */
function within<T>(
  promise: Promise<T>,
  ms: number,
  signal: AbortSignal,
): Promise<T | "late" | "aborted"> {
  return new Promise((resolve, reject) => {
    const onAbort = () => settle(() => resolve("aborted"));
    const timer = setTimeout(() => settle(() => resolve("late")), Math.max(0, ms));
    const settle = (tell: () => void) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      tell();
    };
    signal.addEventListener("abort", onAbort);
    if (signal.aborted) onAbort();
    promise.then((value) => settle(() => resolve(value)), (error) => settle(() => reject(error)));
  });
}

/** Keeps the end of what a program says: a few lines, however much it chatters. */
class LastWords {
  static readonly #LINES = 4;
  static readonly #LETTERS = 600;
  #text = "";
  readonly #decoder = new TextDecoder();

  add(piece: Uint8Array): void {
    this.#text = (this.#text + this.#decoder.decode(piece, { stream: true })).slice(-4096);
  }

  get text(): string {
    const lines = this.#text.split(/[\r\n]+/).map((line) => line.trim()).filter((line) =>
      line !== ""
    );
    return lines.slice(-LastWords.#LINES).join(" | ").slice(-LastWords.#LETTERS);
  }
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}
