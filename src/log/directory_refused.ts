/**
 * Log directories that are fine and not ours to use. A newer version may have written something of
 * which this one knows nothing: it is told in a sentence, before anything is changed, since what
 * is not understood is easily taken for broken and mended away.
 */
import { StorageError } from "../platform/mod.ts";

/**
 * Another process has the directory, another node or cluster owns it, or a newer version wrote it.
 * Never a reason to go on without it, as a disk that failed may be.
 */
export class DirectoryRefused extends StorageError {}

/** A file says that it is in a version of its format that is not known here. */
export class UnknownVersion extends Error {
  constructor(version: number | string, known: string) {
    super(`its version is ${version}, and this version of streamer reads ${known}`);
  }
}

export const newerFormat = (path: string, { message }: Error): DirectoryRefused =>
  new DirectoryRefused(
    `Cannot use ${path}: ${message}. Start the version that wrote it, or a newer one of this`,
    path,
  );
