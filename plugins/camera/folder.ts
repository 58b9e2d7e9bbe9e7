/**
 * Pictures from files: every JPEG and PNG of a folder in the order of their names, one at each
 * tick, round and round. The folder is looked at again whenever it has changed, so a file that is
 * put there is shown when its name's turn comes. A file that is still being written, is no picture,
 * or is too large is passed over.
 */

import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { PictureSplitter } from "./splitter.ts";

export interface FolderCounts {
  tooLarge: number;
  broken: number;
}

export class PictureFolder {
  readonly counts: FolderCounts = { tooLarge: 0, broken: 0 };
  readonly #path: string;
  readonly #maxFrameBytes: number;
  #names: string[] = [];
  #changedAt = -1;
  /** The name that was taken last; the next is the first one after it. */
  #last = "";

  constructor(options: { path: string; maxFrameBytes: number }) {
    this.#path = options.path;
    this.#maxFrameBytes = options.maxFrameBytes;
  }

  /**
   * The next picture, undefined when the folder has none now. Throws when there is no such folder.
   */
  async next(): Promise<Uint8Array | undefined> {
    await this.#look();
    for (let tries = 0; tries < this.#names.length; tries++) {
      const name = this.#names.find((name) => name > this.#last) ?? this.#names[0];
      this.#last = name;
      const picture = await this.#read(join(this.#path, name));
      if (picture !== undefined) return picture;
    }
    return undefined;
  }

  async #look(): Promise<void> {
    const { mtimeMs } = await stat(this.#path);
    // A change within the clock's grain of the last look may have been missed by it.
    if (mtimeMs === this.#changedAt && Date.now() - mtimeMs > 2000) return;
    this.#changedAt = mtimeMs;
    const names = await readdir(this.#path);
    this.#names = names.filter((name) => /\.(jpe?g|png)$/i.test(name)).sort();
  }

  async #read(path: string): Promise<Uint8Array | undefined> {
    try {
      const { size } = await stat(path);
      if (size > this.#maxFrameBytes) {
        this.counts.tooLarge++;
        return undefined;
      }
      const splitter = new PictureSplitter({ maxFrameBytes: this.#maxFrameBytes });
      const picture = splitter.push(await readFile(path))[0];
      if (picture === undefined) this.counts.broken++;
      return picture;
    } catch {
      return undefined; // gone since the folder was read, or not ours to read
    }
  }
}
