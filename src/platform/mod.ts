/**
 * platform: the outside world as interfaces. Disk, network, clock, chance, signals and the process
 * itself are handed to every room that needs them; `platform/deno/` makes them real,
 * `platform/memory/` keeps a whole node in memory and loses, tears and delays what a real machine
 * may. No other room names `Deno`, reads a clock, sets a timer or rolls dice.
 */
import type { Disk } from "./disk.ts";
import type { Network } from "./network.ts";
import type { ProcessInfo } from "./process.ts";
import type { Signals } from "./signals.ts";
import type { Clock, Random } from "./time.ts";

export * from "./disk.ts";
export * from "./network.ts";
export * from "./process.ts";
export * from "./signals.ts";
export * from "./threads.ts";
export * from "./time.ts";

/** All of the world that one node is given. */
export interface Platform {
  readonly disk: Disk;
  readonly network: Network;
  readonly clock: Clock;
  readonly random: Random;
  readonly signals: Signals;
  readonly process: ProcessInfo;
}
