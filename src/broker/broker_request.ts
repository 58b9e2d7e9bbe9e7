/**
 * One request on its way through the broker: what its API's file may know of it and do with it, and
 * the bill that its client's quotas make out for it.
 */
import type { Request } from "../net/mod.ts";
import type { Clock } from "../platform/mod.ts";
import type { RequestContext } from "./api.ts";
import type { ClientQuotas } from "./quotas/client_quotas.ts";
import type { Drawing } from "./quotas/mutation_quota.ts";

/** Who makes out the bill. */
export interface Counting {
  readonly clock: Clock;
  readonly quotas: Pick<ClientQuotas, "time" | "mutations">;
}

/** Who everyone is as long as nobody proves to be someone. */
const ANONYMOUS = "ANONYMOUS";

export class BrokerRequest implements RequestContext {
  readonly user = ANONYMOUS;
  readonly clientId: string;
  readonly version: number;
  readonly #request: Request;
  readonly #node: Counting;
  /**
   * Since when the event loop works on it; undefined while it waits, and when no time is counted.
   */
  #workingSince: number | undefined;
  #workedMs = 0;
  #timeThrottleMs: number | undefined;

  constructor(request: Request, node: Counting) {
    this.#request = request;
    this.#node = node;
    this.clientId = request.clientId ?? "";
    this.version = request.apiVersion;
    if (node.quotas.time.isSet) this.#workingSince = node.clock.monotonic();
  }

  get connection() {
    return this.#request.connection;
  }

  get isUnknownVersion(): boolean {
    return this.#request.isUnknownVersion;
  }

  get sizeBytes(): number {
    return this.#request.sizeBytes;
  }

  get responseRoom(): number {
    return this.#request.responseRoom;
  }

  get isReleased(): boolean {
    return this.#request.isReleased;
  }

  /** As long as the connection is muted after the answer. */
  get throttleMs(): number {
    return this.#request.throttleMs;
  }

  onSent(listener: () => void): void {
    this.#request.onSent = listener;
  }

  release(): void {
    this.#request.release();
  }

  throttle(ms: number): void {
    if (ms > this.#request.throttleMs) this.#request.throttleMs = ms;
  }

  /** From here on it waits, and takes no time of the event loop. */
  pause(): void {
    if (this.#workingSince === undefined) return;
    this.#workedMs += this.#node.clock.monotonic() - this.#workingSince;
    this.#workingSince = undefined;
  }

  chargeTime(): number {
    if (this.#timeThrottleMs !== undefined) return this.#timeThrottleMs;
    this.pause();
    this.#timeThrottleMs = 0;
    if (this.#workedMs > 0) {
      const { quotas, clock } = this.#node;
      this.#timeThrottleMs = quotas.time.record(this, this.#workedMs / 10, clock.monotonic());
      this.throttle(this.#timeThrottleMs);
    }
    return this.#timeThrottleMs;
  }

  drawMutations({ strictSince }: { strictSince: number }): Drawing {
    const { quotas, clock } = this.#node;
    return quotas.mutations.open(this, this.version >= strictSince, clock.monotonic());
  }
}
