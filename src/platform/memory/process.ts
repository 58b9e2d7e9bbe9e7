/** A process that takes nothing, until a test says otherwise. */
import type { MemoryFigures, ProcessInfo } from "../process.ts";

export class MemoryProcess implements ProcessInfo {
  figures: MemoryFigures = { residentBytes: 0, heapUsedBytes: 0, externalBytes: 0 };
  open: number | undefined = 0;
  most: number | undefined = undefined;

  name = "localhost";

  memory(): MemoryFigures {
    return this.figures;
  }

  cpuSeconds(): number {
    return 0;
  }

  openFiles(): number | undefined {
    return this.open;
  }

  hostName(): string {
    return this.name;
  }

  maxOpenFiles(): number | undefined {
    return this.most;
  }
}
