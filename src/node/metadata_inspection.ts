/**
 * A look through a metadata log before anything is written to it. A node that leads alone commits
 * whatever it finds, so it must know beforehand that it understands all of it: a directory that a
 * newer version wrote, or one of a quorum of several, is told of in a sentence and stays as it is.
 */
import { keyOf, noLog, type Offset } from "../base/mod.ts";
import { SUPPORTED_FEATURES } from "../controller/mod.ts";
import { KeptCopies, scanFolder } from "../log/mod.ts";
import {
  LATEST_METADATA_VERSION,
  METADATA_VERSION,
  MINIMUM_METADATA_VERSION,
} from "../metadata/mod.ts";
import { type Disk, StorageError } from "../platform/mod.ts";
import type { MetadataRecord } from "../protocol/mod.ts";
import { batchesOf, type BatchView } from "../records/mod.ts";
import { METADATA } from "./metadata_place.ts";
import {
  decodeSnapshot,
  parseSnapshotName,
  readBatch,
  readBootstrap,
} from "./metadata_snapshots.ts";
import { checkQuorumStateVersion, QUORUM_STATE_FILE } from "./quorum_state.ts";
import { changeIn, type KnownVoters, type VotersChange } from "./metadata_voters.ts";
import { type QuorumVoters, STATIC_VOTERS } from "./quorum_voters.ts";

/** The metadata is whole, and not for this version or this node: no older snapshot helps. */
export class NotOurs extends StorageError {}

/** Who votes: as of the newest snapshot, and where the log behind it changes that. */
export type InspectedMetadata = KnownVoters;

const NOTHING: InspectedMetadata = { voters: STATIC_VOTERS, areInLog: false, changes: [] };

/** Who votes at the log's end. */
export const votersAtEnd = ({ voters, changes }: InspectedMetadata): QuorumVoters =>
  changes.at(-1)?.voters ?? voters;

/** The same for the log directory that has the metadata, or what it was formatted with. */
export function inspectDirectory(disk: Disk, path: string): InspectedMetadata {
  const folder = `${path}/${keyOf(METADATA)}`;
  if (!disk.exists(folder)) checkFeatureLevels(readBootstrap(disk, path) ?? [], path);
  return inspectMetadata(disk, folder);
}

/**
 * Reads the files of a metadata log as they lie there; writes nothing.
 * Throws {@link NotOurs} for what is whole and not understood. What is broken is left to whoever
 * opens it.
 */
export function inspectMetadata(disk: Disk, folder: string): InspectedMetadata {
  if (!disk.exists(folder)) return NOTHING;
  try {
    const files = new KeptCopies(disk, folder, noLog); // who opens it tells what is wrong
    checkQuorumStateVersion(files.read(QUORUM_STATE_FILE) ?? "");
  } catch (cause) {
    throw notOurs("", `${folder}/${QUORUM_STATE_FILE}`, cause);
  }
  let from = 0;
  let voters = STATIC_VOTERS;
  const names = disk.list(folder).map(({ name }) => name)
    .filter((name) => parseSnapshotName(name) !== undefined);
  for (const name of names.toReversed()) {
    const path = `${folder}/${name}`;
    const bytes = disk.readFile(path);
    try {
      const snapshot = decodeSnapshot(bytes);
      checkFeatureLevels(snapshot.records, folder);
      from = parseSnapshotName(name)!.endOffset;
      voters = snapshot.voters;
      break;
    } catch (cause) {
      if (cause instanceof StorageError) throw cause;
      if (isSummedUp(bytes)) throw notOurs("", path, cause);
    }
  }
  const changes: VotersChange[] = [];
  scanFolder(disk, folder, from, (batch) => {
    try {
      check(batch, from, folder);
      const change = changeIn(batch, changes.at(-1)?.voters ?? voters);
      if (change !== undefined) changes.push(change);
    } catch (cause) {
      throw notOurs(` at offset ${batch.baseOffset}`, folder, cause);
    }
  });
  return { voters, areInLog: from > 0, changes };
}

function notOurs(where: string, path: string, cause: unknown): StorageError {
  if (cause instanceof StorageError) return cause;
  const why = (cause as Error).message;
  return new NotOurs(
    `Cannot use ${path}${where}: ${why}. If a newer version wrote it, start that one`,
    path,
    { cause },
  );
}

/** Nothing in it was damaged: what can't be read in it was written so. */
function isSummedUp(bytes: Uint8Array): boolean {
  try {
    let next = 0;
    return [...batchesOf(bytes)].every((batch) => {
      const isNext = batch.baseOffset === next;
      next = batch.nextOffset;
      return isNext && batch.isCrcValid();
    });
  } catch {
    return false;
  }
}

function check(batch: BatchView, from: Offset, folder: string): void {
  const entries = readBatch(batch).filter(({ offset }) => offset >= from);
  checkFeatureLevels(entries.flatMap(({ record }) => record ?? []), folder);
  for (const { offset, control } of entries) {
    if (control?.type !== "UNKNOWN") continue;
    throw new Error(`the control record at ${offset} is of type ${control.typeNumber}`);
  }
}

/** Throws StorageError when the records say a level of a feature that is not understood. */
export function checkFeatureLevels(records: readonly MetadataRecord[], folder: string): void {
  for (const { type, value } of records) {
    if (type !== "FeatureLevelRecord") continue;
    const { name, featureLevel } = value;
    if (name !== METADATA_VERSION) {
      checkFeatureLevel(name, featureLevel, folder);
      continue;
    }
    if (featureLevel >= MINIMUM_METADATA_VERSION && featureLevel <= LATEST_METADATA_VERSION) {
      continue;
    }
    const [is, meant] = featureLevel > LATEST_METADATA_VERSION
      ? ["newer", "Start the version that wrote it, or a newer one of this"]
      : ["older", "Upgrade it with an Apache Kafka between the two first"];
    throw new NotOurs(
      `Cannot use ${folder}: its ${METADATA_VERSION} ${featureLevel} is ${is} than ` +
        `${MINIMUM_METADATA_VERSION} to ${LATEST_METADATA_VERSION}, which this version reads. ${meant}`,
      folder,
    );
  }
}

/** Of those beside metadata.version; level 0 is one that is not used. */
function checkFeatureLevel(name: string, level: number, folder: string): void {
  const highest = SUPPORTED_FEATURES.find((feature) => feature.name === name)?.maxSupportedVersion;
  if (level <= (highest ?? 0)) return;
  throw new NotOurs(
    `Cannot use ${folder}: its ${name} is ${level}, and this version knows ` +
      `${highest === undefined ? "no such feature" : `it up to ${highest}`}. ` +
      `Start the version that wrote it, or a newer one of this`,
    folder,
  );
}
