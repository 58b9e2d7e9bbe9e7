/**
 * platform/memory: a world in memory, driven by a seed. Disks that lose what was not synced,
 * streams that push back, time that moves when told to. Tests and the simulator run whole nodes on
 * it in one thread.
 */
import type { Platform } from "../mod.ts";
import { SimulatedClock } from "./clock.ts";
import { MemoryDisk } from "./disk.ts";
import { MemoryNetwork } from "./network.ts";
import { MemoryProcess } from "./process.ts";
import { SeededRandom } from "./random.ts";
import { MemorySignals } from "./signals.ts";

export { MemoryDisk, MemoryNetwork, MemoryProcess, MemorySignals, SeededRandom, SimulatedClock };
export type { DiskOperation, MemoryDiskOptions } from "./disk.ts";
export { HostProcess } from "./host_process.ts";
export { type Begun, SimulatedHost } from "./simulated_host.ts";
export { GOOD_LINK, type LinkQuality, SimulatedNetwork } from "./simulated_network.ts";

export interface MemoryPlatform extends Platform {
  readonly disk: MemoryDisk;
  readonly network: MemoryNetwork;
  readonly clock: SimulatedClock;
  readonly random: SeededRandom;
  readonly signals: MemorySignals;
  readonly process: MemoryProcess;
}

/** A machine of its own; hand in a network and a clock to let several share them. */
export function memoryPlatform(
  { seed = 1, clock = new SimulatedClock(), network = new MemoryNetwork() }: {
    seed?: number;
    clock?: SimulatedClock;
    network?: MemoryNetwork;
  } = {},
): MemoryPlatform {
  return {
    disk: new MemoryDisk({ seed, clock }),
    network,
    clock,
    random: new SeededRandom(seed),
    signals: new MemorySignals(),
    process: new MemoryProcess(),
  };
}
