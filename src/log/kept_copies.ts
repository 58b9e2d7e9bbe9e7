/**
 * `.copies` in a log directory: what the small text files beside it hold. Nothing in Kafka's files
 * tells a changed digit from a right one, and a wrong start of a log brings deleted records back, a
 * wrong recovery point makes acknowledged ones pass for torn. Apache Kafka takes no notice of it.
 *
 *     1c9f3a02                                      CRC-32C of what follows, in hex
 *     {"version":0,"files":{"replication-offset-checkpoint":{"identity":"…","text":"0\n1\n…"}}}
 *
 * Nobody writes into those files: they are replaced, by us as by Apache Kafka, and a file that took
 * another's place has an identity of its own (see `Disk.stat`). So where the content differs from
 * the copy, and it is still the same file and as long, something has changed in it: that is told,
 * and the copy counts. Else somebody wrote it, by hand perhaps, or we did and lost power before the
 * copy was written: then the file counts. So the copy comes second, and one serves all files that
 * were written before it.
 *
 * In a folder that was copied all files are others. As long as the marker of a proper stop is the one
 * that we left, nobody has used it since, and one changed bit is damage there, too.
 */
import type { LogEvent } from "../base/mod.ts";
import { crc32c } from "../bytes/mod.ts";
import { type Disk, isDiskFull, replaceFile } from "../platform/mod.ts";
import { readText } from "./checkpoints.ts";

const COPIES_FILE = ".copies";
const VERSION = 0;

interface Copy {
  readonly identity: string;
  readonly text: string;
}

export class KeptCopies {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #log: LogEvent;
  readonly #copies: Map<string, Copy>;
  /** Files whose copy counts, and that are to be written again. */
  readonly #broken = new Set<string>();
  #isSaved = true;
  /** Nobody has used the folder since we did. */
  readonly #isAsLeft: boolean;

  /** @param marker a file that whoever uses the folder removes, or leaves with another content. */
  constructor(disk: Disk, folder: string, log: LogEvent, marker?: string) {
    this.#disk = disk;
    this.#folder = folder;
    this.#log = log;
    this.#copies = this.#load();
    const left = marker === undefined ? undefined : this.#copies.get(marker)?.text;
    this.#isAsLeft = left !== undefined && left === readText(disk, this.#pathOf(marker!));
  }

  /** What the file holds, or held before it broke; undefined when it is missing. */
  read(name: string): string | undefined {
    const path = this.#pathOf(name);
    const text = readText(this.#disk, path);
    if (text === undefined) {
      this.#forget(name);
      return undefined;
    }
    const { identity, size } = this.#disk.stat(path);
    const copy = this.#copies.get(name);
    if (copy?.text === text && copy.identity === identity) return text;
    const isSame = copy?.identity === identity && lengthOf(copy.text) === size;
    if (copy !== undefined && (isSame || this.#isAsLeft && this.#isBitOff(path, copy))) {
      if (!this.#broken.has(name)) {
        this.#log("error", "file has changed by itself, its copy is taken", { file: path });
      }
      this.#broken.add(name);
      return copy.text;
    }
    this.#keep(name, { identity, text });
    return text;
  }

  /** On the device when it returns, but for the copy: see {@link save}. */
  replace(name: string, text: string): void {
    const path = this.#pathOf(name);
    replaceFile(this.#disk, path, text);
    this.#broken.delete(name);
    this.#keep(name, { identity: this.#disk.stat(path).identity, text });
  }

  /** Writes what was broken again. On a full disk it stays as it is until the next start. */
  mend(): void {
    try {
      for (const name of this.#broken) this.replace(name, this.#copies.get(name)!.text);
    } catch (error) {
      if (!isDiskFull(error)) throw error;
    }
    this.save();
  }

  /**
   * Writes the copies, if one has changed. On a full disk they stay behind; they are of no use
   * then, and do no harm.
   */
  save(): void {
    if (this.#isSaved) return;
    const files = Object.fromEntries(this.#copies);
    const content = JSON.stringify({ version: VERSION, files }) + "\n";
    try {
      replaceFile(this.#disk, this.#pathOf(COPIES_FILE), `${sumOf(content)}\n${content}`);
      this.#isSaved = true;
    } catch (error) {
      if (!isDiskFull(error)) throw error;
    }
  }

  #isBitOff(path: string, { text }: Copy): boolean {
    const expected = encoder.encode(text);
    const found = this.#disk.readFile(path);
    if (found.length !== expected.length) return false;
    const changed = found.map((byte, i) => byte ^ expected[i]).filter((bits) => bits !== 0);
    return changed.length === 1 && (changed[0] & (changed[0] - 1)) === 0;
  }

  #keep(name: string, copy: Copy): void {
    this.#copies.set(name, copy);
    this.#isSaved = false;
  }

  #forget(name: string): void {
    if (this.#copies.delete(name)) this.#isSaved = false;
  }

  #pathOf(name: string): string {
    return `${this.#folder}/${name}`;
  }

  #load(): Map<string, Copy> {
    const text = readText(this.#disk, this.#pathOf(COPIES_FILE));
    if (text === undefined) return new Map();
    const content = text.slice(text.indexOf("\n") + 1);
    if (text !== `${sumOf(content)}\n${content}`) {
      this.#isSaved = false;
      this.#log("error", "copies of checkpoint files are broken, and made anew", {
        file: this.#pathOf(COPIES_FILE),
      });
      return new Map();
    }
    const { version, files } = JSON.parse(content);
    return new Map(version === VERSION ? Object.entries<Copy>(files) : []);
  }
}

const encoder = new TextEncoder();

const lengthOf = (text: string): number => encoder.encode(text).length;

function sumOf(content: string): string {
  return crc32c(encoder.encode(content)).toString(16).padStart(8, "0");
}
