/**
 * Who may come in, as Kafka has it: so many connections at once, from one address, on one listener;
 * and so many new ones a second (KIP-612). Counts what is there, and says what to do with who
 * comes; doing it is the server's.
 *
 * Where brokers have a listener of their own beside others, it is let in for as long as there are
 * connections on the others, which make room.
 */
import { Meters, type RateWindows, SampledRate } from "../base/mod.ts";

/** Limits of one listener, under those of all. */
export interface ListenerLimits {
  /** `max.connections`. */
  readonly maxConnections: number;
  /** `max.connection.creation.rate`: new connections a second. */
  readonly maxCreationRate: number;
}

/** Limits that may change while the server runs. Infinity is none. */
export interface AdmissionLimits extends ListenerLimits {
  /** `max.connections.per.ip`. */
  readonly maxConnectionsPerIp: number;
  /** `max.connections.per.ip.overrides`: by the address as the network prints it. */
  readonly maxConnectionsPerIpOverrides: ReadonlyMap<string, number>;
  /** By the listener's name; others have only the limits of all. */
  readonly listeners: ReadonlyMap<string, ListenerLimits>;
  /** The listener for which others make room. */
  readonly protectedListener: string | undefined;
  /** `connection_creation_rate`: new connections a second from one address. */
  readonly creationRateOf: (address: string) => number;
  /** What rates look back over. */
  readonly rateWindows: RateWindows;
}

export const NO_ADMISSION_LIMITS: AdmissionLimits = {
  maxConnections: Infinity,
  maxCreationRate: Infinity,
  maxConnectionsPerIp: Infinity,
  maxConnectionsPerIpOverrides: new Map(),
  listeners: new Map(),
  protectedListener: undefined,
  creationRateOf: () => Infinity,
  rateWindows: { count: 11, sizeMs: 1000 },
};

/** Let in, closed at once, or held for a while and then closed. */
export type Admitted = "yes" | "too many" | { readonly closeAfterMs: number };

export class Admission {
  limits: AdmissionLimits;
  #total = 0;
  readonly #byListener = new Map<string, number>();
  readonly #byAddress = new Map<string, number>();
  /** Rates of listeners, and under no name that of all. */
  readonly #rates = new Map<string, SampledRate>();
  readonly #addressRates = new Meters<SampledRate>();

  constructor(limits: AdmissionLimits) {
    this.limits = limits;
  }

  /** Notes that someone has come to a listener; for how long the listener takes in nobody then. */
  pauseMs(listener: string, now: number): number {
    const own = this.limits.listeners.get(listener)?.maxCreationRate ?? Infinity;
    const pause = this.#rateMs(listener, own, now);
    if (listener === this.limits.protectedListener) return pause;
    return Math.max(pause, this.#rateMs("", this.limits.maxCreationRate, now));
  }

  hasRoom(listener: string): boolean {
    const { listeners, protectedListener, maxConnections } = this.limits;
    const own = listeners.get(listener)?.maxConnections ?? Infinity;
    if ((this.#byListener.get(listener) ?? 0) >= own) return false;
    return listener === protectedListener || this.#total < maxConnections;
  }

  /** How many connections there are beyond what may be. */
  get excess(): number {
    return Math.max(0, this.#total - this.limits.maxConnections);
  }

  /** Connections from the address that has most. */
  get mostOfOneAddress(): number {
    let most = 0;
    for (const count of this.#byAddress.values()) if (count > most) most = count;
    return most;
  }

  /** What becomes of who came from an address; who is let in counts until {@link leave}. */
  enter(listener: string, address: string, now: number): Admitted {
    const { creationRateOf, maxConnectionsPerIp, maxConnectionsPerIpOverrides } = this.limits;
    const closeAfterMs = this.#addressMs(address, creationRateOf(address), now);
    if (closeAfterMs > 0) return { closeAfterMs };
    const count = this.#byAddress.get(address) ?? 0;
    if (count >= (maxConnectionsPerIpOverrides.get(address) ?? maxConnectionsPerIp)) {
      return "too many";
    }
    this.#total++;
    this.#byAddress.set(address, count + 1);
    this.#byListener.set(listener, (this.#byListener.get(listener) ?? 0) + 1);
    return "yes";
  }

  leave(listener: string, address: string): void {
    this.#total--;
    this.#byListener.set(listener, this.#byListener.get(listener)! - 1);
    const left = this.#byAddress.get(address)! - 1;
    if (left > 0) this.#byAddress.set(address, left);
    else this.#byAddress.delete(address);
  }

  /**
   * One more on a listener, or under no name on any; never longer than a window. Counted without a
   * limit too: one that is set now looks back as well.
   */
  #rateMs(listener: string, limit: number, now: number): number {
    const { rateWindows } = this.limits;
    let rate = this.#rates.get(listener);
    if (rate === undefined) this.#rates.set(listener, rate = new SampledRate(rateWindows));
    rate.record(1, now);
    return Math.min(rateWindows.sizeMs, rate.throttleMs(limit, now));
  }

  /** Who is not let in does not count. */
  #addressMs(address: string, limit: number, now: number): number {
    if (limit === Infinity) return 0;
    const { rateWindows } = this.limits;
    const rate = this.#addressRates.get(
      address,
      () => new SampledRate(rateWindows),
      (other) => other.isAtRest(now),
    );
    rate.record(1, now);
    const throttleMs = rate.throttleMs(limit, now);
    if (throttleMs > 0) rate.record(-1, now);
    return Math.min(rateWindows.sizeMs, throttleMs);
  }
}
