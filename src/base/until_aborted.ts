/** Waiting for a signal beside something else: `Promise.race([work, untilAborted(signal)])`. */

/** Resolves with undefined once the signal has fired. */
export function untilAborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(undefined);
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
}
