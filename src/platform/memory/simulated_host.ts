/**
 * One machine of a simulated network: its addresses, its clock, the process that runs on it, and
 * that process' sockets. See `simulated_network.ts`.
 */
import type { Clock } from "../time.ts";
import {
  type Connection,
  type Listener,
  ListenError,
  type ListenOptions,
  type Network,
  type NetworkAddress,
} from "../network.ts";
import { HostClock, type HostTime } from "./host_clock.ts";
import { HostProcess } from "./host_process.ts";
import type { SimulatedNetwork } from "./simulated_network.ts";
import { SimulatedSocket } from "./simulated_tcp.ts";

const FIRST_PORT = 49_152;
const LAST_PORT = 65_535;
const ANY = ["0.0.0.0", "::", ""];
const LOOPBACK = ["localhost", "127.0.0.1"];
/** Who dials and hears nothing asks again after this, then after twice as long, and so on. */
const FIRST_DIAL_MS = 1000;
const MAX_DIALS = 7;
/** So many connections wait to be accepted, further ones aren't answered. */
const BACKLOG = 512;

class SimulatedListener implements Listener {
  #waiting: SimulatedSocket[] = [];
  #accepting: ((connection: Connection | null) => void)[] = [];
  #isClosed = false;

  constructor(
    readonly address: NetworkAddress,
    readonly process: HostProcess,
    readonly onClose: () => void,
  ) {}

  get hasRoom(): boolean {
    return this.#waiting.length < BACKLOG;
  }

  accept(): Promise<Connection | null> {
    const waiting = this.#waiting.shift();
    if (waiting) return Promise.resolve(waiting);
    if (this.#isClosed) return Promise.resolve(null);
    return new Promise((resolve) => this.#accepting.push(resolve));
  }

  deliver(socket: SimulatedSocket): void {
    this.#waiting.push(socket);
    this.process.run(() => {
      if (this.#accepting.length > 0 && this.#waiting.length > 0) {
        this.#accepting.shift()!(this.#waiting.shift()!);
      }
    });
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.onClose();
    for (const accept of this.#accepting.splice(0)) this.process.run(() => accept(null));
    for (const socket of this.#waiting.splice(0)) socket.close();
  }
}

/** What a process on the machine is given. */
export interface Begun {
  readonly process: HostProcess;
  readonly clock: Clock;
  readonly network: Network;
}

export class SimulatedHost {
  readonly name: string;
  readonly address: string;
  readonly time: HostTime;
  readonly #network: SimulatedNetwork;
  #isOn = true;
  #process: HostProcess | undefined;
  readonly #sockets = new Map<SimulatedSocket, SimulatedHost>();
  readonly #listeners = new Map<string, SimulatedListener>();
  #nextPort = FIRST_PORT;

  /** Use `SimulatedNetwork.add`. */
  constructor(
    network: SimulatedNetwork,
    { name, address, wallOffsetMs = 0, rate = 1 }: {
      name: string;
      address: string;
      wallOffsetMs?: number;
      rate?: number;
    },
  ) {
    this.#network = network;
    this.name = name;
    this.address = address;
    this.time = { wallOffsetMs, rate, bootedAt: network.clock.monotonic() };
  }

  /** The machine has power. */
  get isOn(): boolean {
    return this.#isOn;
  }

  /** The process that lives, if one does. */
  get process(): HostProcess | undefined {
    return this.#process;
  }

  /** Starts a process; there is one at a time. */
  begin(): Begun {
    if (!this.#isOn || this.#process !== undefined) {
      throw new Error(
        `Cannot begin a process on ${this.name}: ${this.#isOn ? "one runs" : "no power"}`,
      );
    }
    const process = this.#process = new HostProcess();
    return {
      process,
      clock: new HostClock(this.#network.clock, this.time, process),
      network: new HostNetwork(this, process),
    };
  }

  /** The process dies, of itself or by SIGKILL: the kernel ends its connections and listeners. */
  kill(): void {
    this.#process?.die();
    this.#process = undefined;
    for (const listener of [...this.#listeners.values()]) listener.close();
    for (const socket of [...this.#sockets.keys()]) socket.close();
  }

  /** The power goes: nobody is told of anything. */
  powerOff(): void {
    this.#isOn = false;
    this.#process?.die();
    this.#process = undefined;
    this.#listeners.clear();
    for (const socket of this.#sockets.keys()) socket.vanish();
    this.#sockets.clear();
  }

  powerOn(): void {
    this.#isOn = true;
    this.time.bootedAt = this.#network.clock.monotonic();
  }

  lookUp(host: string): string | undefined {
    return LOOPBACK.includes(host) ? "127.0.0.1" : this.#network.find(host)?.address;
  }

  resetConnectionsWith(other: SimulatedHost): void {
    for (const [socket, peer] of [...this.#sockets]) {
      if (peer === other) socket.fail("connection reset by peer");
    }
  }

  /** For its process. */
  listen({ host, port }: ListenOptions, process: HostProcess): Listener {
    const isAny = ANY.includes(host);
    if (!isAny && !this.#isOurs(host)) {
      throw new ListenError(`Cannot listen on ${host}:${port}: not our address`, "not available");
    }
    const address = { host, port: port === 0 ? this.#freePort() : port };
    const key = `${isAny ? "*" : host}:${address.port}`;
    if (this.#listeners.has(key)) {
      throw new ListenError(`Cannot listen on ${key}: address already in use`, "in use");
    }
    const listener = new SimulatedListener(address, process, () => this.#listeners.delete(key));
    this.#listeners.set(key, listener);
    return listener;
  }

  /** For its process. */
  dial(
    { host, port }: NetworkAddress,
    { signal, process }: { signal?: AbortSignal; process: HostProcess },
  ): Promise<Connection> {
    const target = LOOPBACK.includes(host) ? this : this.#network.find(host);
    const cannot = (why: string) => new Error(`Cannot connect to ${host}:${port}: ${why}`);
    const { clock } = this.#network;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      if (target === undefined) return reject(cannot("no such host"));
      let isSettled = false;
      const settle = (then: () => void) => {
        if (isSettled) return;
        isSettled = true;
        timer.cancel();
        signal?.removeEventListener("abort", onAbort);
        then();
      };
      const later = (ms: number, then: () => void) =>
        timer = clock.after(ms, () => process.run(() => settle(then)));
      const wire = this.#network.wire(this, target);
      const back = this.#network.wire(target, this);
      const knock = (tries: number) => {
        if (process.isDead) return;
        if (!wire.isOpen() || !back.isOpen()) {
          if (tries === MAX_DIALS) {
            return process.run(() => settle(() => reject(cannot("timed out"))));
          }
          timer = clock.after(FIRST_DIAL_MS * 2 ** tries, () => knock(tries + 1));
          return;
        }
        const listener = target.#listenerAt({ host, port });
        if (listener === undefined) {
          later(back.latencyMs(), () => reject(cannot("connection refused")));
        } else if (!listener.hasRoom) {
          timer = clock.after(FIRST_DIAL_MS * 2 ** tries, () => knock(tries + 1));
        } else {
          later(
            back.latencyMs(),
            () => resolve(this.#connect(target, listener, process, { host, port })),
          );
        }
      };
      const onAbort = () => settle(() => reject(signal!.reason));
      let timer = clock.after(wire.latencyMs(), () => knock(0));
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  #connect(
    target: SimulatedHost,
    listener: SimulatedListener,
    process: HostProcess,
    remote: NetworkAddress,
  ): SimulatedSocket {
    const local = { host: this.address, port: this.#freePort() };
    const ours = this.#socket(process, { local, remote }, target);
    const theirs = target.#socket(listener.process, { local: remote, remote: local }, this);
    const network = this.#network;
    SimulatedSocket.join(
      network.clock,
      [ours, network.wire(this, target)],
      [theirs, network.wire(target, this)],
    );
    if (target.#listenerAt(remote) === listener) listener.deliver(theirs);
    else theirs.close(); // it was closed meanwhile
    return ours;
  }

  #socket(
    process: HostProcess,
    addresses: { local: NetworkAddress; remote: NetworkAddress },
    peer: SimulatedHost,
  ): SimulatedSocket {
    const socket = new SimulatedSocket(process, addresses, () => this.#sockets.delete(socket));
    this.#sockets.set(socket, peer);
    return socket;
  }

  #listenerAt({ host, port }: NetworkAddress): SimulatedListener | undefined {
    return this.#listeners.get(`${host}:${port}`) ?? this.#listeners.get(`*:${port}`) ??
      this.#listeners.get(`${this.name}:${port}`) ?? this.#listeners.get(`${this.address}:${port}`);
  }

  #isOurs(host: string): boolean {
    return host === this.name || host === this.address || LOOPBACK.includes(host);
  }

  #freePort(): number {
    const port = this.#nextPort++;
    if (this.#nextPort > LAST_PORT) this.#nextPort = FIRST_PORT;
    return port;
  }
}

/** The network as one process of one host has it. */
class HostNetwork implements Network {
  readonly #host: SimulatedHost;
  readonly #process: HostProcess;

  constructor(host: SimulatedHost, process: HostProcess) {
    this.#host = host;
    this.#process = process;
  }

  listen(options: ListenOptions): Listener {
    if (this.#process.isDead) throw new ListenError("Cannot listen: the process is dead", "other");
    return this.#host.listen(options, this.#process);
  }

  resolve(host: string): Promise<string | undefined> {
    return Promise.resolve(this.#host.lookUp(host));
  }

  async dial(
    address: NetworkAddress,
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<Connection> {
    return await this.#host.dial(address, { signal, process: this.#process });
  }
}
