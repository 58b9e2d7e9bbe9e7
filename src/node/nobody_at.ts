/** Whether a process is gone for certain, as far as its machine says so. */
import { reasonOf } from "../client/mod.ts";
import type { Clock, Network, NetworkAddress } from "../platform/mod.ts";

/** No answer by then is none. */
const TIMEOUT_MS = 1000;

/**
 * A machine refuses a connection where nobody listens. Silence says nothing: the way there may be
 * cut, and the process alive.
 */
export async function isNobodyAt(
  network: Network,
  clock: Clock,
  address: NetworkAddress,
): Promise<boolean> {
  const late = new AbortController();
  const timer = clock.after(TIMEOUT_MS, () => late.abort(new Error("no answer in time")));
  try {
    (await network.dial(address, { signal: late.signal })).close();
    return false;
  } catch (error) {
    return reasonOf(error) === "connection refused";
  } finally {
    timer.cancel();
  }
}
