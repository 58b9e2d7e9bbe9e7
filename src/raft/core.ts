/**
 * The consensus core: Raft as KIP-595 has it, as a state machine that performs nothing. Messages,
 * time and "the log is on disk up to here" go in; {@link Effects} come out. It reads the log
 * through {@link RaftLog}, never writes it.
 *
 * A quorum of one is a quorum: it votes for itself, has its majority, opens its epoch with a
 * LEADER_CHANGE record, and commits what it flushed. After a restart it never leads its old epoch
 * again, since records it had not flushed may have been lost and their offsets would be used twice
 * in one epoch: it was leader, so it is Resigned, and stands in the next.
 *
 * A larger quorum is asked before anybody stands (pre-vote, KIP-996), but for whom the leader itself
 * has called on when it resigned. Who votes, the log says (KIP-853): whoever drives a leader appends
 * the change when {@link RaftCore.whyNoVoterChange} has nothing against it.
 */
import { assert, type Offset } from "../base/mod.ts";
import type { Random } from "../platform/mod.ts";
import type { RaftConfig, RaftLog } from "./config.ts";
import { type Effects, noEffects, type Transition } from "./effects.ts";
import { Follower, type Place } from "./follower.ts";
import { Leader } from "./leader.ts";
import type {
  BeginQuorumEpochRequest,
  EndQuorumEpochRequest,
  FetchRequest,
  FetchResponse,
  FetchSnapshotRequest,
  LogEnd,
  RaftMessage,
  VoteRequest,
  VoteResponse,
} from "./messages.ts";
import {
  type Candidate,
  leaderOf,
  NOTHING_PROMISED,
  type Prospective,
  type QuorumState,
  type QuorumStateData,
  toPersist,
} from "./state.ts";
import { grantsVote, majorityOf, wouldGrantVote } from "./votes.ts";

/** What of a node outlives its process. */
export interface Kept {
  readonly saved: QuorumStateData;
  /** Below it all is known to be committed. */
  readonly committed: Offset;
  /** Its log is on disk below this. */
  readonly flushed: Offset;
}

/** One node's part in the quorum. Every method returns what must be done because of it. */
export class RaftCore {
  #state: QuorumState;
  #highWatermark: Offset = 0;
  /** Our log is on disk below this. */
  #flushed: Offset;

  /**
   * @param saved what `quorum-state` held, undefined on a new node
   * @param committed what is known to be committed: the end of the latest snapshot
   */
  constructor(
    readonly config: RaftConfig,
    private readonly log: RaftLog,
    private readonly random: Random,
    saved: QuorumStateData | undefined,
    now: number,
    committed: Offset = 0,
  ) {
    this.#flushed = log.end.endOffset;
    this.#highWatermark = committed;
    this.#state = this.#restored(
      saved ?? NOTHING_PROMISED,
      now,
    );
  }

  get state(): QuorumState {
    return this.#state;
  }
  get epoch(): number {
    return this.#state.epoch;
  }
  /** Everything below is committed, as far as this node knows. */
  get highWatermark(): Offset {
    return this.#highWatermark;
  }
  get leaderId(): number | undefined {
    return leaderOf(this.#state, this.config.nodeId);
  }
  get isLeader(): boolean {
    return this.#state.name === "Leader";
  }
  get isVoter(): boolean {
    return this.log.voters.includes(this.config.nodeId);
  }

  /**
   * Also one that an uncommitted change votes out may stand (Raft's dissertation, 4.2.2): the change
   * may be in no other log, and this one the only one that can be elected by who votes before it.
   * Whoever has no room for its own vote may not.
   */
  get #mayStand(): boolean {
    const { previousVoters, votersOffset, isFull } = this.log;
    const votesStill = votersOffset > this.#highWatermark &&
      previousVoters.includes(this.config.nodeId);
    return !isFull && (this.isVoter || votesStill);
  }

  /** Its own vote, where it has one that counts. */
  get #ownVote(): ReadonlySet<number> {
    return new Set(this.isVoter ? [this.config.nodeId] : []);
  }

  /** Called once: a lone voter has nobody to wait for and leads at once; others look around. */
  start(now: number): Effects {
    const effects = noEffects();
    const { state } = this;
    if (this.isVoter && this.log.voters.length === 1) this.#stand(now, "only voter", effects);
    else if (state.name === "Candidate") this.#askForVotes({ preVote: false }, effects);
    else if (state.name === "Follower") state.ask(this.#place, now, effects);
    else if (state.name === "Unattached" && !this.#mayStand) this.#lookForLeader(now, effects);
    return effects;
  }

  /**
   * Why who votes cannot be changed now; undefined when it can (KIP-853). One change at a time, and
   * none before a leader knows what is committed: two majorities might have no node in common.
   */
  get whyNoVoterChange():
    | "not the leader"
    | "epoch not committed"
    | "change under way"
    | undefined {
    const { state } = this;
    if (state.name !== "Leader") return "not the leader";
    if (this.#highWatermark <= state.epochStartOffset) return "epoch not committed";
    return this.log.votersOffset > this.#highWatermark ? "change under way" : undefined;
  }

  /** Leader only: whether a node that does not vote yet has all, and is there. */
  isCaughtUp(id: number, now: number): boolean {
    return this.#state.name === "Leader" && this.#state.isCaughtUp(id, now);
  }

  /** When {@link onTimer} wants to be called; undefined: not before something else happens. */
  get nextDeadline(): number | undefined {
    const { state } = this;
    if (state.name === "Leader") return state.nextDeadline;
    if (state.name !== "Follower") return state.electionDeadline;
    return state.nextDeadline;
  }

  onTimer(now: number): Effects {
    const effects = noEffects();
    const { state } = this;
    switch (state.name) {
      case "Unattached":
        if (now < state.electionDeadline) break;
        if (this.#mayStand) this.#ask(now, "election timeout", effects);
        else this.#lookForLeader(now, effects);
        break;
      case "Prospective":
        if (now >= state.electionDeadline) this.#giveUp(state, now, "no majority in time", effects);
        break;
      case "Candidate":
        if (now >= state.electionDeadline) this.#ask(now, "no majority in time", effects);
        break;
      case "Resigned":
        if (now >= state.electionDeadline) {
          this.#restFromLeading(now, effects);
        }
        break;
      case "Follower":
        if (now >= state.fetchDeadline) {
          if (this.#mayStand) this.#ask(now, "leader is silent", effects);
          else this.#loseLeader(state, "leader is silent", this.#electionDeadline(now), effects);
        } else if (state.mustAskAgain(now)) {
          state.ask(this.#place, now, effects);
        }
        break;
      case "Leader":
        if (state.isAbandoned(now)) {
          this.#resign(state, now, "a majority fetches no more", effects);
        } else {
          this.#tellNews(state, now, effects);
          effects.send.push(...state.beginQuorum(now));
        }
        break;
    }
    return effects;
  }

  /** The leader's own log grew: those who wait for records get them. */
  onAppended(now: number): Effects {
    const effects = noEffects();
    if (this.#state.name === "Leader") this.#tellNews(this.#state, now, effects);
    return effects;
  }

  /**
   * Our log is on disk below `endOffset`: a leader counts it to the majority, a follower tells by
   * fetching on.
   */
  onFlushed(endOffset: Offset, now: number): Effects {
    const effects = noEffects();
    const { state } = this;
    this.#flushed = Math.max(this.#flushed, endOffset);
    if (state.name === "Leader") {
      state.onFlushed(this.#flushed);
      this.#tellNews(state, now, effects);
    } else if (state.name === "Follower") {
      this.#learnHighWatermark(state, effects);
      state.onFlushed(this.#place, now, effects);
    }
    return effects;
  }

  /**
   * The leader's snapshot is in use and on disk, and our log, empty, begins behind it. All in it is
   * committed.
   */
  onSnapshotLoaded(snapshot: LogEnd, now: number): Effects {
    const effects = noEffects();
    const { state } = this;
    this.#flushed = snapshot.endOffset;
    if (snapshot.endOffset > this.#highWatermark) {
      this.#highWatermark = effects.highWatermark = snapshot.endOffset;
    }
    if (state.name === "Follower") state.onSnapshotLoaded(this.#place, now, effects);
    return effects;
  }

  /**
   * A node takes no connections: its process is gone, most likely, or has not begun. Whoever follows
   * it need not wait until it has been silent for long: those who may stand ask soon whether they
   * would be elected, one after the other as chance has it, and would give others their vote;
   * observers look for another leader.
   */
  onPeerLost(id: number, now: number, why = "it takes no connections"): Effects {
    const effects = noEffects();
    const { state } = this;
    const soon = now + this.random.int(Math.ceil(this.config.electionTimeoutMs / 4));
    if (state.name === "Follower" && state.leaderId === id) {
      if (this.#mayStand) state.onLost(soon);
      else this.#loseLeader(state, why, soon, effects);
    } else if (state.name === "Unattached" && !this.#mayStand && soon < state.electionDeadline) {
      this.#state = { ...state, electionDeadline: soon };
    }
    return effects;
  }

  onMessage(message: RaftMessage, now: number): Effects {
    assert(
      message.to === this.config.nodeId,
      `message for ${message.to} reached ${this.config.nodeId}`,
    );
    const effects = noEffects();
    const isFetch = message.type === "FetchRequest" || message.type === "FetchSnapshotRequest";
    if (message.epoch > this.epoch && !isFetch) this.#enterEpoch(message, now, effects);
    switch (message.type) {
      case "VoteRequest":
        this.#onVoteRequest(message, now, effects);
        break;
      case "VoteResponse":
        this.#onVoteResponse(message, now, effects);
        break;
      case "BeginQuorumEpochRequest":
        this.#onBeginQuorumEpoch(message, now, effects);
        break;
      case "BeginQuorumEpochResponse":
        break; // only its epoch matters, and that was looked at
      case "EndQuorumEpochRequest":
        this.#onEndQuorumEpoch(message, now, effects);
        break;
      case "FetchRequest":
        this.#onFetchRequest(message, now, effects);
        break;
      case "FetchResponse":
        this.#onFetchResponse(message, now, effects);
        break;
      case "FetchSnapshotRequest":
        this.#onFetchSnapshotRequest(message, now, effects);
        break;
      case "FetchSnapshotResponse":
        this.#followed(message)?.onFetchSnapshotResponse(message, this.#place, now, effects);
        break;
    }
    return effects;
  }

  /** Steps down on purpose: tells the voters, the best informed first. */
  resign(now: number, why = "asked to"): Effects {
    const effects = noEffects();
    if (this.#state.name === "Leader") this.#resign(this.#state, now, why, effects);
    return effects;
  }

  /**
   * There was no room on the disk for what the last effects asked for. What came before that was
   * done; nothing behind it was, so nobody has heard of a vote or an epoch that is not written down.
   * It goes on as after a restart, from what is kept: an epoch that it had entered is forgotten, and
   * entered again when somebody tells of it. But it looks around for whom to follow only after a
   * pause, since that, too, has to be written. A leader that can't open its epoch lets others lead.
   */
  onNoRoom({ saved, committed, flushed }: Kept, now: number): Effects {
    const { state } = this;
    this.#highWatermark = committed;
    this.#flushed = flushed;
    const why = "no room on the disk";
    const { epoch, votedId, leaderId } = this.#promised(saved);
    const hasLed = leaderId === this.config.nodeId;
    if (state.name === "Leader" && state.epoch === epoch && hasLed) return this.resign(now, why);
    const electionDeadline = this.#electionDeadline(now);
    this.#state = hasLed
      ? { name: "Resigned", epoch, electionDeadline }
      : { name: "Unattached", epoch, votedId, electionDeadline };
    const { state: { name: to }, leaderId: told } = this;
    const transition: Transition = { from: state.name, to, epoch, leaderId: told, why };
    return { ...noEffects(), transitions: [transition] };
  }

  #restored(saved: QuorumStateData, now: number): QuorumState {
    const { nodeId } = this.config;
    const electionDeadline = this.#electionDeadline(now);
    const { epoch, votedId, leaderId } = this.#promised(saved);
    if (leaderId === nodeId) return { name: "Resigned", epoch, electionDeadline };
    if (leaderId !== undefined) return this.#follower(epoch, leaderId, votedId, now);
    if (votedId === nodeId && this.#mayStand) return this.#candidate(epoch, electionDeadline);
    return { name: "Unattached", epoch, votedId, electionDeadline };
  }

  /** A file older than the log says of votes only what is about an epoch that is over. */
  #promised(saved: QuorumStateData): QuorumStateData {
    const { epoch } = this.log.end;
    return saved.epoch < epoch ? { epoch, votedId: undefined, leaderId: undefined } : saved;
  }

  /** Asks the others whether they would vote for it. Nothing is written, and no epoch begins. */
  #ask(now: number, why: string, effects: Effects): void {
    const { state } = this;
    const prospective: Prospective = {
      name: "Prospective",
      epoch: this.epoch,
      votedId: toPersist(state, this.config.nodeId).votedId,
      leaderId: this.leaderId,
      granting: this.#ownVote,
      refusing: new Set(),
      electionDeadline: this.#electionDeadline(now),
    };
    if (this.isVoter && this.log.voters.length === 1) return this.#stand(now, why, effects);
    this.#become(prospective, why, effects);
    this.#askForVotes({ preVote: true }, effects);
  }

  /** Nobody wants it: it goes on with the leader that it knew of, or waits for another. */
  #giveUp(state: Prospective, now: number, why: string, effects: Effects): void {
    const { epoch, leaderId, votedId } = state;
    if (leaderId !== undefined) return this.#follow(leaderId, now, why, effects);
    const electionDeadline = this.#electionDeadline(now);
    this.#unattach({ epoch, votedId, electionDeadline }, why, effects);
  }

  /** Goes to the next epoch, votes for itself, asks the others. */
  #stand(now: number, why: string, effects: Effects): void {
    const candidate = this.#candidate(this.epoch + 1, this.#electionDeadline(now));
    this.#become(candidate, why, effects);
    if (candidate.granting.size >= majorityOf(this.log.voters)) {
      this.#lead(candidate, now, effects);
    } else {
      this.#askForVotes({ preVote: false }, effects);
    }
  }

  #askForVotes({ preVote }: { preVote: boolean }, effects: Effects): void {
    const { nodeId } = this.config;
    for (const to of this.log.voters) {
      if (to === nodeId) continue;
      effects.send.push({
        type: "VoteRequest",
        from: nodeId,
        to,
        epoch: this.epoch,
        preVote,
        logEnd: this.log.end,
      });
    }
  }

  #lead(candidate: Candidate, now: number, effects: Effects): void {
    const { nodeId } = this.config;
    const { voters } = this.log;
    const { epoch, granting } = candidate;
    const flushed = this.#flushed;
    const leader = new Leader(this.config, this.log, { epoch, granting, flushed, now });
    this.#become(leader, `votes=${granting.size}/${voters.length}`, effects);
    effects.append = {
      leaderChange: { epoch, leaderId: nodeId, voters, grantingVoters: [...granting] },
    };
    effects.send.push(...leader.beginQuorum(now));
  }

  #follow(leaderId: number, now: number, why: string, effects: Effects): void {
    const { state } = this;
    const { votedId } = toPersist(state, this.config.nodeId);
    const follower = this.#follower(this.epoch, leaderId, votedId, now);
    this.#become(follower, why, effects);
    follower.ask(this.#place, now, effects);
  }

  #unattach(
    to: { epoch: number; votedId?: number; electionDeadline: number },
    why: string,
    effects: Effects,
  ): void {
    this.#become({ name: "Unattached", votedId: undefined, ...to }, why, effects);
  }

  #resign(leader: Leader, now: number, why: string, effects: Effects): void {
    const { nodeId } = this.config;
    const { epoch, successors: preferredSuccessors } = leader;
    this.#become(
      { name: "Resigned", epoch, electionDeadline: this.#electionDeadline(now) },
      why,
      effects,
    );
    for (const to of preferredSuccessors) {
      effects.send.push({
        type: "EndQuorumEpochRequest",
        from: nodeId,
        to,
        epoch,
        preferredSuccessors,
      });
    }
  }

  /**
   * Who may stand opens the next epoch, since its vote in this one is spent; who may not, and is not
   * to disturb, remembers that it is.
   */
  #restFromLeading(now: number, effects: Effects): void {
    const electionDeadline = this.#electionDeadline(now);
    const next = this.#mayStand
      ? { epoch: this.epoch + 1, electionDeadline }
      : { epoch: this.epoch, votedId: this.config.nodeId, electionDeadline };
    this.#unattach(next, "resigned long enough", effects);
  }

  /**
   * A message of a higher epoch: ours is over. Whom to follow in the new one the message may tell.
   */
  #enterEpoch(message: RaftMessage, now: number, effects: Effects): void {
    const electionDeadline = this.#standsAt(now);
    const why = `epoch of node ${message.from} is higher`;
    this.#unattach({ epoch: message.epoch, electionDeadline }, why, effects);
    const leaderId = "leaderId" in message ? message.leaderId : undefined;
    if (leaderId !== undefined && leaderId !== this.config.nodeId) {
      this.#follow(leaderId, now, `node ${message.from} said who leads`, effects);
    }
  }

  #onVoteRequest(request: VoteRequest, now: number, effects: Effects): void {
    const { from, epoch, logEnd, preVote } = request;
    const { state } = this;
    const grants = preVote ? wouldGrantVote : grantsVote;
    const granted = epoch === state.epoch && !this.log.isFull &&
      grants(state, { id: from, logEnd }, this.log.end);
    const isNewVote = granted && !preVote && toPersist(state, this.config.nodeId).votedId !== from;
    if (isNewVote) {
      const electionDeadline = this.#electionDeadline(now);
      this.#unattach({ epoch, votedId: from, electionDeadline }, `voted for node ${from}`, effects);
    }
    effects.send.push({ type: "VoteResponse", ...this.#answerTo(from), preVote, granted });
  }

  #onVoteResponse(response: VoteResponse, now: number, effects: Effects): void {
    const { state } = this;
    const { from, epoch, granted, leaderId, preVote } = response;
    if (state.name !== (preVote ? "Prospective" : "Candidate") || epoch !== state.epoch) return;
    if (!this.log.voters.includes(from)) return;
    const isNews = leaderId !== undefined && leaderId !== this.leaderId;
    if (isNews && leaderId !== this.config.nodeId) {
      return this.#follow(leaderId, now, `node ${from} said who leads`, effects);
    }
    if (state.name === "Prospective") this.#onPreVote(state, { from, granted }, now, effects);
    // Refused: it may still win by the others, else it asks anew when its election timeout is over.
    else if (state.name === "Candidate" && granted) this.#onVote(state, from, now, effects);
  }

  #onPreVote(
    state: Prospective,
    { from, granted }: { from: number; granted: boolean },
    now: number,
    effects: Effects,
  ): void {
    const next: Prospective = granted
      ? { ...state, granting: new Set([...state.granting, from]) }
      : { ...state, refusing: new Set([...state.refusing, from]) };
    this.#state = next;
    const { voters } = this.log;
    if (next.granting.size >= majorityOf(voters)) {
      this.#stand(now, `votes=${next.granting.size}/${voters.length} to be had`, effects);
    } else if (voters.length - next.refusing.size < majorityOf(voters)) {
      this.#giveUp(next, now, "a majority would not vote for it", effects);
    }
  }

  #onVote(state: Candidate, from: number, now: number, effects: Effects): void {
    const next: Candidate = { ...state, granting: new Set([...state.granting, from]) };
    this.#state = next;
    if (next.granting.size >= majorityOf(this.log.voters)) this.#lead(next, now, effects);
  }

  #onBeginQuorumEpoch(request: BeginQuorumEpochRequest, now: number, effects: Effects): void {
    const { from, epoch } = request;
    if (epoch === this.epoch) {
      const known = this.leaderId;
      assert(
        known === undefined || known === from,
        `epoch ${epoch} has leaders ${known} and ${from}`,
      );
      const isFollowed = this.#state.name === "Follower" && known === from;
      if (!isFollowed) this.#follow(from, now, "told by the leader", effects);
    }
    effects.send.push({ type: "BeginQuorumEpochResponse", ...this.#answerTo(from) });
  }

  #onEndQuorumEpoch(request: EndQuorumEpochRequest, now: number, effects: Effects): void {
    const { state } = this;
    const { epoch, from, preferredSuccessors } = request;
    if (!this.#mayStand || epoch !== state.epoch) return;
    if (state.name !== "Follower" && state.name !== "Unattached" && state.name !== "Prospective") {
      return;
    }
    const place = preferredSuccessors.indexOf(this.config.nodeId);
    if (place === 0) return this.#stand(now, `node ${from} resigned`, effects);
    // The others give the better informed a head start: the further back, the longer.
    const { electionBackoffMaxMs: longest } = this.config;
    const count = preferredSuccessors.length;
    const pause = place < 0 ? longest : (longest >> (count - 1)) << (place - 1);
    const follower = state.name === "Follower"
      ? state
      : this.#follower(epoch, from, state.votedId, now);
    follower.onResigned(now + pause);
    this.#become(follower, `node ${from} resigned`, effects);
  }

  #onFetchRequest(request: FetchRequest, now: number, effects: Effects): void {
    const { state } = this;
    const { from, epoch } = request;
    const asked = { epoch: request.lastFetchedEpoch, endOffset: request.fetchOffset };
    const error = this.#whyNoFetch(epoch);
    if (error !== undefined) return this.#refuse(from, asked, error, effects);
    if (state.name !== "Leader") return;
    effects.send.push(...state.onFetch(request, now, this.#highWatermark));
    this.#tellNews(state, now, effects);
  }

  #refuse(to: number, asked: LogEnd, error: FetchResponse["error"], effects: Effects): void {
    const { highWatermark } = this;
    effects.send.push({
      type: "FetchResponse",
      ...this.#answerTo(to),
      error,
      highWatermark,
      asked,
    });
  }

  #onFetchSnapshotRequest(request: FetchSnapshotRequest, now: number, effects: Effects): void {
    const { state } = this;
    const { from, epoch, snapshot, position } = request;
    const error = this.#whyNoFetch(epoch);
    if (error !== undefined) {
      const answer = { ...this.#answerTo(from), error, snapshot, position };
      return void effects.send.push({ type: "FetchSnapshotResponse", ...answer });
    }
    if (state.name === "Leader") effects.send.push(state.onFetchSnapshot(request, now));
  }

  /** Anybody may ask, so an epoch that is asked in tells nothing of elections. */
  #whyNoFetch(epoch: number): FetchResponse["error"] | undefined {
    if (epoch < this.epoch) return "FENCED_LEADER_EPOCH";
    if (epoch > this.epoch) return "UNKNOWN_LEADER_EPOCH";
    return this.isLeader ? undefined : "NOT_LEADER";
  }

  #onFetchResponse(response: FetchResponse, now: number, effects: Effects): void {
    const { state } = this;
    if (response.epoch !== state.epoch) return;
    if (state.name === "Unattached" && response.leaderId !== undefined) {
      return this.#follow(response.leaderId, now, `node ${response.from} said who leads`, effects);
    }
    const follower = this.#followed(response);
    if (follower === undefined) return;
    follower.onFetchResponse(response, this.#place, now, effects);
    this.#flushed = Math.min(this.#flushed, effects.truncateTo ?? this.#flushed);
    this.#learnHighWatermark(follower, effects);
  }

  /** This node as the follower of who answers; undefined when it is not. */
  #followed({ from, epoch }: RaftMessage): Follower | undefined {
    const { state } = this;
    const follows = state.name === "Follower" && epoch === state.epoch && from === state.leaderId;
    return follows ? state : undefined;
  }

  #loseLeader(
    { epoch, votedId }: Follower,
    why: string,
    electionDeadline: number,
    effects: Effects,
  ): void {
    this.#unattach({ epoch, votedId, electionDeadline }, why, effects);
  }

  /** An observer that knows of no leader asks anybody who may know, and again later. */
  #lookForLeader(now: number, effects: Effects): void {
    const { nodeId, bootstrapIds = [] } = this.config;
    const { state } = this;
    if (state.name !== "Unattached") return;
    this.#state = { ...state, electionDeadline: this.#electionDeadline(now) };
    const known = [...this.log.voters.filter((id) => id !== nodeId), ...bootstrapIds];
    if (known.length === 0) return;
    effects.send.push({
      type: "FetchRequest",
      from: nodeId,
      to: known[this.random.int(known.length)],
      epoch: state.epoch,
      fetchOffset: this.log.end.endOffset,
      lastFetchedEpoch: this.log.end.epoch,
      highWatermark: this.#highWatermark,
    });
  }

  /**
   * Moves the high watermark to what a majority holds, and answers the fetches that waited for
   * news.
   */
  #tellNews(leader: Leader, now: number, effects: Effects): void {
    const { committed } = leader;
    if (committed !== undefined && committed > this.#highWatermark) {
      this.#highWatermark = effects.highWatermark = committed;
    }
    effects.send.push(...leader.answerWaiting(now, this.#highWatermark));
    // Whoever was voted out leads until that is committed, and no longer.
    if (!this.isVoter && this.log.votersOffset <= this.#highWatermark) {
      this.#resign(leader, now, "it votes no more", effects);
    }
  }

  #learnHighWatermark(follower: Follower, effects: Effects): void {
    const ours = follower.committedOf(this.#place);
    if (ours > this.#highWatermark) this.#highWatermark = effects.highWatermark = ours;
  }

  get #place(): Place {
    return { flushed: this.#flushed, highWatermark: this.#highWatermark };
  }

  #answerTo(to: number) {
    return { from: this.config.nodeId, to, epoch: this.epoch, leaderId: this.leaderId };
  }

  /** The one place where the state changes by name: what must be on disk first goes out with it. */
  #become(next: QuorumState, why: string, effects: Effects): void {
    const { state } = this;
    const { nodeId } = this.config;
    assert(next.epoch >= state.epoch, `epoch cannot go from ${state.epoch} back to ${next.epoch}`);
    this.#state = next;
    const saved = toPersist(next, nodeId);
    const before = toPersist(state, nodeId);
    if (
      saved.epoch !== before.epoch || saved.votedId !== before.votedId ||
      saved.leaderId !== before.leaderId || effects.persist !== undefined
    ) effects.persist = saved;
    effects.transitions.push({
      from: state.name,
      to: next.name,
      epoch: next.epoch,
      leaderId: leaderOf(next, nodeId),
      why,
    });
    if (state.name !== "Leader") return;
    for (const { to, asked } of state.dismiss()) this.#refuse(to, asked, "NOT_LEADER", effects);
  }

  #candidate(epoch: number, electionDeadline: number): Candidate {
    return { name: "Candidate", epoch, granting: this.#ownVote, electionDeadline };
  }

  #follower(
    epoch: number,
    leaderId: number,
    votedId: number | undefined,
    now: number,
  ): Follower {
    const { fetchTimeoutMs } = this.config;
    const patienceMs = fetchTimeoutMs + this.random.int(Math.ceil(fetchTimeoutMs / 4));
    return new Follower(this.config, this.log, { epoch, leaderId, votedId, patienceMs, now });
  }

  /**
   * When this node would stand as things are. A higher epoch alone does not put that off, only a
   * vote given does: else one that can't win, for its log is short, keeps those from standing who
   * could.
   */
  #standsAt(now: number): number {
    const { state } = this;
    if (state.name === "Leader") return this.#electionDeadline(now);
    const at = state.name === "Follower" ? state.fetchDeadline : state.electionDeadline;
    return at > now ? at : this.#electionDeadline(now);
  }

  #electionDeadline(now: number): number {
    const { electionTimeoutMs } = this.config;
    return now + electionTimeoutMs + this.random.int(electionTimeoutMs);
  }
}
