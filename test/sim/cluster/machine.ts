/**
 * One machine of the cluster: its disk stays, its node lives and dies and lives again. Each life
 * has a process of its own, which can be killed at any operation of the disk, stopped, and lose its
 * power.
 */
import type { LogEvent, LogFields, LogLevel } from "../../../src/base/mod.ts";
import { BrokerConfig } from "../../../src/config/mod.ts";
import { type Disk, isDiskFull, type Platform, StorageError } from "../../../src/platform/mod.ts";
import {
  type DiskOperation,
  type HostProcess,
  MemoryDisk,
  memoryPlatform,
  SeededRandom,
  type SimulatedHost,
} from "../../../src/platform/memory/mod.ts";
import type { World } from "./world.ts";

export const DATA_FOLDER = "/data";
const ROOMY_BYTES = 2 ** 40;

/** What runs on a machine. */
export interface Running {
  /** The proper stop. */
  close(): Promise<void>;
  /** Resolves when it can't go on. */
  readonly failed: Promise<Error>;
}

export interface BootOptions {
  readonly nodeId: number;
  readonly config: BrokerConfig;
  readonly dataFolders: readonly string[];
  readonly platform: Platform;
  readonly log: LogEvent;
}

/** Starts what is simulated; resolves once it serves. */
export type Boot = (options: BootOptions) => Promise<Running>;

export interface MachineOptions {
  readonly world: World;
  readonly nodeId: number;
  readonly settings: Record<string, string>;
  /** Where it keeps what it has; the metadata log is in the first. */
  readonly dataFolders?: readonly string[];
  readonly boot: Boot;
  readonly rate: number;
  readonly wallOffsetMs: number;
  /** A disk that is worse than it says, for planted bugs. */
  readonly harm?: (disk: Disk) => Disk;
  /** Told each line of the node's log. */
  readonly onLine?: (machine: Machine, event: string, fields: LogFields) => void;
}

export class Machine {
  readonly nodeId: number;
  readonly name: string;
  readonly host: SimulatedHost;
  readonly disk: MemoryDisk;
  readonly dataFolders: readonly string[];
  /** How long a sync takes at least and at most. */
  syncMs = [0, 4];
  /** Whether a disk operation fails, and why. */
  fault: ((operation: DiskOperation, path: string) => string | undefined) | undefined;
  lives = 0;
  /** There is no room on the disk but what the node has set aside. */
  isCrowded = false;
  /** It was asked to stop and is not through yet. */
  isStopping = false;
  running: Running | undefined;
  /** One number over all that the disk was asked to do. */
  digest = 0;
  readonly #options: MachineOptions;
  readonly #config: BrokerConfig;
  readonly #random: SeededRandom;
  /** By path, for the digest. */
  readonly #sums = new Map<string, number>();
  #process: HostProcess | undefined;
  #clock: { sleep(ms: number): Promise<void>; now(): number } | undefined;
  /** After so many operations of the disk the process dies in the middle of what it does. */
  #operationsLeft = Infinity;
  /** A fault of the disk was met in this life: what it says of storage is excused. */
  isHurt = false;

  constructor(options: MachineOptions) {
    const { world, nodeId, rate, wallOffsetMs } = this.#options = options;
    this.nodeId = nodeId;
    this.dataFolders = options.dataFolders ?? [DATA_FOLDER];
    this.name = `node${nodeId}`;
    this.host = world.network.add(this.name, { rate, wallOffsetMs });
    this.#random = new SeededRandom(world.random.uint32());
    this.#config = BrokerConfig.from(new Map(Object.entries(options.settings)));
    this.disk = new MemoryDisk({
      seed: world.random.uint32(),
      clock: { now: () => this.#clock?.now() ?? world.clock.now() },
      syncTakes: () => this.#clock!.sleep(this.#drawSyncMs()),
    });
    this.disk.onOperation = (operation, path) => this.#onOperation(operation, path);
  }

  /** A process is there, stopped or not. */
  get isAlive(): boolean {
    return this.#process !== undefined && !this.#process.isDead;
  }

  /** A process is there and not stopped. */
  get isRunning(): boolean {
    return this.isAlive && this.#process!.isRunning;
  }

  get isStopped(): boolean {
    return this.isAlive && !this.#process!.isRunning;
  }

  /** A process is there and has begun to serve. */
  get isServing(): boolean {
    return this.isAlive && this.running !== undefined;
  }

  /** Switches the machine on if need be, and starts a node on it. */
  start(): void {
    if (this.isAlive) return;
    this.#tidyUp();
    const { dataFolders } = this;
    const { world, boot, nodeId, onLine } = this.#options;
    if (!this.host.isOn) this.host.powerOn();
    const { process, clock, network } = this.host.begin();
    this.#process = process;
    this.#clock = clock;
    this.#operationsLeft = Infinity;
    this.isHurt = false;
    this.isStopping = false;
    const life = ++this.lives;
    world.say(`${this.name} starts, life ${life}`);
    const log: LogEvent = (level, event, fields = {}) => {
      if (process.isDead) return;
      this.#tell(level, event, fields);
      onLine?.(this, event, fields);
      if (event === "quorum state" && fields.state === "Leader") {
        world.clock.after(0, () => world.elected(nodeId));
      }
    };
    const platform = {
      ...memoryPlatform({ seed: this.#random.uint32() }),
      disk: mortal(this.#options.harm?.(this.disk) ?? this.disk, process),
      clock,
      network,
    };
    boot({ nodeId, config: this.#config, dataFolders, platform, log }).then(
      (running) => {
        if (process.isDead) return;
        this.running = running;
        world.say(`${this.name} serves`);
        void running.failed.then((error) => this.#onFailed(process, error));
      },
      (error) => this.#onFailed(process, error),
    );
  }

  /** The process dies; all that it wrote stays. */
  kill(): void {
    if (!this.isAlive) return;
    this.#options.world.say(`${this.name} is killed`);
    this.#end();
    this.host.kill();
    this.disk.crash();
  }

  /** Kills it at one of its next operations of the disk, wherever it is then. */
  killWithin(operations: number): void {
    this.#operationsLeft = operations;
  }

  powerOff(): void {
    if (!this.host.isOn) return;
    this.#options.world.say(`${this.name} loses its power`);
    this.#end();
    this.host.powerOff();
    this.disk.powerCut();
  }

  /** Somebody else takes all the room that is left. */
  fillDisk(): void {
    const { totalBytes, freeBytes } = this.disk.space();
    this.disk.capacityBytes = totalBytes - freeBytes;
    this.isCrowded = true;
  }

  freeDisk(): void {
    this.disk.capacityBytes = ROOMY_BYTES;
    this.isCrowded = false;
  }

  pause(): void {
    if (!this.isAlive) return;
    this.#options.world.say(`${this.name} is stopped`);
    this.#process!.stop();
  }

  resume(): void {
    if (!this.isStopped) return;
    this.#options.world.say(`${this.name} goes on`);
    this.#process!.continue();
  }

  /** The proper stop; the process ends once it is through. */
  async stop(): Promise<void> {
    const { running } = this;
    const process = this.#process;
    if (!this.isServing || this.isStopped) return this.kill();
    this.isStopping = true;
    this.#options.world.say(`${this.name} is asked to stop`);
    await running!.close().catch((error) => {
      if (!process!.isDead && !this.isHurt) this.#options.world.fail(error);
    });
    if (process!.isDead) return;
    this.#options.world.say(`${this.name} has stopped`);
    this.#end();
    this.host.kill();
    this.disk.crash();
  }

  /** Something comes to the process from outside. */
  run(work: () => void): void {
    this.#process?.run(work);
  }

  /** Looks at the disk as it is, without the process and its faults. */
  inspect<T>(look: (disk: MemoryDisk) => T): T {
    const { onOperation } = this.disk;
    this.disk.onOperation = undefined;
    try {
      return look(this.disk);
    } finally {
      this.disk.onOperation = onOperation;
    }
  }

  /** What the kernel does after a process that died by itself. */
  #tidyUp(): void {
    if (this.isAlive || this.host.process === undefined) return;
    this.host.kill();
    this.disk.crash();
  }

  #end(): void {
    this.#process?.die();
    this.running = undefined;
  }

  /**
   * A node that can't go on is ended, as its program does; only a disk that failed excuses it, or one
   * that is full when it starts.
   */
  #onFailed(process: HostProcess, error: Error): void {
    if (process.isDead) return;
    const { world } = this.#options;
    world.say(`${this.name} can't go on: ${error.message}`);
    const isExcused = (this.isHurt && error instanceof StorageError) ||
      (this.isCrowded && isDiskFull(error) && this.running === undefined);
    if (!isExcused) world.fail(new Error(`${this.name} fails: ${error.message}`, { cause: error }));
    this.kill();
  }

  #drawSyncMs(): number {
    const [least, most] = this.syncMs;
    return least + this.#random.int((most - least) * 10 + 1) / 10;
  }

  #onOperation(operation: DiskOperation, path: string): string | undefined {
    const asked = this.#sumOf(path) + operation.charCodeAt(0);
    this.digest = Math.imul(this.digest, 31) + asked | 0;
    if (--this.#operationsLeft < 0 && !this.#process!.isDead) {
      this.#options.world.say(`${this.name} dies at ${operation} of ${path}`);
      this.#end();
      // What is left of the function that runs meets a dead disk; the kernel tidies up after it.
      this.#options.world.clock.after(0, () => this.#tidyUp());
    }
    if (this.#process?.isDead) return "the process is gone";
    const reason = this.fault?.(operation, path);
    if (reason !== undefined && !this.isHurt) {
      this.isHurt = true;
      this.#options.world.say(`${this.name}: ${operation} of ${path} fails: ${reason}`);
    }
    return reason;
  }

  #sumOf(path: string): number {
    let sum = this.#sums.get(path);
    if (sum === undefined) {
      sum = 0;
      for (let i = 0; i < path.length; i++) sum = Math.imul(sum, 31) + path.charCodeAt(i) | 0;
      this.#sums.set(path, sum);
    }
    return sum;
  }

  #tell(level: LogLevel, event: string, fields: LogFields): void {
    if (level === "debug") return;
    const told = Object.entries(fields).map(([name, value]) => ` ${name}=${value}`).join("");
    this.#options.world.say(`    ${this.name} ${level} ${event}${told}`);
  }
}

/** The disk for as long as the process lives. */
function mortal(disk: Disk, process: HostProcess): Disk {
  return new Proxy(disk, {
    get(target, name) {
      const method = Reflect.get(target, name);
      if (typeof method !== "function") return method;
      return (...parameters: unknown[]) => {
        if (process.isDead) throw new StorageError("The process is gone", `${parameters[0]}`);
        return method.apply(target, parameters);
      };
    },
  });
}
