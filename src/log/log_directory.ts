/**
 * One of the broker's `log.dirs`: a folder that belongs to one node of one cluster, with a folder
 * for each of its partitions.
 *
 *     meta.properties                     whose it is
 *     .lock                               held while a process uses it
 *     .kafka_cleanshutdown                there after a proper stop only
 *     .reserve                            room that is given up on a full disk
 *     .copies                             of the text files here, should a bit of them change
 *     recovery-point-offset-checkpoint, replication-offset-checkpoint, log-start-offset-checkpoint
 *     orders-0/ orders-1/ …               partitions
 *     orders-2.<id>-delete/               a deleted one whose files are still to go
 *     orders-3.<id>-future/               one that is being copied here from another directory
 *
 * Nothing is touched before all of it was looked at, so that what a newer version wrote is refused
 * as it is. The clean marker stays until all is open, or something must be mended: a start that is
 * given up leaves a clean directory clean. When the disk fails one partition, the whole directory
 * is offline: nobody can tell what else it will fail. When it is only full, what does not fit is
 * refused, and all else goes on (see `disk_room.ts`).
 */
import {
  assert,
  keyOf,
  type LogEvent,
  METADATA_TOPIC,
  type Offset,
  type TopicId,
  topicId,
  type TopicPartition,
  type Uuid,
  ZERO_UUID,
} from "../base/mod.ts";
import { randomUuid, uuidToBytes } from "../bytes/mod.ts";
import { type BrokerConfig, TopicConfig } from "../config/mod.ts";
import {
  type Clock,
  type Disk,
  isDiskFull,
  orRemove,
  type Random,
  StorageError,
} from "../platform/mod.ts";
import { KafkaError } from "../protocol/mod.ts";
import { type CheckpointedOffsets, DirectoryCheckpoints } from "./directory_checkpoints.ts";
import { claimDirectory, makeLastingDirectory, writeCluster } from "./directory_identity.ts";
import { DoomedFolders } from "./doomed_folders.ts";
import { DirectoryRefused } from "./directory_refused.ts";
import {
  type DirectoryStage,
  parseDirectoryName,
  parseStagedDirectoryName,
  stagedDirectoryName,
} from "./file_names.ts";
import type { MetaProperties } from "./meta_properties.ts";
import { KeptCopies } from "./kept_copies.ts";
import { Opening, type OpeningOptions } from "./opening.ts";
import { PARTITION_METADATA_FILE, writePartitionMetadata } from "./partition_metadata.ts";
import type { Steps } from "./steps.ts";
import { type FoundPartition, type SurveyedPartition, surveyPartition } from "./survey.ts";
import type { LogFigures } from "./log_figures.ts";
import { CleanerCheckpoint } from "./cleaner/checkpoint.ts";
import { DiskRoom } from "./disk_room.ts";
import { PartitionLog } from "./partition_log.ts";
import type { LogRoom, PartitionLogOptions } from "./partition_log_types.ts";
import type { RecordSource } from "./repair/record_source.ts";
import { type Repaired, repairLog } from "./repair/repair_log.ts";
import { SpaceReserve } from "./space_reserve.ts";

const LOCK_FILE = ".lock";
const CLEAN_FILE = ".kafka_cleanshutdown";
/** Logs that are put on the device side by side: many share what the device does at once. */
const CLOSED_AT_ONCE = 64;

export interface OpenOptions extends Pick<OpeningOptions, "signal" | "onProgress"> {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
  /** Made when it is missing. */
  readonly path: string;
  readonly nodeId: number;
  /**
   * Must be the directory's, when it has one; a new directory without it begins a cluster of its
   * own.
   */
  readonly clusterId?: string;
  /** A new directory without it is told later: see {@link LogDirectory.joinCluster}. */
  readonly awaitsCluster?: boolean;
  readonly brokerConfig: BrokerConfig;
  readonly log: LogEvent;
  readonly figures?: LogFigures;
  /** A look at what lies here before anything is touched; may throw. */
  readonly inspect?: () => void;
}

/**
 * Takes the directory for this process and opens every partition in it. Throws StorageError when
 * another process has it, when it belongs to another node or cluster, or when it can't be read.
 */
export async function openLogDirectory(options: OpenOptions): Promise<LogDirectory> {
  const { disk, path } = options;
  makeLastingDirectory(disk, path);
  const lock = disk.lock(`${path}/${LOCK_FILE}`);
  if (!lock) {
    const owner = disk.lockOwner(`${path}/${LOCK_FILE}`);
    const who = owner === undefined ? "another process" : `process ${owner}`;
    throw new DirectoryRefused(`Cannot use ${path}: ${who} is using it`, path);
  }
  let directory: LogDirectory | undefined;
  try {
    directory = new LogDirectory(options, lock);
    await directory.load();
    return directory;
  } catch (error) {
    if (directory) directory.release();
    else lock.release();
    throw error;
  }
}

export class LogDirectory {
  readonly path: string;
  /** The last stop was a proper one. */
  readonly wasCleanShutdown: boolean;
  /** The broker epoch of that stop; -1 after any other. */
  readonly previousBrokerEpoch: number;
  /** Up to where compacted logs were cleaned. */
  readonly cleaned: CleanerCheckpoint;
  readonly #options: OpenOptions;
  readonly #lock: { release(): void };
  readonly #files: KeptCopies;
  #meta: MetaProperties;
  readonly #logs = new Map<string, PartitionLog>();
  /** Copies that are being made here, to take the place of logs in other directories. */
  readonly #futures = new Map<string, PartitionLog>();
  readonly #checkpoints: DirectoryCheckpoints;
  /** Committed up to here when they were last seen, and not there when the directory was opened. */
  readonly #missing = new Map<string, Offset>();
  readonly #failureListeners = new Set<(error: StorageError) => void>();
  readonly #room: DiskRoom;
  readonly #damageListeners = new Set<(log: PartitionLog) => void>();
  readonly #roomListeners = new Set<() => void>();
  readonly #fullListeners = new Set<() => void>();
  readonly #doomed: DoomedFolders;
  /** Topics' settings before the metadata is read. */
  #defaults: TopicConfig | undefined;
  /** Logs that end before their recovery point, or before what was committed. */
  readonly #endingEarly = new Set<PartitionLog>();
  #failure: StorageError | undefined;
  #isClosed = false;

  /** Use {@link openLogDirectory}. */
  constructor(options: OpenOptions, lock: { release(): void }) {
    this.#options = options;
    this.#lock = lock;
    this.path = options.path;
    this.#files = new KeptCopies(options.disk, options.path, options.log, CLEAN_FILE);
    this.#checkpoints = new DirectoryCheckpoints(this.#files, options.path);
    this.#meta = claimDirectory({ ...options, files: this.#files });
    this.#room = this.#openRoom();
    const { disk, clock, path } = options;
    const attemptLater = (run: () => void) => this.#attemptLater(run);
    this.#doomed = new DoomedFolders({ disk, clock, path, attemptLater });
    const brokerEpoch = this.#readCleanMarker();
    this.wasCleanShutdown = brokerEpoch !== undefined;
    this.previousBrokerEpoch = brokerEpoch ?? -1;
    this.cleaned = new CleanerCheckpoint(this.#files, this.path, (error) => this.#fail(error));
  }

  /** Of a directory that was told. */
  get clusterId(): string {
    const { clusterId } = this.#meta;
    assert(clusterId !== undefined, `${this.path} is of no cluster yet`);
    return clusterId;
  }

  /** Undefined while nobody has told it. */
  get knownClusterId(): string | undefined {
    return this.#meta.clusterId;
  }

  /** The cluster that it is of from now on. It must be of none. Throws StorageError. */
  joinCluster(clusterId: string): void {
    if (this.#meta.clusterId === clusterId) return;
    assert(this.#meta.clusterId === undefined, `${this.path} is of another cluster`);
    this.#checkUsable();
    this.#attempt(() => {
      this.#meta = writeCluster(this.#files, this.#meta, clusterId);
      this.#files.save();
    });
  }

  get directoryId(): Uuid {
    return this.#meta.directoryId;
  }

  get nodeId(): number {
    return this.#meta.nodeId;
  }

  /** The disk has failed; nothing here can be read or written until the next start. */
  get isOffline(): boolean {
    return this.#failure !== undefined;
  }

  #openRoom(): DiskRoom {
    const { disk, clock, random, path, brokerConfig, log } = this.#options;
    const wantedBytes = brokerConfig.get("log.dir.reserve.bytes");
    return new DiskRoom({
      disk,
      clock,
      path,
      log,
      reserve: new SpaceReserve({ disk, random, folder: path, wantedBytes }),
      onFull: () => {
        this.#hurryDeletions();
        this.#fullListeners.forEach((listener) => listener());
      },
      onRoom: () => this.#roomListeners.forEach((listener) => listener()),
      onFailure: (error) => this.#fail(error),
    });
  }

  /** Something did not fit on its disk, and there is no room yet. */
  get isFull(): boolean {
    return this.#room.isFull;
  }

  /** Nothing fits at all, not into what is set aside for the metadata either. */
  get isExhausted(): boolean {
    return this.#room.isExhausted;
  }

  /** Calls back each time when its disk has become full. */
  onFull(listener: () => void): void {
    this.#fullListeners.add(listener);
  }

  /** Calls back each time when its disk has room again. */
  onRoom(listener: () => void): void {
    this.#roomListeners.add(listener);
  }

  /** Sets room aside for when its disk is full. */
  prepareForFull(): void {
    this.#checkUsable();
    this.#attempt(() => this.#room.prepare());
  }

  /** See `DiskRoom.withReserve`. */
  withReserve<T>(run: () => T): T {
    return this.#room.withReserve(run);
  }

  /** Calls back once when the disk fails. */
  onFailure(listener: (error: StorageError) => void): void {
    this.#failureListeners.add(listener);
  }

  /** Calls back each time when something of a log is found to be damaged that was not before. */
  onDamaged(listener: (log: PartitionLog) => void): void {
    this.#damageListeners.add(listener);
  }

  /**
   * Whether something is missing of what was there at the last stop, as far as is known.
   *
   * @param isCompacted whether offsets are left out in the logs of a topic.
   */
  lacksRecords(isCompacted: (topic: string) => boolean): boolean {
    if (this.#missing.size + this.#endingEarly.size > 0) return true;
    for (const log of this.#logs.values()) {
      const { topicPartition: { topic } } = log;
      if (log.isDamaged({ hasGaps: isCompacted(topic) })) return true;
    }
    return false;
  }

  /** See `repairLog`. */
  async repair(log: PartitionLog, source: RecordSource): Promise<Repaired> {
    const { disk, clock } = this.#options;
    const { topicPartition } = log;
    const cleanedUpTo = this.cleaned.get(topicPartition) ?? 0;
    const repaired = await repairLog(log, source, { disk, clock, cleanedUpTo });
    // How far the other has cleaned its own nobody knows.
    if (log.settings.isCompacted && repaired.segments > 0) this.cleaned.remove(topicPartition);
    return repaired;
  }

  partitions(): Iterable<PartitionLog> {
    return this.#logs.values();
  }

  /** Those included that are on their way to it; the metadata is none. */
  get partitionCount(): number {
    const hasMetadata = this.#logs.has(keyOf({ topic: METADATA_TOPIC, partition: 0 }));
    return this.#logs.size + this.#futures.size - (hasMetadata ? 1 : 0);
  }

  get(topicPartition: TopicPartition): PartitionLog | undefined {
    return this.#logs.get(keyOf(topicPartition));
  }

  /**
   * The partition's log, made when it is missing. Its names are on the device with its first sync.
   * Throws KafkaError INCONSISTENT_TOPIC_ID when another incarnation of the topic is still there.
   */
  create(topicPartition: TopicPartition, id: TopicId, config: TopicConfig): PartitionLog {
    this.#checkUsable();
    const known = this.get(topicPartition);
    const isMetadata = topicPartition.topic === METADATA_TOPIC; // of which there is but one
    if (known && known.topicId !== id && known.topicId !== ZERO_UUID && !isMetadata) {
      throw new KafkaError(
        "INCONSISTENT_TOPIC_ID",
        `Cannot create ${
          keyOf(topicPartition)
        }: by its ${PARTITION_METADATA_FILE} it is there with topic id ` +
          `${known.topicId}, not ${id}`,
      );
    }
    return this.#attempt(() => {
      const { disk } = this.#options;
      const folder = this.#folderOf(topicPartition);
      if (!known) this.#forgetNamesake(topicPartition);
      else if (known.topicId !== id) {
        const file = `${folder}/${PARTITION_METADATA_FILE}`;
        if (known.topicId !== ZERO_UUID) {
          this.#options.log("error", "topic id is wrong, and written again", { file });
        }
        writePartitionMetadata(disk, folder, id);
      }
      const log = known ??
        this.#makeFolder(
          folder,
          id,
          () =>
            new PartitionLog(
              this.#logOptions(topicPartition, { id, config, isClean: true, folder }),
            ),
        );
      this.#logs.set(keyOf(topicPartition), log);
      log.topicId = id;
      log.config = config;
      return log;
    });
  }

  /** Makes the folder of a partition with all that belongs in it; on a full disk nothing of it. */
  #makeFolder<T>(folder: string, id: TopicId, fill: () => T): T {
    const { disk } = this.#options;
    if (disk.exists(folder)) {
      writePartitionMetadata(disk, folder, id);
      return fill();
    }
    return orRemove(disk, folder, () => {
      disk.makeDirectory(folder);
      writePartitionMetadata(disk, folder, id);
      return fill();
    });
  }

  /**
   * A topic deleted and made again under its name: what the checkpoints say of the first one, its
   * start above all and how far it was cleaned, must not be taken for the second one's.
   */
  #forgetNamesake(topicPartition: TopicPartition): void {
    const name = keyOf(topicPartition);
    const committed = this.#missing.get(name);
    if (committed !== undefined) {
      const { path } = this;
      this.#options.log("error", "partition is missing, and begins empty", {
        path,
        name,
        committed,
      });
    }
    if (this.#checkpoints.has(name)) this.#writeCheckpoints();
    this.cleaned.remove(topicPartition);
  }

  /** The copies being made here; see {@link createFuture}. */
  futures(): Iterable<PartitionLog> {
    return this.#futures.values();
  }

  future(topicPartition: TopicPartition): PartitionLog | undefined {
    return this.#futures.get(keyOf(topicPartition));
  }

  /**
   * An empty log that begins at an offset, in a folder of its own: it is filled from the
   * partition's log in another directory until {@link promoteFuture} makes it the partition here.
   */
  createFuture(
    topicPartition: TopicPartition,
    { id, config, startOffset }: { id: TopicId; config: TopicConfig; startOffset: Offset },
  ): PartitionLog {
    this.#checkUsable();
    return this.#attempt(() => {
      if (this.#checkpoints.has(keyOf(topicPartition))) this.#writeCheckpoints();
      this.cleaned.remove(topicPartition);
      const folder = this.#newStagedFolder(topicPartition, "future");
      const start = { isClean: true, logStartOffset: startOffset };
      const log = this.#makeFolder(
        folder,
        id,
        () => new PartitionLog(this.#logOptions(topicPartition, { id, config, folder, ...start })),
      );
      this.#futures.set(keyOf(topicPartition), log);
      return log;
    });
  }

  /** The copy is the partition from here on; on the device when it returns. */
  promoteFuture(topicPartition: TopicPartition): PartitionLog {
    this.#checkUsable();
    const name = keyOf(topicPartition);
    const log = this.#futures.get(name)!;
    return this.#attempt(() => {
      this.#writeCheckpoints(); // where it begins is told there only, and under this name
      const { disk } = this.#options;
      disk.rename(log.folder, this.#folderOf(topicPartition));
      disk.syncDirectory(this.path);
      log.movedTo(this.#folderOf(topicPartition));
      this.#futures.delete(name);
      this.#logs.set(name, log);
      return log;
    });
  }

  /** Gives up a copy. Fine when there is none. */
  deleteFuture(topicPartition: TopicPartition): void {
    this.#checkUsable();
    const log = this.future(topicPartition);
    if (!log) return;
    this.#futures.delete(keyOf(topicPartition));
    this.#deleteFolder(log);
  }

  /**
   * Forgets the partition at once; its files are gone after `file.delete.delay.ms`. Fine when it is
   * missing.
   */
  delete(topicPartition: TopicPartition): void {
    this.#checkUsable();
    const log = this.get(topicPartition);
    if (!log) return;
    this.#logs.delete(keyOf(topicPartition));
    this.#deleteFolder(log);
  }

  /**
   * From here to {@link endDeletions} names of what is deleted go together: thousands of partitions
   * at once would wait for the device as often.
   */
  beginDeletions(): void {
    this.#doomed.begin();
  }

  /** What was deleted since then has lost its name on the device too when this returns. */
  endDeletions(): void {
    this.#attempt(() => this.#doomed.end());
  }

  /**
   * Takes a partition of which nobody knows anything out of the way, and leaves all of it there.
   */
  setAside(topicPartition: TopicPartition): string {
    this.#checkUsable();
    const log = this.get(topicPartition)!;
    this.#logs.delete(keyOf(topicPartition));
    log.abandon();
    const folder = this.#newStagedFolder(topicPartition, "stray");
    this.#attempt(() => {
      this.#options.disk.rename(log.folder, folder);
      this.#options.disk.syncDirectory(this.path);
    });
    return folder;
  }

  /** Whether something of the partition was set aside here and is still there. */
  hasSetAside(topicPartition: TopicPartition): boolean {
    const name = `${keyOf(topicPartition)}.`;
    return this.#options.disk.list(this.path).some((entry) =>
      entry.name.startsWith(name) && entry.name.endsWith("-stray")
    );
  }

  #deleteFolder(log: PartitionLog): void {
    log.abandon();
    const doomed = this.#newStagedFolder(log.topicPartition, "delete");
    this.#attempt(() => {
      this.cleaned.remove(log.topicPartition);
      const delayMs = this.isFull ? 0 : log.config.get("file.delete.delay.ms");
      this.#doomed.add(log.folder, doomed, delayMs);
    });
  }

  #attemptLater(run: () => void): void {
    if (this.#isClosed || this.#failure) return; // the next start does it
    try {
      this.#attempt(run);
    } catch {
      // Told already, and nobody waits for this.
    }
  }

  /** The disk is full: what waits for its delay goes, soon and not in the middle of something. */
  #hurryDeletions(): void {
    this.#doomed.hurry();
    this.#options.clock.after(0, () => {
      if (this.#isClosed || this.#failure) return;
      for (const log of this.#logs.values()) log.hurryDeletions();
      for (const log of this.#futures.values()) log.hurryDeletions();
    });
  }

  #newStagedFolder(topicPartition: TopicPartition, stage: DirectoryStage): string {
    const id = uuidToBytes(randomUuid(this.#options.random)).toHex();
    return `${this.path}/${stagedDirectoryName(keyOf(topicPartition), id, stage)}`;
  }

  /**
   * Writes down how far each log is durable, committed and cut off, for the next start. On a full
   * disk what was written before is left: the next start has more to read then.
   */
  checkpoint(): void {
    try {
      this.#writeCheckpoints();
    } catch (error) {
      if (!isDiskFull(error)) throw error;
    }
  }

  /** The same for someone who relies on it, from the reserve if need be. Throws StorageError. */
  checkpointNow(): void {
    this.withReserve(() => this.#writeCheckpoints());
  }

  #writeCheckpoints(): void {
    this.#checkUsable();
    // A directory has a partition or a copy of it, never both: they share a name here, as in Kafka.
    const logs = [...this.#logs.values(), ...this.#futures.values()];
    this.#attempt(() => this.#checkpoints.write(logs));
    this.#missing.clear();
  }

  /**
   * What is on the device of the partition's offsets is at or below this one then. Mostly it is so
   * before: a follower cuts what it got last, and thousands may have to after a failover.
   */
  #lowerCheckpoints(topicPartition: TopicPartition, offset: Offset): void {
    const { recoveryPoint, logStartOffset, highWatermark } = this.#checkpoints.of(
      keyOf(topicPartition),
    );
    if (Math.max(recoveryPoint, logStartOffset, highWatermark) > offset) this.checkpointNow();
  }

  /** Deletes old segments everywhere but in the metadata log, whose snapshots decide that. */
  applyRetention(now: number): void {
    this.#checkUsable();
    for (const log of this.#logs.values()) {
      if (log.topicPartition.topic === METADATA_TOPIC) continue;
      try {
        this.withReserve(() => log.applyRetention(now));
      } catch (error) {
        if (!isDiskFull(error)) throw error; // others may have more to delete
      }
    }
  }

  /** Lets go of it as it is, for a node that does not start after all. */
  release(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#room.close();
    this.#abandonAll();
    this.#lock.release();
  }

  /**
   * The proper stop: everything on the device, checkpoints, the clean marker, the lock. An offline
   * directory only lets go of its files. A full one, which has all records on the device, is left
   * without the marker, and the next start reads again what lies behind the recovery points.
   */
  async close({ brokerEpoch = -1 }: { brokerEpoch?: number } = {}): Promise<void> {
    if (this.#isClosed) return;
    try {
      if (!this.#failure) await this.#room.withAllForStop(() => this.#closeClean(brokerEpoch));
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      const { path } = this;
      this.#options.log("warn", "no room to mark a clean stop", { path, reason: error.message });
    } finally {
      this.#isClosed = true;
      this.#room.close();
      this.#abandonAll(); // what a failure kept from its own end
      this.#lock.release();
    }
  }

  async #closeClean(brokerEpoch: number): Promise<void> {
    const { disk } = this.#options;
    const logs = [...this.#logs.values(), ...this.#futures.values()];
    let full: StorageError | undefined;
    await forEachOf(logs, CLOSED_AT_ONCE, async (log) => {
      try {
        await log.close();
      } catch (error) {
        if (!isDiskFull(error)) throw error;
        full = error;
      }
    });
    disk.syncDirectory(this.path);
    this.#writeCheckpoints();
    if (full !== undefined) throw full;
    this.#files.replace(CLEAN_FILE, JSON.stringify({ version: 0, brokerEpoch }));
    this.#files.save();
  }

  #folderOf(topicPartition: TopicPartition): string {
    return `${this.path}/${keyOf(topicPartition)}`;
  }

  #abandonAll(): void {
    for (const log of this.#logs.values()) log.abandon();
    for (const log of this.#futures.values()) log.abandon();
  }

  /**
   * The broker epoch in the marker of a clean stop, -1 when it does not say; undefined without a
   * marker.
   */
  #readCleanMarker(): number | undefined {
    const text = this.#files.read(CLEAN_FILE);
    if (text === undefined) return undefined;
    try {
      const { brokerEpoch } = JSON.parse(text);
      return Number.isSafeInteger(brokerEpoch) ? brokerEpoch : -1;
    } catch {
      return -1; // older Kafkas left it empty
    }
  }

  /** From here on a crash is one. */
  #removeCleanMarker(): void {
    const { disk } = this.#options;
    const file = `${this.path}/${CLEAN_FILE}`;
    if (!disk.exists(file)) return;
    disk.remove(file);
    disk.syncDirectory(this.path);
  }

  /** Opens the partitions; see {@link openLogDirectory}, which does this once. */
  async load(): Promise<void> {
    const { disk, log } = this.#options;
    const opening = new Opening({ ...this.#options, path: this.path });
    this.#checkpoints.load();
    for (const [name, { highWatermark }] of this.#checkpoints.entries()) {
      if (highWatermark > 0) this.#missing.set(name, highWatermark);
    }

    this.#options.inspect?.();
    const found = this.#findPartitions();
    const surveyed: SurveyedPartition[] = [];
    for (const partition of found) {
      const { recoveryPoint: point } = this.#checkpoints.of(partition.name);
      const recoveryPoint = this.wasCleanShutdown ? undefined : point;
      surveyed.push(surveyPartition(disk, partition, { recoveryPoint, log }));
      await opening.pause();
    }
    opening.begin({
      ofPartitions: surveyed.length,
      ofBytes: surveyed.reduce((sum, { bytesToRead }) => sum + bytesToRead, 0),
    });
    for (const partition of surveyed) {
      const loading = this.#load(partition, this.#checkpoints.of(partition.name));
      try {
        while (opening.goOn(loading)) {
          const pause = opening.pause();
          if (pause !== undefined) await pause;
        }
      } finally {
        loading.return(); // if it was given up
      }
      opening.openedPartition();
      await opening.pause();
    }
    opening.end();
    this.#removeCleanMarker();
    this.#files.mend();
    this.#doomed.removeLeft();
    for (const name of [...this.#futures.keys()]) {
      if (this.#logs.has(name)) this.deleteFuture(this.#logs.get(name)!.topicPartition);
    }
    if (!this.wasCleanShutdown) disk.syncDirectory(this.path); // for all that was recovered
    if (this.#endingEarly.size > 0) this.checkpoint(); // or what is appended now would pass for durable
    log("info", "log directory opened", {
      path: this.path,
      partitions: this.#logs.size,
      clean: this.wasCleanShutdown,
      ms: opening.tookMs,
    });
  }

  #findPartitions(): FoundPartition[] {
    const found: FoundPartition[] = [];
    for (const { name, isDirectory } of this.#options.disk.list(this.path)) {
      if (!isDirectory) continue;
      const staged = parseStagedDirectoryName(name);
      const ofPartition = staged !== undefined && staged.stage !== "stray" ? staged.name : name;
      this.#missing.delete(ofPartition);
      if (staged?.stage === "delete") continue;
      const topicPartition = parseDirectoryName(ofPartition);
      if (!topicPartition) continue;
      const folder = `${this.path}/${name}`;
      found.push({ name: ofPartition, folder, topicPartition, stage: staged?.stage });
    }
    return found;
  }

  *#load(
    { name, folder, topicPartition, topicId: id = topicId(ZERO_UUID), stage }: SurveyedPartition,
    checkpoint: CheckpointedOffsets,
  ): Steps<void> {
    const { brokerConfig, log } = this.#options;
    const config = this.#defaults ??= TopicConfig.from(new Map(), brokerConfig);
    const isClean = this.wasCleanShutdown;
    const options = this.#logOptions(topicPartition, {
      id,
      config,
      isClean,
      folder,
      ...checkpoint,
    });
    let opened: PartitionLog;
    try {
      opened = yield* PartitionLog.openInSteps(options);
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      opened = this.withReserve(() => new PartitionLog(options));
    }
    if (stage === "future") return this.#keepFuture(opened);
    this.#logs.set(name, opened);
    const whole = Math.max(checkpoint.recoveryPoint, checkpoint.highWatermark);
    if (opened.logEndOffset < whole) this.#endingEarly.add(opened);
    if (opened.logEndOffset >= checkpoint.highWatermark) return;
    log("error", "committed records are missing", {
      partition: name,
      logEndOffset: opened.logEndOffset,
      committed: checkpoint.highWatermark,
    });
  }

  /**
   * Of several copies of one partition, which only a crash can leave, the longest is gone on with.
   */
  #keepFuture(log: PartitionLog): void {
    const name = keyOf(log.topicPartition);
    const other = this.#futures.get(name);
    const isBetter = other === undefined || log.logEndOffset > other.logEndOffset;
    if (isBetter) this.#futures.set(name, log);
    if (other !== undefined) this.#deleteFolder(isBetter ? other : log);
  }

  #logOptions(
    topicPartition: TopicPartition,
    {
      id,
      config,
      isClean,
      folder,
      recoveryPoint = 0,
      logStartOffset = 0,
      highWatermark = 0,
    }: {
      id: TopicId;
      config: TopicConfig;
      isClean: boolean;
      folder: string;
      recoveryPoint?: number;
      logStartOffset?: number;
      highWatermark?: number;
    },
  ): PartitionLogOptions {
    const { disk, clock, log, figures } = this.#options;
    return {
      disk,
      figures,
      clock,
      folder,
      topicPartition,
      topicId: id,
      config,
      isClean,
      recoveryPoint,
      logStartOffset,
      highWatermark,
      mustBeWhole: topicPartition.topic === METADATA_TOPIC,
      log,
      beforeMending: () => this.#removeCleanMarker(),
      beforeCut: (offset) => this.#lowerCheckpoints(topicPartition, offset),
      onTruncated: (offset) => this.cleaned.truncate(topicPartition, offset),
      onDamaged: () => this.#onDamaged(topicPartition),
      onFailure: (error) => this.#fail(error),
      room: topicPartition.topic === METADATA_TOPIC ? this.#metadataRoom : this.#room,
    };
  }

  #onDamaged(topicPartition: TopicPartition): void {
    const log = this.get(topicPartition);
    if (log !== undefined) { for (const listener of this.#damageListeners) listener(log); }
  }

  /** The metadata is what the reserve is for: see `withReserve`. */
  get #metadataRoom(): LogRoom {
    const room = this.#room;
    return {
      get isFull() {
        return room.isFull;
      },
      onFull: () => {}, // it is, once the reserve is gone
      checkForRecords: () => {},
    };
  }

  #checkUsable(): void {
    if (this.#failure) throw this.#failure;
    if (this.#isClosed) throw new StorageError(`Cannot use ${this.path}: it is closed`, this.path);
  }

  #attempt<T>(run: () => T): T {
    try {
      return run();
    } catch (error) {
      if (isDiskFull(error)) this.#room.onFull(error);
      else if (error instanceof StorageError) this.#fail(error);
      throw error;
    }
  }

  #fail(error: StorageError): void {
    if (this.#failure) return;
    this.#failure = error;
    this.#room.close();
    this.#options.log("error", "log directory offline", {
      path: this.path,
      file: error.path,
      reason: error.message,
    });
    for (const log of this.#logs.values()) log.fail(error);
    for (const log of this.#futures.values()) log.fail(error);
    for (const listener of this.#failureListeners) listener(error);
  }
}

/** Runs it for each, so many at once; rejects with the first failure once all that began ended. */
async function forEachOf<T>(
  items: readonly T[],
  atOnce: number,
  run: (item: T) => Promise<void>,
): Promise<void> {
  const left = items.values();
  const worker = async () => {
    for (const item of left) await run(item);
  };
  const workers = await Promise.allSettled(Array.from({ length: atOnce }, worker));
  for (const ended of workers) if (ended.status === "rejected") throw ended.reason;
}
