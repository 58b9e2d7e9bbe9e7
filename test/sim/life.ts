/**
 * One machine and the lives of the node on it. The disk stays; each life has a clock, a network and
 * a process of its own, so that what a dead node still has in hand (timers, answers, half a
 * function) never reaches the next one.
 *
 * A life ends at an operation of the disk, which is drawn beforehand: that one and all later ones
 * fail, and what was written by halves stays so. Then the power is cut, or only the process is gone
 * and all that it wrote stays.
 */
import type { LogFields, LogLevel } from "../../src/base/mod.ts";
import { BrokerConfig } from "../../src/config/mod.ts";
import { type Node, startNode } from "../../src/node/mod.ts";
import { type Disk, StorageError } from "../../src/platform/mod.ts";
import {
  type DiskOperation,
  MemoryDisk,
  MemoryNetwork,
  memoryPlatform,
  SeededRandom,
  SimulatedClock,
} from "../../src/platform/memory/mod.ts";

export const PORT = 9092;
const BEGINNING = Date.UTC(2026, 0, 1);
/** A life that turns oftener than this without an end hangs. */
const MAX_TURNS = 20_000;

export interface MachineOptions {
  readonly seed: number;
  readonly settings: Record<string, string>;
  readonly dataFolders: readonly string[];
  readonly metadataFolder?: string;
  /** A disk that is worse than it says, for planted bugs. */
  readonly harm?: (disk: Disk) => Disk;
  readonly say: (line: string) => void;
}

export class Machine {
  readonly disk: MemoryDisk;
  /** Chance for what happens on the machine; the disk has its own. */
  readonly random: SeededRandom;
  readonly config: BrokerConfig;
  readonly options: MachineOptions;
  #life: Life | undefined;

  constructor(options: MachineOptions) {
    this.options = options;
    this.random = new SeededRandom(options.seed);
    this.config = BrokerConfig.from(new Map(Object.entries(options.settings)));
    this.disk = new MemoryDisk({
      seed: options.seed,
      clock: { now: () => this.now() },
      syncTakes: () => this.#life!.clock.sleep(this.random.int(4)),
    });
  }

  now(): number {
    return this.#life?.clock.now() ?? BEGINNING;
  }

  begin(options: LifeOptions): Life {
    return this.#life = new Life(this, new SimulatedClock(this.now()), options);
  }
}

export interface LifeOptions {
  /** How many operations the disk does before the life ends; default is as many as it likes. */
  readonly deadline?: number;
  readonly fault?: Fault;
}

/** Something of the machine that breaks in one life, and is mended after it. */
export interface Fault {
  readonly operation: DiskOperation;
  readonly folder: string;
  /** The so many-th of these operations fails, and with `lasts` all that follow. */
  readonly after: number;
  readonly lasts: boolean;
}

export class Life {
  readonly network = new MemoryNetwork();
  readonly clock: SimulatedClock;
  readonly machine: Machine;
  /** The process is gone; nothing that it still says counts. */
  isOver = false;
  /** What the disk was asked to do, as one number. */
  digest = 0;
  operations = 0;
  node: Node | undefined;
  /** Lines of the node's log that tell of a fault. */
  readonly errors: string[] = [];
  fault: Fault | undefined;
  #faulty = 0;
  #isStopping = false;
  /** The fault has been met. */
  isHit = false;
  /** The node said that it can't go on. */
  hasFailed = false;

  constructor(machine: Machine, clock: SimulatedClock, { deadline, fault }: LifeOptions) {
    this.machine = machine;
    this.clock = clock;
    this.fault = fault;
    machine.disk.onOperation = (operation, path) => {
      this.#note(operation, path);
      if (!this.isOver && this.operations > (deadline ?? Infinity)) this.isOver = true;
      return this.isOver ? "the power is gone" : this.#whyFaulty(operation, path);
    };
  }

  #whyFaulty(operation: DiskOperation, path: string): string | undefined {
    const { fault } = this;
    if (fault === undefined || fault.operation !== operation) return undefined;
    if (path !== fault.folder && !path.startsWith(`${fault.folder}/`)) return undefined;
    const isDue = fault.lasts ? this.#faulty++ >= fault.after : this.#faulty++ === fault.after;
    if (!isDue) return undefined;
    if (!this.isHit) this.machine.options.say(`    ${operation} of ${path} fails`);
    this.isHit = true;
    return "input/output error";
  }

  /** Starts the node. False when its life ended meanwhile; throws when it does not start. */
  async start(): Promise<boolean> {
    const { config, options, random } = this.machine;
    const starting = startNode({
      config,
      dataFolders: options.dataFolders,
      metadataFolder: options.metadataFolder,
      platform: {
        ...memoryPlatform({ seed: random.uint32(), clock: this.clock, network: this.network }),
        disk: this.#disk(),
      },
      log: (level, event, fields) => this.#onLine(level, event, fields),
    });
    this.node = await this.until(starting);
    void this.node?.failed.then(() => this.hasFailed = true);
    return this.node !== undefined;
  }

  /**
   * Lets time pass until the promise settles; undefined when the life ended before it did, or the
   * node said that it can't go on and only waits to be stopped.
   */
  async until<T>(promise: Promise<T>): Promise<T | undefined> {
    let settled: { value: T } | { error: unknown } | undefined;
    promise.then((value) => settled = { value }, (error) => settled = { error });
    for (let turn = 0; turn < MAX_TURNS; turn++) {
      await quiet();
      if (this.isOver || (this.hasFailed && !this.#isStopping)) return undefined;
      if (settled !== undefined) {
        if ("error" in settled) throw settled.error;
        return settled.value;
      }
      const due = this.clock.nextDue;
      if (due === undefined) throw new Error("Nothing moves any more: the node hangs");
      this.clock.advance(Math.max(0, due - this.clock.monotonic()));
    }
    throw new Error("The node turns and never ends");
  }

  /** The proper stop. False when the life ended in the middle of it. */
  async stop(): Promise<boolean> {
    this.#isStopping = true;
    await this.until(this.node!.close());
    const isStopped = !this.isOver;
    this.isOver = true;
    return isStopped;
  }

  /** What a life leaves behind: everything that was written, or what was synced and some of the rest. */
  end(how: "power" | "crash" | "stop"): void {
    this.isOver = true;
    this.machine.disk.onOperation = undefined;
    if (how === "power") this.machine.disk.powerCut();
    else if (how === "crash") this.machine.disk.crash();
  }

  #disk(): Disk {
    const { disk, options } = this.machine;
    return mortal(options.harm?.(disk) ?? disk, this);
  }

  #note(operation: DiskOperation, path: string): void {
    this.operations++;
    let digest = this.digest;
    for (let i = 0; i < path.length; i++) digest = Math.imul(digest, 31) + path.charCodeAt(i) | 0;
    this.digest = Math.imul(digest, 31) + operation.charCodeAt(0) | 0;
  }

  #onLine(level: LogLevel, event: string, fields: LogFields = {}): void {
    if (this.isOver || level === "debug") return;
    const told = Object.entries(fields).map(([name, value]) => ` ${name}=${value}`).join("");
    this.machine.options.say(`    ${level} ${event}${told}`);
    if (level === "error") this.errors.push(`${event}${told}`);
  }
}

/** The disk for as long as the life lasts. */
function mortal(disk: Disk, life: Life): Disk {
  return new Proxy(disk, {
    get(target, name) {
      const method = Reflect.get(target, name);
      if (typeof method !== "function") return method;
      return (...parameters: unknown[]) => {
        if (life.isOver) throw new StorageError("The power is gone", `${parameters[0]}`);
        return method.apply(target, parameters);
      };
    },
  });
}

/** Everything that could go on without time has gone on. */
function quiet(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
