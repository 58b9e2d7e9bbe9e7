/** What the operating system says of this process: what it takes of the machine. */

export interface MemoryFigures {
  /** In the machine's memory now, as the kernel counts it. */
  readonly residentBytes: number;
  /** Of it, objects of the program that are in use. */
  readonly heapUsedBytes: number;
  /** Buffers that the program holds outside of that. */
  readonly externalBytes: number;
}

export interface ProcessInfo {
  memory(): MemoryFigures;
  /** Processor time so far, of all threads. */
  cpuSeconds(): number;
  /** Files and sockets that are open; undefined where the system does not say. */
  openFiles(): number | undefined;
  /** How many may be. */
  maxOpenFiles(): number | undefined;
  /** The machine's name in its network, as far as it knows. */
  hostName(): string;
}
