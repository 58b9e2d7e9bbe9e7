/**
 * Several machines on one network, all in one simulated time and driven by one seed: the same seed
 * is the same run. Links have latency and losses, and may be cut, each direction by itself;
 * machines may lose their power, processes may be stopped and die. Bytes within a connection stay
 * in order; those of two connections overtake one another.
 *
 *     const network = new SimulatedNetwork({ clock, random });
 *     const host = network.add("node1");
 *     const { process, clock, network: sockets } = host.begin();
 *
 * A process that dies ends its connections and refuses new ones; a machine without power, and one
 * behind a cut, is silent: who writes to it learns nothing, who dials waits.
 */
import type { Clock } from "../time.ts";
import type { SeededRandom } from "./random.ts";
import { SimulatedHost } from "./simulated_host.ts";
import { RESEND_MS, type Wire } from "./simulated_tcp.ts";

/** How a network is, on a good day or a bad one. */
export interface LinkQuality {
  readonly leastMs: number;
  readonly mostMs: number;
  /** Of a thousand packets so many take up to a hundred times as long. */
  readonly slowPerMille: number;
  /** The probability that a packet must be sent again. */
  readonly loss: number;
}

export const GOOD_LINK: LinkQuality = { leastMs: 0.05, mostMs: 0.5, slowPerMille: 0, loss: 0 };
const LOOPBACK_MS = 0.02;
/** After so many losses in a row it comes through. */
const MAX_RESENDS = 6;

export class SimulatedNetwork {
  readonly clock: Clock;
  /** Of all links between machines. */
  quality = GOOD_LINK;
  readonly #random: SeededRandom;
  readonly #hosts = new Map<string, SimulatedHost>();
  readonly #cuts = new Set<string>();

  constructor({ clock, random }: { clock: Clock; random: SeededRandom }) {
    this.clock = clock;
    this.#random = random;
  }

  get hosts(): readonly SimulatedHost[] {
    return [...this.#hosts.values()];
  }

  /** A machine, switched on and with nothing running. */
  add(name: string, time: { wallOffsetMs?: number; rate?: number } = {}): SimulatedHost {
    const address = `10.0.0.${this.#hosts.size + 1}`;
    const host = new SimulatedHost(this, { name, address, ...time });
    this.#hosts.set(name, host);
    return host;
  }

  /** By its name or its address. */
  find(nameOrAddress: string): SimulatedHost | undefined {
    return this.#hosts.get(nameOrAddress) ??
      this.hosts.find(({ address }) => address === nameOrAddress);
  }

  /** From now on nothing gets from the one to the other; the way back is another cut. */
  cut(from: string, to: string): void {
    this.#cuts.add(`${from} ${to}`);
  }

  mend(from: string, to: string): void {
    this.#cuts.delete(`${from} ${to}`);
  }

  /** Cuts all links, both ways, between machines of different sides. */
  partition(...sides: readonly (readonly string[])[]): void {
    for (const side of sides) {
      for (const other of sides) {
        if (side === other) continue;
        for (const from of side) for (const to of other) this.cut(from, to);
      }
    }
  }

  mendAll(): void {
    this.#cuts.clear();
  }

  isCut(from: string, to: string): boolean {
    return this.#cuts.has(`${from} ${to}`);
  }

  /** Ends connections between two machines as a box between them may that has forgotten them. */
  reset(one: SimulatedHost, other: SimulatedHost): void {
    one.resetConnectionsWith(other);
    if (one !== other) other.resetConnectionsWith(one);
  }

  /** For hosts. */
  wire(from: SimulatedHost, to: SimulatedHost): Wire {
    return {
      latencyMs: () => from === to ? LOOPBACK_MS : this.#latencyMs(),
      isOpen: () => to.isOn && (from === to || !this.isCut(from.name, to.name)),
    };
  }

  #latencyMs(): number {
    const { leastMs, mostMs, slowPerMille, loss } = this.quality;
    const random = this.#random;
    let latency = leastMs + random.int(1000) / 1000 * (mostMs - leastMs);
    if (slowPerMille > 0 && random.chance(slowPerMille / 1000)) latency *= 1 + random.int(100);
    if (loss === 0) return latency;
    for (let i = 0; i < MAX_RESENDS && random.chance(loss); i++) latency += RESEND_MS * 2 ** i;
    return latency;
  }
}
