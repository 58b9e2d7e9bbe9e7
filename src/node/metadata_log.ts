/**
 * The metadata log as the node has it: drives the quorum core (`raft`) over the folder
 * `__cluster_metadata-0`, and makes the image of all that is committed.
 *
 *     append ─▶ PartitionLog ─▶ sync ─▶ RaftCore.onFlushed ─▶ high watermark ─▶ image ─▶ listeners ─▶ answers
 *
 * At the start the newest snapshot is loaded. The log behind it is replayed only once a leader is
 * known to have committed it: the first record of a leader's own epoch commits everything before it
 * (Raft 5.4.2), so that a start takes the same road as any other commit. With a quorum of one that
 * is one sync away.
 *
 * What the core asks for is done in its order, in one turn of the event loop: a vote is on disk
 * before it is told. Only syncs of the log take time, and their end is an event like any other.
 * Voters and observers are driven alike. A follower's log is what the leader sent, byte by byte; it
 * is cut where another leader never had it, which is always above the image.
 *
 * Records that are appended by one call are one batch, whole or not there. As Kafka does, a leader
 * that others listen to writes a record that does nothing every 500 ms while the cluster is idle, so
 * that they can tell how far behind they are; a node that is alone has no followers, and its idle
 * disk may sleep.
 *
 * On a full disk the log directory's reserve is written into (`log/disk_room.ts`). When that is
 * used up as well, nothing of a change is in the log, and the node goes on: a leader lets another
 * one lead, or refuses what is asked of it when there is none; a follower asks again later; and
 * nobody gets a vote that could not be written down. Here we differ from Apache Kafka, whose node
 * ends then.
 */
import { assert, METADATA_TOPIC_ID, type Offset, type TopicId, type Uuid } from "../base/mod.ts";
import type { PartitionLog } from "../log/mod.ts";
import { type MetadataImage, metadataRecord } from "../metadata/mod.ts";
import { isDiskFull, StorageError, type Timer } from "../platform/mod.ts";
import { encodeMetadataRecord, KafkaError, type MetadataRecord } from "../protocol/mod.ts";
import {
  type Effects,
  type LeaderChange,
  RaftCore,
  type RaftMessage,
  type ReplicaProgress,
  toPersist,
  type Transition,
} from "../raft/mod.ts";
import { batchesOf, encodeBatch, encodeControlBatch } from "../records/mod.ts";
import { type CommitListener, CommittedMetadata } from "./committed_metadata.ts";
import { inspectMetadata, NotOurs, votersAtEnd } from "./metadata_inspection.ts";
import type {
  Candidate,
  Leadership,
  MetadataLogOptions,
  QuorumLink,
} from "./metadata_log_types.ts";
import {
  checkIsThere,
  METADATA,
  metadataTopicConfig,
  votersAlone,
  votersOf,
} from "./metadata_place.ts";
import { loadNewest } from "./metadata_opening.ts";
import { MetadataWrites, type Written } from "./metadata_writes.ts";
import { LeadershipNews } from "./leadership_news.ts";
import { BrokenSnapshot, MetadataSnapshots } from "./metadata_snapshots.ts";
import { Snapshotting } from "./snapshotting.ts";
import { VotersHistory } from "./metadata_voters.ts";
import { checkFetched, ofOneEpoch, recordsAnswer, snapshotAnswer } from "./quorum/fetched.ts";
import { QuorumLog } from "./quorum_log.ts";
import { QuorumVotes } from "./quorum_votes.ts";
import { type QuorumVoters, votersRecords, whyNotAlone } from "./quorum_voters.ts";

export type { CommitListener } from "./committed_metadata.ts";
export type {
  Candidate,
  Leadership,
  MetadataLogOptions,
  QuorumLink,
} from "./metadata_log_types.ts";

/** A fetch on the metadata log waits so long at the leader, as in Kafka. */
const FETCH_MAX_WAIT_MS = 500;

/** Why a leader leads no more. */
const NO_ROOM = "no room on the disk";

export class MetadataLog {
  readonly #options: MetadataLogOptions;
  readonly #staticVoters: readonly number[];
  readonly #log: PartitionLog;
  readonly #folder: string;
  readonly #snapshots: MetadataSnapshots;
  readonly #votes: QuorumVotes;
  readonly #history = new VotersHistory();
  readonly #raftLog: QuorumLog;
  readonly #committed: CommittedMetadata;
  readonly #snapshotting: Snapshotting;
  readonly #writes: MetadataWrites;
  readonly #news: LeadershipNews;
  #core!: RaftCore;
  #link: QuorumLink | undefined;
  #timer: Timer | undefined;
  #toldTransition = "";
  /** What could not be written last. */
  #noRoom: StorageError | undefined;
  #failure: Error | undefined;
  #isClosed = false;

  /**
   * Opens the log, makes it when there is none. Resolves once this node leads and all that was ever
   * committed is in the image, or, in a quorum with others, once the files are open: see
   * {@link whenCaughtUp}. Throws StorageError for files that cannot be used, ConfigError for
   * settings that make no sense.
   */
  static async open(options: MetadataLogOptions): Promise<MetadataLog> {
    try {
      const opened = new MetadataLog(options);
      await opened.#start();
      return opened;
    } catch (cause) {
      if (!(cause instanceof KafkaError) || cause.error !== "CORRUPT_MESSAGE") throw cause;
      const folder = `${options.directory.path}/${METADATA.topic}-${METADATA.partition}`;
      throw new StorageError(
        `Cannot use ${folder}: ${cause.message}. Restore the folder from a backup, or put a newer ` +
          `snapshot of the metadata (.checkpoint) beside the log`,
        folder,
        { cause },
      );
    }
  }

  private constructor(options: MetadataLogOptions) {
    const { directory, disk, config, clock, nodeId } = options;
    this.#options = options;
    this.#staticVoters = options.connect === undefined
      ? votersAlone(config, nodeId)
      : votersOf(config, nodeId);
    checkIsThere(directory, options.partitions?.() ?? directory.partitions());
    this.#log = directory.create(METADATA, METADATA_TOPIC_ID, metadataTopicConfig(config));
    this.#folder = `${directory.path}/${METADATA.topic}-${METADATA.partition}`;
    this.#snapshots = new MetadataSnapshots(disk, this.#folder);
    this.#votes = new QuorumVotes({
      disk,
      folder: this.#folder,
      directory,
      nodeId,
      history: this.#history,
      staticVoters: this.#staticVoters,
      log: options.log,
    });
    const committed = this.#committed = new CommittedMetadata(this.#log, this.#folder);
    const onLost = () => committed.failThoseWhoRely(new KafkaError("NOT_CONTROLLER"));
    this.#news = new LeadershipNews(onLost);
    this.#writes = new MetadataWrites({
      directory,
      log: this.#log,
      history: this.#history,
      committed,
      snapshots: this.#snapshots,
      clock,
      tell: options.log,
    });
    this.#raftLog = new QuorumLog({
      log: this.#log,
      snapshots: this.#snapshots,
      history: this.#history,
      staticVoters: this.#staticVoters,
      node: { id: nodeId, directoryId: directory.directoryId },
      isFull: () => directory.isExhausted,
    });
    this.#snapshotting = new Snapshotting({
      log: this.#log,
      snapshots: this.#snapshots,
      committed: this.#committed,
      config,
      clock,
      tell: options.log,
    });
  }

  /**
   * Topics that the log deletes, behind the snapshot that was loaded; complete until the first
   * listener comes. What is left of one on disk may go; what belongs to a topic that was never
   * heard of tells that metadata was lost.
   */
  get deletedTopics(): ReadonlySet<TopicId> {
    return this.#committed.deletedTopics;
  }

  /** All that is committed. A value: hold on to it as long as you like. */
  get image(): MetadataImage {
    return this.#committed.image;
  }

  /** Where the next record will lie. */
  get endOffset(): Offset {
    return this.#log.logEndOffset;
  }

  /**
   * The bytes of the first batch there ever was. Throws KafkaError OFFSET_OUT_OF_RANGE when the log
   * no longer has it.
   */
  firstBatch(): Uint8Array {
    const limits = { maxBytes: 1, upTo: this.highWatermark, atLeastOneBatch: true };
    const { parts } = this.#attempt(() => this.#log.read(0, limits));
    const [first] = parts.flatMap((part) => [...batchesOf(part)]);
    assert(first !== undefined, "nothing is committed yet");
    return first.bytes;
  }

  /** Where the log begins; what is before is in a snapshot. */
  get logStartOffset(): Offset {
    return this.#log.logStartOffset;
  }

  /** Below it everything is committed. */
  get highWatermark(): Offset {
    return this.#core.highWatermark;
  }

  /** The quorum's. */
  get epoch(): number {
    return this.#core.epoch;
  }

  /** Whom this node takes for the leader; undefined when it knows of none. */
  get leaderId(): number | undefined {
    return this.#news.last.leaderId;
  }

  /** This node leads, and has applied all that was committed before it did. */
  get isLeader(): boolean {
    return this.#news.last.isLeader;
  }

  /** Who votes, as far as it is committed. */
  get quorum(): QuorumVoters {
    return this.#committed.quorum;
  }

  /** Who votes as of the log's end, committed or not. */
  get latestQuorum(): QuorumVoters {
    return this.#history.latest;
  }

  /** The same by their ids; those that the settings name where the log names none. */
  get voterIds(): readonly number[] {
    return this.#raftLog.voters;
  }

  /** The directory that the log lies in: with the node's id, who it is (KIP-853). */
  get directoryId(): Uuid {
    return this.#options.directory.directoryId;
  }

  /** Why no change of voters can begin now; see `RaftCore.whyNoVoterChange`. */
  get whyNoVoterChange() {
    return this.#core.whyNoVoterChange;
  }

  /** Leader only: whether a node that does not vote yet has all, and is there. */
  isCaughtUp(id: number): boolean {
    return this.#core.isCaughtUp(id, this.#options.clock.monotonic());
  }

  /** Leader only: how far the others are; times are those of `Clock.monotonic`. */
  get replicas(): ReadonlyMap<number, ReplicaProgress> {
    const { state } = this.#core;
    return state.name === "Leader" ? state.replicas : new Map();
  }

  /** Tells how it is now, and then each change. Returns how to end that. */
  onLeadership(listener: (leadership: Leadership) => void): () => void {
    return this.#news.listen(listener);
  }

  /** Resolves when all is applied that a leader, be it this node, has said is committed. */
  whenCaughtUp(): Promise<void> {
    return this.#news.whenCaughtUp();
  }

  /** All was applied once that a leader had said was committed, in this life of the node. */
  get hasCaughtUp(): boolean {
    return this.#news.hasCaughtUp;
  }

  /**
   * From kraft.version 0 to 1: writes the level and the voters into the log. Resolves once that is
   * committed; there is no way back. They must be those that vote now.
   */
  async writeVoters(voters: QuorumVoters): Promise<void> {
    const { nodeId } = this.#options;
    const ids = new Set(voters.voters.map(({ voterId }) => voterId));
    assert(
      ids.size === this.voterIds.length && this.voterIds.every((id) => ids.has(id)),
      "the voters that are written into the log are not those that vote",
    );
    await this.changeVoters(voters);
    this.#attempt(() => this.#votes.write(toPersist(this.#core.state, nodeId)));
  }

  /**
   * Leader only: appends who votes from now on, with the level; it counts at once. Resolves once it
   * is committed.
   */
  changeVoters(voters: QuorumVoters): Promise<Offset> {
    this.#checkUsable();
    if (!this.isLeader) throw new KafkaError("NOT_CONTROLLER");
    const timestamp = this.#options.clock.now();
    const batch = encodeControlBatch(votersRecords(voters), { timestamp });
    return this.#orLetLead(() => this.#append(batch, { records: [], timestamp, voters }));
  }

  /** Calls back after each commit, before whoever waits for it goes on. Returns how to end that. */
  onCommitted(listener: CommitListener): () => void {
    return this.#committed.onCommitted(listener);
  }

  /**
   * Appends the records as one batch, from {@link endOffset} on, and resolves with the last one's
   * offset once it is committed and in the image. What can be told at once is thrown at once, and
   * then nothing was appended: KafkaError `NOT_CONTROLLER`, also when the disk is full and others
   * may lead; StorageError, also of a disk that is only full. Rejects with NOT_CONTROLLER when this
   * node leads no more before the commit, and then the records may be committed or not; with
   * StorageError when the disk fails later.
   */
  append(records: readonly MetadataRecord[]): Promise<Offset> {
    this.#checkUsable();
    assert(records.length > 0, "nothing was appended to the metadata log");
    if (!this.isLeader) throw new KafkaError("NOT_CONTROLLER");
    const timestamp = this.#options.clock.now();
    const inputs = records.map((record) => ({ value: encodeMetadataRecord(record), timestamp }));
    const written = { records, timestamp, voters: undefined };
    return this.#orLetLead(() => this.#append(encodeBatch(inputs), written));
  }

  /** Who has no room for what it is to decide leads no more, if there are others. */
  #orLetLead<T>(append: () => T): T {
    try {
      return append();
    } catch (error) {
      if (!isDiskFull(error) || this.voterIds.length === 1) throw error;
      this.#drive((now) => this.#core.resign(now, NO_ROOM));
      throw new KafkaError("NOT_CONTROLLER");
    }
  }

  /**
   * Resolves once everything below the offset is committed and in the image. Asked by a leader, it
   * rejects with NOT_CONTROLLER when that leads no more before.
   */
  whenCommitted(endOffset: Offset): Promise<Offset> {
    const offset = endOffset - 1;
    if (this.image.offset >= offset) return Promise.resolve(offset);
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#isClosed) return Promise.reject(this.#stopping);
    return this.#committed.whenApplied(offset, { relies: this.isLeader });
  }

  /**
   * Writes the image down; the log may forget what is in it, by `metadata.max.retention.*`. When the
   * disk is too full for that, the log goes on growing, and it is tried again later.
   */
  writeSnapshot(): void {
    this.#checkUsable();
    this.#attempt(() => this.#snapshotting.write());
  }

  /** Takes in what another node of the quorum says. */
  receive(message: RaftMessage): void {
    if (message.type === "FetchResponse" && message.records !== undefined) {
      const why = checkFetched(message.records, this.#raftLog.end, message.epoch);
      if (why !== undefined) { // asked for again, when its time is over
        const { from } = message;
        return this.#options.log("warn", "metadata records refused", { from, reason: why });
      }
      message = { ...message, records: ofOneEpoch(message.records) };
    }
    this.#drive((now) => this.#core.onMessage(message, now));
    if (message.type === "FetchResponse" && message.error === "NONE") {
      this.#lookWhetherCaughtUp(message);
    }
  }

  /**
   * A node is about to ask for a vote; from which directory, is told here, since the core knows ids
   * only. With its disk replaced it is another candidate: who voted for the one does not vote for
   * the other. Throws KafkaError INVALID_VOTER_KEY then, which it takes for no answer.
   */
  onCandidate(candidate: Candidate): void {
    this.#votes.onCandidate(candidate, this.#core.state);
  }

  /** Another node takes no connections: see `RaftCore.onPeerLost`. */
  onPeerLost(id: number, why?: string): void {
    this.#drive((now) => this.#core.onPeerLost(id, now, why));
  }

  /** Leads no more, if it does and there is somebody else who could. */
  resign(): void {
    if (this.voterIds.length > 1) this.#drive((now) => this.#core.resign(now));
  }

  /**
   * Waits for what is under way. The files belong to the log directory, which is closed after this.
   */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#timer?.cancel();
    if (this.#failure === undefined) await this.#log.sync().catch((error) => this.#fail(error));
    this.#committed.failWaiters(this.#stopping);
  }

  async #start(): Promise<void> {
    const { nodeId, config, random, clock, bootstrapIds, connect, log } = this.#options;
    // Votes will lie in the folder. It may be new, or from a process that ended before it was kept:
    // should a power cut take it, its votes could be given twice.
    this.#options.disk.syncDirectory(this.#options.directory.path);
    loadNewest({
      log: this.#log,
      snapshots: this.#snapshots,
      committed: this.#committed,
      folder: this.#folder,
      tell: log,
    });
    this.#inspect();
    const saved = this.#votes.read();
    // What a crash left in the log may be in the page cache only, and the core takes it for
    // flushed.
    await this.#log.sync();
    this.#core = new RaftCore(
      {
        nodeId,
        bootstrapIds,
        electionTimeoutMs: config.get("controller.quorum.election.timeout.ms"),
        fetchTimeoutMs: config.get("controller.quorum.fetch.timeout.ms"),
        fetchMaxWaitMs: FETCH_MAX_WAIT_MS,
        electionBackoffMaxMs: config.get("controller.quorum.election.backoff.max.ms"),
      },
      this.#raftLog,
      random,
      saved,
      clock.monotonic(),
      this.image.offset + 1,
    );
    this.#link = connect?.(this);
    this.#perform(this.#core.start(clock.monotonic()));
    const isAlone = this.#core.isVoter && this.voterIds.length === 1;
    if (isAlone && this.#noRoom !== undefined) throw this.#noRoom;
    if (isAlone) await this.whenCommitted(this.endOffset);
    log("info", "metadata log opened", {
      offset: this.image.offset,
      epoch: this.epoch,
      topics: this.image.topics.size,
    });
  }

  /**
   * Looks at all that is behind the snapshot before a byte is written: what this version does not
   * understand, or whose quorum is not ours to lead, stays as it is.
   */
  #inspect(): void {
    const { nodeId, directory, firstVoters, connect } = this.#options;
    const { inspected = inspectMetadata(this.#options.disk, this.#folder) } = this.#options;
    this.#history.restart(inspected);
    const isNew = this.endOffset === 0 && this.#snapshots.ids.length === 0;
    if (isNew && firstVoters !== undefined) {
      this.#history.restart({ voters: firstVoters, areInLog: false, changes: [] });
    }
    const node = { id: nodeId, directoryId: directory.directoryId };
    const why = connect === undefined ? whyNotAlone(votersAtEnd(inspected), node) : undefined;
    if (why === undefined) return;
    throw new NotOurs(`Cannot use ${this.#folder}: ${why}`, this.#folder);
  }

  #drive(event: (now: number) => Effects): void {
    if (this.#isClosed || this.#failure) return;
    try {
      this.#perform(event(this.#options.clock.monotonic()));
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  #perform(effects: Effects): void {
    try {
      this.#performAll(effects);
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      this.#onNoRoom(error);
    }
  }

  /**
   * Nothing that stands on what was not written has left, and nobody learns of it.
   */
  #onNoRoom(error: StorageError): void {
    const { log, clock } = this.#options;
    if (this.#noRoom === undefined) {
      log("warn", "no room to take part in the quorum", { reason: error.message });
    }
    this.#noRoom = error;
    const { saved } = this.#votes;
    const { highWatermark: committed, durableEndOffset: flushed } = this.#log;
    this.#perform(this.#core.onNoRoom({ saved, committed, flushed }, clock.monotonic()));
    this.#link?.refuse?.();
    if (flushed < this.endOffset) this.#sync(); // a cut that was not made takes it for unsynced
  }

  /**
   * Does what the core asks for, in its order: nothing leaves before what it stands on is on disk.
   * Throws StorageError of a full disk, and then all before that was done and nothing behind it.
   */
  #performAll(effects: Effects): void {
    const { clock } = this.#options;
    const { persist, truncateTo, append, snapshotPart, highWatermark } = effects;
    if (persist) {
      this.#attempt(() => this.#votes.write(persist));
      this.#noRoom = undefined;
    }
    for (const transition of effects.transitions) this.#tellTransition(transition);
    // What is committed with the last word of a leader (the change that voted it out) still is its
    // own; then it leads no more, before anything of another leader counts.
    if (this.isLeader && highWatermark !== undefined) this.#commit(highWatermark);
    if (!this.#core.isLeader) this.#tellLeadership();
    if (truncateTo !== undefined) this.#attempt(() => this.#writes.truncateTo(truncateTo));
    if (append && "leaderChange" in append) this.#openEpoch(append.leaderChange);
    else if (append && this.#attempt(() => this.#writes.appendFetched(append.records))) {
      this.#sync();
    }
    const loaded = snapshotPart && this.#attempt(() => this.#writes.takeIn(snapshotPart));
    if (highWatermark !== undefined) this.#commit(highWatermark);
    for (const message of effects.send) this.#send(message);
    if (loaded) this.#perform(this.#core.onSnapshotLoaded(loaded, clock.monotonic()));
    this.#tellLeadership();
    this.#planTimer();
  }

  /** Once: a node without room comes back to the same state again and again. */
  #tellTransition({ to: state, epoch, leaderId, why }: Transition): void {
    const told = { state, epoch, leader: leaderId ?? null, why };
    const isSame = JSON.stringify(told) === this.#toldTransition;
    this.#toldTransition = JSON.stringify(told);
    if (!isSame) this.#options.log("info", "quorum state", told);
  }

  #send(message: RaftMessage): void {
    assert(this.#link !== undefined, "a quorum of one has nobody to talk to");
    this.#link.send(this.#attempt(() => this.#withBytes(message)));
  }

  #withBytes(message: RaftMessage): RaftMessage {
    const { config } = this.#options;
    if (message.type === "FetchResponse" && message.recordsFrom !== undefined) {
      return recordsAnswer(message, this.#log, config.get("controller.quorum.fetch.max.bytes"));
    }
    if (message.type === "FetchSnapshotResponse" && message.error === "NONE") {
      const maxBytes = config.get("controller.quorum.fetch.snapshot.max.bytes");
      return snapshotAnswer(message, this.#snapshots, maxBytes);
    }
    return message;
  }

  /** Tells of who leads, if that is news. */
  #tellLeadership(): void {
    this.#news.tell(this.#core, this.image.offset + 1);
  }

  #openEpoch(change: LeaderChange): void {
    this.#news.onEpochOpening();
    const lastOffset = this.#attempt(() => this.#writes.openEpoch(change));
    this.#afterAppend(lastOffset).catch(() => {}); // `open` waits for it
    this.#news.onEpochOpened(this.endOffset);
  }

  #append(bytes: Uint8Array, written: Omit<Written, "epoch">): Promise<Offset> {
    const { epoch } = this;
    return this.#afterAppend(
      this.#attempt(() => this.#writes.append(bytes, { epoch, ...written })),
    );
  }

  #afterAppend(lastOffset: Offset): Promise<Offset> {
    const committed = this.whenCommitted(lastOffset + 1);
    this.#sync();
    if (this.#link !== undefined) this.#drive((now) => this.#core.onAppended(now));
    return committed;
  }

  #sync(): void {
    this.#log.sync().then(() => this.#onSynced(), (error) => {
      // A log that began anew behind a snapshot owes nothing, and may be closed before its sync ends.
      if (!this.#isClosed) this.#fail(error);
    });
  }

  #onSynced(): void {
    if (this.#isClosed && !this.#committed.hasWaiters) return;
    try {
      const { clock } = this.#options;
      this.#perform(this.#core.onFlushed(this.#log.durableEndOffset, clock.monotonic()));
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  #commit(highWatermark: Offset): void {
    this.#log.highWatermark = highWatermark;
    this.#history.onCommitted(highWatermark);
    this.#committed.advance(highWatermark);
    this.#maybeSnapshot();
  }

  /**
   * A leader knows how far all is committed once something of its own epoch is; before that it may
   * tell less than a node had applied, and gone by, in an earlier life.
   */
  #lookWhetherCaughtUp({ epoch, highWatermark }: { epoch: number; highWatermark: Offset }): void {
    const { image } = this;
    const hasAll = highWatermark > 0 && image.offset + 1 >= highWatermark;
    if (hasAll && image.epoch === epoch) this.#news.onCaughtUp();
  }

  #maybeSnapshot(): void {
    if (this.#isClosed) return; // what was under way is still committed
    if (!this.#committed.hasListeners) return; // see deletedTopics: a snapshot tells of none
    this.#attempt(() => this.#snapshotting.writeIfDue());
  }

  #planTimer(): void {
    const { clock } = this.#options;
    this.#timer?.cancel();
    if (this.#isClosed || this.#failure) return;
    const noOpAt = this.#noOpAt;
    const deadline = Math.min(this.#core.nextDeadline ?? Infinity, noOpAt);
    if (deadline === Infinity) return;
    this.#timer = clock.after(deadline - clock.monotonic(), () => {
      if (noOpAt <= clock.monotonic() && this.isLeader) this.#writeNoOp();
      this.#drive((now) => this.#core.onTimer(now));
    });
  }

  /** When an idle leader writes for those who listen; Infinity for never. */
  get #noOpAt(): number {
    const intervalMs = this.#options.config.get("metadata.max.idle.interval.ms");
    if (intervalMs === 0 || !this.isLeader || this.image.features.size === 0) return Infinity;
    const hasOthers = this.voterIds.length > 1 || this.replicas.size > 0;
    return hasOthers ? this.#writes.lastAppendAt + intervalMs : Infinity;
  }

  #writeNoOp(): void {
    try {
      // Who leads no more has told it, and a full disk has been told of.
      this.append([metadataRecord("NoOpRecord", 0, {})]).catch(() => {});
    } catch (error) {
      const leadsNoMore = error instanceof KafkaError && error.error === "NOT_CONTROLLER";
      if (!isDiskFull(error) && !leadsNoMore) throw error;
    }
  }

  #attempt<T>(run: () => T): T {
    try {
      return run();
    } catch (error) {
      const passes = isDiskFull(error) || error instanceof BrokenSnapshot;
      if (error instanceof StorageError && !passes) this.#fail(error);
      throw error;
    }
  }

  /** Nothing more is written; whoever waits learns why. */
  #fail(error: Error): void {
    if (this.#failure) return;
    this.#failure = error;
    this.#timer?.cancel();
    this.#options.log("error", "metadata log failed", { reason: error.message });
    this.#committed.failWaiters(error);
    this.#options.onFailure?.(error);
  }

  #checkUsable(): void {
    if (this.#failure) throw this.#failure;
    if (this.#isClosed) throw this.#stopping;
  }

  get #stopping(): StorageError {
    return new StorageError("Cannot write metadata: the node stops", this.#folder);
  }
}
