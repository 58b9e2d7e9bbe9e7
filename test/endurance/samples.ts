/**
 * Samples of a process while it serves, and whether they are flat. "Flat" is a rule, so that nobody
 * has to look at a curve: of a stretch without a restart and under a steady load the first quarter
 * is left out (code is compiled, caches fill, the heap finds its size); the rest is cut into six
 * windows; through their medians goes the line whose slope is the median of all slopes between two
 * of them (Theil and Sen: one odd window does not move it). What that line gains over the rest must
 * be within the allowance.
 */
export interface Sample {
  /** Since the process was ready, in seconds. */
  readonly age: number;
  readonly rssMiB: number;
  readonly sockets: number;
  /** Open files. */
  readonly files: number;
  /**
   * Of these, what no log that is there explains (two handles each, one to write and one to sync):
   * files that are deleted, a third handle, files elsewhere.
   */
  readonly unexplained: number;
  readonly diskMiB: number;
  /** How long a small request took to be answered, in milliseconds. */
  readonly pingMs: number;
  /** Of one core, since the sample before. */
  readonly cpu: number;
}

export interface Trend {
  /** Medians of the windows, in order of time. */
  readonly windows: number[];
  /** What the line gains from the first window to the last. */
  readonly gain: number;
  readonly allowed: number;
  readonly isFlat: boolean;
}

const WINDOWS = 6, LEFT_OUT = 0.25;

/** May grow by a share of where it begins, and by a constant besides. */
export interface Allowance {
  readonly share: number;
  readonly more: number;
}

export function trendOf(values: readonly number[], { share, more }: Allowance): Trend {
  const judged = values.slice(Math.floor(values.length * LEFT_OUT));
  const windows = Array.from({ length: WINDOWS }, (_, at) => {
    const [from, to] = [at, at + 1].map((i) => Math.floor(i * judged.length / WINDOWS));
    return median(judged.slice(from, Math.max(to, from + 1)));
  });
  const slopes = windows.flatMap((a, i) => windows.slice(i + 1).map((b, j) => (b - a) / (j + 1)));
  const gain = median(slopes) * (WINDOWS - 1);
  const allowed = share * windows[0] + more;
  return { windows, gain, allowed, isFlat: gain <= allowed };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
}

/** Resident memory and open files of a process, as the kernel tells them. */
export function lookAt(
  pid: number,
  folders: readonly string[],
): Pick<Sample, "rssMiB" | "sockets" | "files" | "unexplained"> {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  let [sockets, files, unexplained] = [0, 0, 0];
  const handles = new Map<string, number>();
  for (const { name } of Deno.readDirSync(`/proc/${pid}/fd`)) {
    const target = linkOf(`/proc/${pid}/fd/${name}`);
    if (target.startsWith("socket:")) sockets++;
    if (!target.startsWith("/")) continue;
    files++;
    const before = handles.get(target) ?? 0;
    handles.set(target, before + 1);
    const isOurs = folders.some((folder) => target.startsWith(`${folder}/`));
    if (!isOurs || before >= 2 || target.endsWith(" (deleted)")) unexplained++;
  }
  const rssMiB = Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024;
  return { rssMiB, sockets, files, unexplained };
}

function linkOf(path: string): string {
  try {
    return Deno.readLinkSync(path);
  } catch {
    return ""; // closed meanwhile
  }
}

/** Seconds of processor time that a process has used. */
export function cpuSeconds(pid: number): number {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** How many MiB all files below folders have. */
export function sizeBelow(folders: readonly string[]): number {
  let bytes = 0;
  const visit = (folder: string) => {
    for (const { name, isDirectory } of entries(folder)) {
      const path = `${folder}/${name}`;
      if (isDirectory) visit(path);
      else bytes += sizeOf(path);
    }
  };
  folders.forEach(visit);
  return bytes / 2 ** 20;
}

function entries(folder: string): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(folder)];
  } catch {
    return []; // deleted meanwhile
  }
}

function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return 0; // deleted meanwhile
  }
}
