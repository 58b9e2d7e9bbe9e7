/**
 * platform/deno: the real world. The only place that names `Deno`, reads a clock, sets a timer or
 * rolls dice.
 */
import type { Platform } from "../mod.ts";
import { DenoDisk } from "./disk.ts";
import { DenoNetwork } from "./network.ts";
import { DenoProcess } from "./process.ts";
import { DenoSignals } from "./signals.ts";
import { DenoClock, DenoRandom } from "./time.ts";

export { DenoClock, DenoDisk, DenoNetwork, DenoProcess, DenoRandom, DenoSignals };

/** The machine that this process runs on. */
export function denoPlatform(): Platform {
  return {
    disk: new DenoDisk(),
    network: new DenoNetwork(),
    clock: new DenoClock(),
    random: new DenoRandom(),
    signals: new DenoSignals(),
    process: new DenoProcess(),
  };
}
