/**
 * Pictures a second as a person would count them: from the times of the last few, so that it is
 * right for a film and for one still a minute, and falls when they stop coming.
 */

const MOST = 32;
const OVER_MS = 5000;

export class Rate {
  readonly #times: number[] = [];

  count(now: number): void {
    const times = this.#times;
    times.push(now);
    while (times.length > MOST || (times.length > 3 && now - times[0] > OVER_MS)) times.shift();
  }

  /** 0 before there are two. */
  perSecond(now: number): number {
    const times = this.#times;
    if (times.length < 2) return 0;
    const last = times[times.length - 1];
    const period = (last - times[0]) / (times.length - 1);
    const silence = now - last;
    const expected = silence > 3 * period ? silence : period;
    return expected > 0 ? 1000 / expected : 0;
  }
}
