/**
 * All of the broker's `log.dirs` together (KIP-112, KIP-858), so that nobody above has to know in
 * which of them a partition lies.
 *
 * Each directory belongs to the same node of the same cluster, or the node does not start. One that
 * can't be opened, or fails later, is offline alone: what lies in it can't be had until the next
 * start, and nothing of it is made anew elsewhere, since that would be an empty partition under the
 * name of a full one. The last one to fail, and the one with the metadata, take the node along.
 *
 * A partition that is new goes where the fewest are; one that the metadata says is in a directory
 * is looked for there and nowhere else.
 */
import { keyOf, type TopicId, type TopicPartition, type Uuid } from "../base/mod.ts";
import { LIMITS, type OnLimit, type TopicConfig } from "../config/mod.ts";
import { type DiskSpace, isDiskFull, StorageError } from "../platform/mod.ts";
import { KafkaError } from "../protocol/mod.ts";
import { readIdentity } from "./directory_identity.ts";
import { KeptCopies } from "./kept_copies.ts";
import { DirectoryRefused } from "./directory_refused.ts";
import { type LogDirectory, openLogDirectory, type OpenOptions } from "./log_directory.ts";
import { copyStart } from "./log_copy.ts";
import type { PartitionLog } from "./partition_log.ts";

/** So many wishes for partitions that do not exist yet are remembered. */
const MAX_WISHES = LIMITS["directory.wishes"].fixed;

/** A folder and three small files, a block each. */
const NEW_PARTITION_BYTES = 16 * 1024;

export interface OpenAllOptions extends Omit<OpenOptions, "path"> {
  /** `log.dirs`, as full paths. */
  readonly paths: readonly string[];
  /** `metadata.log.dir`; it may lie outside `paths`. Default the first of them. */
  readonly metadataPath?: string;
}

/** One of `log.dirs` as it is now. */
export interface DirectoryState {
  readonly path: string;
  /** Undefined for one that could not be opened. */
  readonly directory: LogDirectory | undefined;
  readonly isOffline: boolean;
}

/** Where a partition is to be made that is not there. */
export interface Placement {
  /** The id of the directory that the metadata says it is in; undefined when it says none. */
  readonly assigned?: Uuid;
  /** It never was anywhere: the topic, or the partition, has just been created. */
  readonly isNew: boolean;
  /** Other brokers have all of it, and this one is not relied on: it may begin with nothing. */
  readonly isElsewhere?: boolean;
}

export type FailureListener = (directory: LogDirectory, error: StorageError) => void;

/**
 * Opens all of them. Throws StorageError when one is not ours, when the one with the metadata can't
 * be opened, or when none can.
 */
export async function openLogDirectories(options: OpenAllOptions): Promise<LogDirectories> {
  const { paths, metadataPath = paths[0], disk, log } = options;
  const opened = new Map<string, LogDirectory>();
  let { clusterId } = options;
  try {
    const unreadable = new Map<string, unknown>();
    for (const path of inOrderOfAge(options, metadataPath, unreadable)) {
      try {
        // Not read again: the next read of a disk that fails may bring anything.
        if (unreadable.has(path)) throw unreadable.get(path);
        const inspect = path === metadataPath ? options.inspect : undefined;
        const directory = await openLogDirectory({ ...options, path, clusterId, inspect });
        clusterId = directory.knownClusterId ?? clusterId;
        opened.set(path, directory);
      } catch (error) {
        const mayGoWithout = error instanceof StorageError && !(error instanceof DirectoryRefused);
        if (!mayGoWithout || path === metadataPath) throw error;
        log("error", "log directory offline", { path, file: error.path, reason: error.message });
      }
    }
    checkIds(opened);
    if (!paths.some((path) => opened.has(path))) {
      throw new StorageError(`Cannot use any of ${paths.join(", ")}`, paths[0]);
    }
    return new LogDirectories(
      paths,
      opened,
      opened.get(metadataPath)!,
      disk.space.bind(disk),
      options.figures?.limited,
    );
  } catch (error) {
    for (const directory of opened.values()) directory.release();
    throw error;
  }
}

/** The metadata's first, then those that know their cluster, so that a new one learns it. */
function inOrderOfAge(
  { paths, disk }: OpenAllOptions,
  metadataPath: string,
  unreadable: Map<string, unknown>,
): string[] {
  const isKnown = (path: string) => {
    try {
      const identity = readIdentity(new KeptCopies(disk, path, () => {}), path);
      return identity?.clusterId !== undefined;
    } catch (error) {
      unreadable.set(path, error);
      return false;
    }
  };
  const others = paths.filter((path) => path !== metadataPath);
  const old = new Set(others.filter(isKnown));
  const metadataIsNew = !isKnown(metadataPath);
  const known = [...old];
  const fresh = others.filter((path) => !old.has(path));
  return metadataIsNew ? [...known, metadataPath, ...fresh] : [metadataPath, ...known, ...fresh];
}

/** A directory that was copied with its `meta.properties` would pass for the other. */
function checkIds(opened: ReadonlyMap<string, LogDirectory>): void {
  const seen = new Map<Uuid, string>();
  for (const [path, { directoryId }] of opened) {
    const other = seen.get(directoryId);
    if (other !== undefined) {
      throw new DirectoryRefused(
        `Cannot use ${path}: it has the directory.id of ${other}, ${directoryId}`,
        path,
      );
    }
    seen.set(directoryId, path);
  }
}

export class LogDirectories {
  /** Where `__cluster_metadata` lies. */
  readonly metadata: LogDirectory;
  readonly #paths: readonly string[];
  readonly #opened: ReadonlyMap<string, LogDirectory>;
  readonly #spaceOf: (path: string) => DiskSpace;
  readonly #onLimit: OnLimit;
  /** Where a partition shall be made once it is created (AlterReplicaLogDirs before that). */
  readonly #wishes = new Map<string, string>();
  /** Of `log.dirs`, those that get no new partitions (`cordoned.log.dirs`). */
  #cordoned: (path: string) => boolean = () => false;

  /** Use {@link openLogDirectories}. */
  constructor(
    paths: readonly string[],
    opened: ReadonlyMap<string, LogDirectory>,
    metadata: LogDirectory,
    spaceOf: (path: string) => DiskSpace,
    onLimit: OnLimit = () => {},
  ) {
    this.#onLimit = onLimit;
    this.#paths = paths;
    this.#opened = opened;
    this.metadata = metadata;
    this.#spaceOf = spaceOf;
  }

  /** Of a node that knows it. */
  get clusterId(): string {
    return this.metadata.clusterId;
  }

  /** Undefined while the node has not heard of it. */
  get knownClusterId(): string | undefined {
    return this.metadata.knownClusterId;
  }

  /** The node takes the cluster's id over; each directory keeps it. Throws StorageError. */
  joinCluster(clusterId: string): void {
    for (const directory of [this.metadata, ...this.#all()]) {
      if (!directory.isOffline) directory.joinCluster(clusterId);
    }
  }

  /** Of the last stop, if it was a clean one in all of them; -1 after any other. */
  get previousBrokerEpoch(): number {
    const epochs = new Set(
      this.states().map(({ directory }) => directory?.previousBrokerEpoch ?? -1),
    );
    return epochs.size === 1 ? [...epochs][0] : -1;
  }

  /** In the order of `log.dirs`. */
  states(): DirectoryState[] {
    return this.#paths.map((path) => {
      const directory = this.#opened.get(path);
      return { path, directory, isOffline: directory?.isOffline ?? true };
    });
  }

  /** Those that work, in the order of `log.dirs`. */
  online(): LogDirectory[] {
    return this.states().flatMap(({ directory, isOffline }) =>
      directory === undefined || isOffline ? [] : [directory]
    );
  }

  get hasOffline(): boolean {
    return this.states().some(({ isOffline }) => isOffline);
  }

  /** Nothing works any more: no directory is left, or the metadata's is lost. */
  get isOffline(): boolean {
    return this.metadata.isOffline || this.online().length === 0;
  }

  spaceOf(path: string): DiskSpace {
    return this.#spaceOf(path);
  }

  /**
   * Throws KafkaError KAFKA_STORAGE_ERROR when there is no room for so many new partitions, empty as
   * they are. Where it can't be told, there is.
   */
  checkRoomFor(partitions: number): void {
    const freeBytes = this.#freeBytes();
    if (partitions * NEW_PARTITION_BYTES <= freeBytes) return;
    throw new KafkaError(
      "KAFKA_STORAGE_ERROR",
      `Cannot make ${partitions} partitions: they need ${
        partitions * NEW_PARTITION_BYTES
      } bytes, ` +
        `and of log.dirs ${freeBytes} are free. Delete topics or records, or enlarge the disk`,
    );
  }

  /** Where new partitions go. A file system counts once, and one that counts no blocks has room. */
  #freeBytes(): number {
    const free = new Map<string, number>();
    try {
      for (const { path } of this.#openToNew()) {
        const { totalBytes, freeBytes, fileSystem } = this.#spaceOf(path);
        free.set(fileSystem, totalBytes === 0 ? Infinity : freeBytes);
      }
    } catch (error) {
      if (error instanceof StorageError) return Infinity;
      throw error;
    }
    return [...free.values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  /** Those that work and are not cordoned; where all are, all of them. */
  #openToNew(): LogDirectory[] {
    const online = this.online();
    const free = online.filter(({ path }) => !this.#cordoned(path));
    return free.length > 0 ? free : online;
  }

  isCordoned(path: string): boolean {
    return this.#cordoned(path);
  }

  /** `cordoned.log.dirs` as it is now. */
  cordon(isCordoned: (path: string) => boolean): void {
    this.#cordoned = isCordoned;
  }

  /** Calls back when one fails, the metadata's included. */
  onFailure(listener: FailureListener): void {
    for (const directory of this.#all()) {
      directory.onFailure((error) => listener(directory, error));
    }
  }

  /** Calls back each time when something of a log is found to be damaged that was not before. */
  onDamaged(listener: (log: PartitionLog) => void): void {
    for (const directory of this.#all()) directory.onDamaged(listener);
  }

  /** See `LogDirectory.lacksRecords`. */
  lacksRecords(isCompacted: (topic: string) => boolean): boolean {
    return this.online().some((directory) => directory.lacksRecords(isCompacted));
  }

  /** Is the disk of one of them full? What does not fit there is refused. */
  get isFull(): boolean {
    return this.online().some(({ isFull }) => isFull);
  }

  /** Calls back each time when the disk of one of them has become full. */
  onFull(listener: () => void): void {
    for (const directory of this.#all()) directory.onFull(listener);
  }

  /** Calls back each time when the disk of one of them is not full any more. */
  onRoom(listener: (directory: LogDirectory) => void): void {
    for (const directory of this.#all()) directory.onRoom(() => listener(directory));
  }

  /** Sets room aside on each of their disks for when it is full. */
  prepareForFull(): void {
    this.#each((directory) => directory.prepareForFull());
  }

  /** All that can be had, in any directory. */
  *partitions(): Generator<PartitionLog> {
    for (const directory of this.#all()) {
      if (!directory.isOffline) yield* directory.partitions();
    }
  }

  /** The directory that the partition lies in; undefined when none that works has it. */
  directoryOf(topicPartition: TopicPartition): LogDirectory | undefined {
    return this.online().find((directory) => directory.get(topicPartition) !== undefined);
  }

  /** All directories that it lies in: more than one only after a crash, or by somebody's hand. */
  directoriesOf(topicPartition: TopicPartition): LogDirectory[] {
    return this.online().filter((directory) => directory.get(topicPartition) !== undefined);
  }

  get(topicPartition: TopicPartition): PartitionLog | undefined {
    return this.directoryOf(topicPartition)?.get(topicPartition);
  }

  /** Remembers where a partition is wanted that does not exist yet. */
  wish(topicPartition: TopicPartition, path: string): void {
    const name = keyOf(topicPartition);
    this.#wishes.delete(name);
    if (this.#wishes.size === MAX_WISHES) {
      this.#onLimit("directory.wishes");
      this.#wishes.delete(this.#wishes.keys().next().value!);
    }
    this.#wishes.set(name, path);
  }

  /**
   * The partition's log, made when it is missing and may be made: it is new, or all directories
   * work and so it is nowhere. One whose directory is not among them may be made when others have
   * it: that disk was replaced. Throws KafkaError KAFKA_STORAGE_ERROR when it may lie in a directory
   * that is offline, or that has been taken out of `log.dirs` while it was being moved from there;
   * when all disks are full (the cause tells that); and what `LogDirectory.create` throws. Apache
   * Kafka makes an unfinished copy the partition in
   * that case, and loses what was acknowledged since it was complete.
   */
  create(
    topicPartition: TopicPartition,
    id: TopicId,
    config: TopicConfig,
    { assigned, isNew, isElsewhere = false }: Placement = { isNew: true },
  ): PartitionLog {
    const holder = this.directoryOf(topicPartition);
    if (holder !== undefined) return holder.create(topicPartition, id, config);
    const wanted = assigned === undefined
      ? undefined
      : this.online().find(({ directoryId }) => directoryId === assigned);
    const mayBegin = isElsewhere && !this.hasOffline;
    if (assigned !== undefined && wanted === undefined && !mayBegin) {
      throw offline(topicPartition, "the directory that it lies in is offline");
    }
    if (!isNew && this.hasOffline) {
      throw offline(topicPartition, "it is nowhere, and may be in a directory that is offline");
    }
    const copy = this.futureOf(topicPartition);
    if (copy?.log.topicId === id) {
      throw offline(
        topicPartition,
        `all that is there of it is ${copy.log.folder}, a copy that may be unfinished. Put the ` +
          `directory that it was being moved from back into log.dirs or, if that is lost, rename ` +
          `the copy to ${keyOf(topicPartition)}`,
      );
    }
    let full: StorageError | undefined;
    for (const directory of wanted === undefined ? this.#placesFor(topicPartition) : [wanted]) {
      try {
        const log = directory.create(topicPartition, id, config);
        this.#wishes.delete(keyOf(topicPartition));
        return log;
      } catch (error) {
        if (!(error instanceof StorageError)) throw error;
        if (isDiskFull(error)) full = error;
      }
    }
    if (full !== undefined) throw offline(topicPartition, full.message, full);
    throw offline(topicPartition, "no log directory is left");
  }

  /** Those that work, best first: the one that is wished for, else the one with the fewest. */
  #placesFor(topicPartition: TopicPartition): LogDirectory[] {
    const wish = this.#wishes.get(keyOf(topicPartition));
    const wished = this.online().filter(({ path }) => path === wish);
    if (wished.length > 0) return wished;
    return this.#openToNew().sort((a, b) => a.partitionCount - b.partitionCount);
  }

  /** Of a directory that fails in this nothing can be had any more either, and others go on. */
  delete(topicPartition: TopicPartition): void {
    this.#each((directory) => {
      directory.deleteFuture(topicPartition);
      directory.delete(topicPartition);
    });
  }

  /** What is deleted in the meantime costs one sync in each directory, not one each. */
  deleteTogether(run: () => void): void {
    this.#each((directory) => directory.beginDeletions());
    try {
      run();
    } finally {
      this.#each((directory) => directory.endDeletions());
    }
  }

  /** Gives up the copy that is being made of a partition. Fine when there is none. */
  deleteFuture(topicPartition: TopicPartition): void {
    this.#each((directory) => directory.deleteFuture(topicPartition));
  }

  /** The copy that is being made of a partition, and where. */
  futureOf(topicPartition: TopicPartition): { directory: LogDirectory; log: PartitionLog } | void {
    for (const directory of this.online()) {
      const log = directory.future(topicPartition);
      if (log !== undefined) return { directory, log };
    }
  }

  /** Begins a copy of the partition's log in another directory. */
  beginMove(original: PartitionLog, target: LogDirectory): PartitionLog {
    const { topicPartition, topicId: id, config } = original;
    return target.createFuture(topicPartition, { id, config, startOffset: copyStart(original) });
  }

  /**
   * The copy takes the original's place: from this turn on it is the partition. It must be
   * complete. The copy gets its name first, so that a crash leaves two rather than none.
   */
  finishMove(original: PartitionLog, target: LogDirectory): PartitionLog {
    const { topicPartition } = original;
    const source = this.directoryOf(topicPartition)!;
    target.future(topicPartition)!.completeFrom(original);
    const moved = target.promoteFuture(topicPartition);
    try {
      source.cleaned.moveTo(target.cleaned, topicPartition);
      source.delete(topicPartition);
      source.checkpoint();
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      // That directory is lost, and nothing is missing by it.
    }
    return moved;
  }

  /** Writes down what each log knows; what fails one directory does not keep the others from it. */
  checkpoint(): void {
    this.#each((directory) => directory.checkpoint());
  }

  applyRetention(now: number): void {
    this.#each((directory) => directory.applyRetention(now));
  }

  #each(run: (directory: LogDirectory) => void): void {
    for (const directory of this.#all()) {
      if (directory.isOffline) continue;
      try {
        run(directory);
      } catch (error) {
        if (!(error instanceof StorageError)) throw error; // it has told its listeners
      }
    }
  }

  /** The proper stop of each; of one that is offline, only what is open is closed. */
  async close(options: { brokerEpoch?: number } = {}): Promise<void> {
    const ended = await Promise.allSettled(this.#all().map((each) => each.close(options)));
    const failed = ended.find(({ status }) => status === "rejected") as
      | PromiseRejectedResult
      | undefined;
    if (failed !== undefined && this.isOffline) throw failed.reason;
  }

  #all(): LogDirectory[] {
    return [...new Set([...this.#opened.values(), this.metadata])];
  }
}

const offline = (topicPartition: TopicPartition, why: string, cause?: StorageError): KafkaError =>
  new KafkaError("KAFKA_STORAGE_ERROR", `Cannot open ${keyOf(topicPartition)}: ${why}`, { cause });

/** Of two logs of one partition the one that was led last, then the longer one. */
export function isNewer(a: PartitionLog, b: PartitionLog): boolean {
  const [epochOfA, epochOfB] = [a.latestEpoch ?? -1, b.latestEpoch ?? -1];
  return epochOfA !== epochOfB ? epochOfA > epochOfB : a.logEndOffset > b.logEndOffset;
}
