/**
 * The status of a plugin, as a person or a program wants it. In a terminal it is one line that is
 * written over; without one, a line now and then, when it has changed; with `--json`, an object a
 * line on stdout each time it has changed.
 */
import type { Clock } from "../platform/mod.ts";
import type { Io } from "./io.ts";
import { withoutControls } from "./table.ts";

type Facts = Record<string, string | number | boolean>;

const PLAIN_EVERY_MS = 10_000;
const TERMINAL_EVERY_MS = 200;

export class StatusLine {
  /** An `Io` whose messages do not run into the line. */
  readonly io: Io;
  readonly #io: Io;
  readonly #clock: Clock;
  readonly #asJson: boolean;
  #shown = "";
  #shownAt = -Infinity;
  #latest = "";
  #line = "";

  constructor(io: Io, clock: Clock, { asJson }: { asJson: boolean }) {
    this.#io = io;
    this.#clock = clock;
    this.#asJson = asJson;
    this.io = Object.create(io, { say: { value: (text: string) => this.#say(text) } });
  }

  show(facts: Facts): void {
    const text = this.#asJson ? JSON.stringify(facts) : textOf(facts);
    if (text === this.#shown) return;
    this.#latest = text;
    const now = this.#clock.monotonic();
    const isLive = this.#io.isErrTerminal && !this.#asJson;
    if (!this.#asJson && now - this.#shownAt < (isLive ? TERMINAL_EVERY_MS : PLAIN_EVERY_MS)) {
      return;
    }
    this.#shown = text;
    this.#shownAt = now;
    if (this.#asJson) {
      const line = JSON.stringify({ at: new Date(this.#clock.now()).toISOString(), status: facts });
      this.#io.write(`${line}\n`).catch(() => {});
    } else if (isLive) {
      this.#line = withoutControls(text).slice(0, (this.#io.columns || 80) - 1);
      this.#io.showStatus(this.#line);
    } else {
      this.#io.say(withoutControls(text));
    }
  }

  /** Leaves the last status standing, also one that came too soon after another to be shown. */
  end(): void {
    const hasLine = this.#line !== "";
    this.#line = "";
    if (hasLine) this.#io.showStatus("");
    if (hasLine || (!this.#asJson && this.#latest !== this.#shown)) {
      this.#io.say(withoutControls(this.#latest));
    }
  }

  #say(text: string): void {
    const line = this.#line;
    if (line) this.#io.showStatus("");
    this.#io.say(text);
    if (line) this.#io.showStatus(line);
  }
}

function textOf(facts: Facts): string {
  return Object.entries(facts).map(([name, value]) =>
    `${name} ${typeof value === "number" ? rounded(value) : value}`
  )
    .join(", ");
}

const rounded = (value: number) => Number.isInteger(value) ? value : Number(value.toFixed(1));
