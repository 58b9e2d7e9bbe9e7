/**
 * The files that are in use, by the folder they lie in. One that is closed for a while is opened
 * again by its path, and so has to hear when that changes.
 */
export interface LiveFile {
  readonly path: string;
  /** It has another name from now on. */
  movedTo(path: string): void;
  /** Its name is about to go: who has it open uses it as before, so it must not be closed. */
  keepOpen(): void;
}

export class LiveFiles {
  readonly #byFolder = new Map<string, Set<LiveFile>>();

  add(file: LiveFile): void {
    const folder = folderOf(file.path);
    const files = this.#byFolder.get(folder);
    if (files) files.add(file);
    else this.#byFolder.set(folder, new Set([file]));
  }

  delete(file: LiveFile): void {
    const folder = folderOf(file.path);
    const files = this.#byFolder.get(folder);
    files?.delete(file);
    if (files?.size === 0) this.#byFolder.delete(folder);
  }

  /** Before a path goes, or is given to another file. */
  onRemove(path: string): void {
    for (const file of this.#at(path)) file.keepOpen();
  }

  /** After a file was renamed, or a folder with files in it. */
  onRenamed(from: string, to: string): void {
    for (const file of this.#at(from)) {
      this.delete(file);
      file.movedTo(to + file.path.slice(from.length));
      this.add(file);
    }
  }

  /** Those of the path, and those in the folder of the path; folders in folders have no files. */
  #at(path: string): LiveFile[] {
    const beside = this.#byFolder.get(folderOf(path)) ?? [];
    return [...[...beside].filter((file) => file.path === path), ...this.#byFolder.get(path) ?? []];
  }
}

const folderOf = (path: string) => path.slice(0, path.lastIndexOf("/"));
