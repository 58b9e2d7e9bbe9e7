/** A process that takes nothing, until a test says otherwise. */
import type { MemoryFigures, ProcessInfo } from "../process.ts";

export class MemoryProcess implements ProcessInfo {
  figures: MemoryFigures = { residentBytes: 0, heapUsedBytes: 0, externalBytes: 0 };
  open: number | undefined = 0;
  most: number | undefined = undefined;

  memory(): MemoryFigures {
    return this.figures;
  }

  cpuSeconds(): number {
    return 0;
  }

  openFiles(): number | undefined {
    return this.open;
  }

  maxOpenFiles(): number | undefined {
    return this.most;
  }
}
