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
 * has called on when it resigned.
 *
 * Left out until there is a larger quorum to need it: changes of membership (KIP-853), fetching
 * snapshots.
 */
import { assert, type Offset } from "../base/mod.ts";
import type { Random } from "../platform/mod.ts";
import type { RaftConfig, RaftLog } from "./config.ts";
import { type Effects, noEffects } from "./effects.ts";
import { Leader } from "./leader.ts";
import type {
  BeginQuorumEpochRequest,
  EndQuorumEpochRequest,
  FetchRequest,
  FetchResponse,
  LogEnd,
  RaftMessage,
  VoteRequest,
  VoteResponse,
} from "./messages.ts";
import {
  type Candidate,
  type Follower,
  leaderOf,
  type Prospective,
  type QuorumState,
  type QuorumStateData,
  toPersist,
} from "./state.ts";
import { grantsVote, majorityOf, wouldGrantVote } from "./votes.ts";

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
      saved ?? { epoch: 0, votedId: undefined, leaderId: undefined },
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
    return this.config.voters.includes(this.config.nodeId);
  }

  /** Called once: a lone voter has nobody to wait for and leads at once. */
  start(now: number): Effects {
    const effects = noEffects();
    const { state } = this;
    if (this.isVoter && this.config.voters.length === 1) this.#stand(now, "only voter", effects);
    else if (state.name === "Candidate") this.#askForVotes({ preVote: false }, effects);
    else if (state.name === "Follower") this.#fetch(state, now, effects);
    return effects;
  }

  /** When {@link onTimer} wants to be called; undefined: not before something else happens. */
  get nextDeadline(): number | undefined {
    const { state } = this;
    if (state.name === "Leader") return state.nextDeadline;
    if (state.name !== "Follower") return state.electionDeadline;
    const standAt = this.isVoter ? state.fetchDeadline : Infinity;
    return Math.min(standAt, state.retryFetchAt ?? state.fetchDeadline);
  }

  onTimer(now: number): Effects {
    const effects = noEffects();
    const { state } = this;
    switch (state.name) {
      case "Unattached":
        if (now < state.electionDeadline) break;
        if (this.isVoter) this.#ask(now, "election timeout", effects);
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
          const electionDeadline = this.#electionDeadline(now);
          this.#unattach(
            { epoch: state.epoch + 1, electionDeadline },
            "resigned long enough",
            effects,
          );
        }
        break;
      case "Follower":
        if (now >= state.fetchDeadline) {
          if (this.isVoter) this.#ask(now, "leader is silent", effects);
          else this.#loseLeader(state, now, effects);
        } else if (state.retryFetchAt !== undefined && now >= state.retryFetchAt) {
          this.#fetch(state, now, effects);
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
      this.#learnHighWatermark(state.leaderHighWatermark, effects);
      if (state.retryFetchAt === undefined) this.#fetch(state, now, effects);
    }
    return effects;
  }

  onMessage(message: RaftMessage, now: number): Effects {
    assert(
      message.to === this.config.nodeId,
      `message for ${message.to} reached ${this.config.nodeId}`,
    );
    const effects = noEffects();
    if (message.epoch > this.epoch) this.#enterEpoch(message, now, effects);
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
    }
    return effects;
  }

  /** Steps down on purpose, at a shutdown: tells the voters, the best informed first. */
  resign(now: number): Effects {
    const effects = noEffects();
    if (this.#state.name === "Leader") this.#resign(this.#state, now, "asked to", effects);
    return effects;
  }

  #restored(saved: QuorumStateData, now: number): QuorumState {
    const { nodeId } = this.config;
    const electionDeadline = this.#electionDeadline(now);
    if (saved.epoch < this.log.end.epoch) {
      // The file is older than the log: whatever it says of votes is about an epoch that is over.
      return {
        name: "Unattached",
        epoch: this.log.end.epoch,
        votedId: undefined,
        electionDeadline,
      };
    }
    const { epoch, votedId, leaderId } = saved;
    if (leaderId === nodeId) return { name: "Resigned", epoch, electionDeadline };
    if (leaderId !== undefined) return this.#follower(epoch, leaderId, votedId, now);
    if (votedId === nodeId && this.isVoter) return this.#candidate(epoch, electionDeadline);
    return { name: "Unattached", epoch, votedId, electionDeadline };
  }

  /** Asks the others whether they would vote for it. Nothing is written, and no epoch begins. */
  #ask(now: number, why: string, effects: Effects): void {
    const { state } = this;
    const prospective: Prospective = {
      name: "Prospective",
      epoch: this.epoch,
      votedId: toPersist(state, this.config.nodeId).votedId,
      leaderId: this.leaderId,
      granting: new Set([this.config.nodeId]),
      refusing: new Set(),
      electionDeadline: this.#electionDeadline(now),
    };
    if (majorityOf(this.config.voters) === 1) return this.#stand(now, why, effects);
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
    if (candidate.granting.size >= majorityOf(this.config.voters)) {
      this.#lead(candidate, now, effects);
    } else {
      this.#askForVotes({ preVote: false }, effects);
    }
  }

  #askForVotes({ preVote }: { preVote: boolean }, effects: Effects): void {
    const { nodeId, voters } = this.config;
    for (const to of voters) {
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
    const { nodeId, voters } = this.config;
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
    this.#fetch(follower, now, effects);
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
    const granted = epoch === state.epoch && grants(state, { id: from, logEnd }, this.log.end);
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
    if (!this.config.voters.includes(from)) return;
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
    const { voters } = this.config;
    if (next.granting.size >= majorityOf(voters)) {
      this.#stand(now, `votes=${next.granting.size}/${voters.length} to be had`, effects);
    } else if (voters.length - next.refusing.size < majorityOf(voters)) {
      this.#giveUp(next, now, "a majority would not vote for it", effects);
    }
  }

  #onVote(state: Candidate, from: number, now: number, effects: Effects): void {
    const next: Candidate = { ...state, granting: new Set([...state.granting, from]) };
    this.#state = next;
    if (next.granting.size >= majorityOf(this.config.voters)) this.#lead(next, now, effects);
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
    if (!this.isVoter || epoch !== state.epoch) return;
    if (state.name !== "Follower" && state.name !== "Unattached" && state.name !== "Prospective") {
      return;
    }
    const place = preferredSuccessors.indexOf(this.config.nodeId);
    if (place === 0) return this.#stand(now, `node ${from} resigned`, effects);
    // The others give the better informed a head start: the further back, the longer.
    const { electionBackoffMaxMs: longest } = this.config;
    const count = preferredSuccessors.length;
    const pause = place < 0 ? longest : (longest >> (count - 1)) << (place - 1);
    const follower: Follower = state.name === "Follower"
      ? state
      : this.#follower(epoch, from, state.votedId, now);
    this.#become(
      { ...follower, fetchDeadline: now + pause, retryFetchAt: undefined, hasFetched: false },
      `node ${from} resigned`,
      effects,
    );
  }

  #onFetchRequest(request: FetchRequest, now: number, effects: Effects): void {
    const { state } = this;
    const { from, epoch } = request;
    const refuse = (error: FetchResponse["error"]) =>
      effects.send.push({
        type: "FetchResponse",
        ...this.#answerTo(from),
        error,
        highWatermark: this.#highWatermark,
        asked: { epoch: request.lastFetchedEpoch, endOffset: request.fetchOffset },
      });
    if (epoch < state.epoch) return void refuse("FENCED_LEADER_EPOCH");
    if (state.name !== "Leader") return void refuse("NOT_LEADER");

    effects.send.push(...state.onFetch(request, now, this.#highWatermark));
    this.#tellNews(state, now, effects);
  }

  #onFetchResponse(response: FetchResponse, now: number, effects: Effects): void {
    const { state } = this;
    if (response.epoch !== state.epoch) return;
    if (state.name === "Unattached" && response.leaderId !== undefined) {
      return this.#follow(response.leaderId, now, `node ${response.from} said who leads`, effects);
    }
    // A late or doubled answer is one to a question that is no longer asked.
    if (state.name !== "Follower" || response.from !== state.leaderId) return;
    const { end } = this.log;
    const { asked } = response;
    if (state.retryFetchAt === undefined) return;
    if (asked.epoch !== end.epoch || asked.endOffset !== end.endOffset) return;
    if (response.error !== "NONE") {
      if (response.error === "NOT_LEADER") {
        state.retryFetchAt = now + this.config.fetchTimeoutMs / 4;
      }
      return;
    }
    state.fetchDeadline = now + this.config.fetchTimeoutMs;
    state.hasFetched = true;

    if (response.diverging !== undefined) {
      this.#truncate(response.diverging, effects);
      state.retryFetchAt = now; // from the cut on; the driver cuts before it comes back to us
      return;
    }
    state.leaderHighWatermark = Math.max(state.leaderHighWatermark, response.highWatermark);
    if (response.records !== undefined) {
      state.retryFetchAt = undefined; // asks on when these are on disk, which is its acknowledgment
      effects.append = { records: response.records };
    } else {
      this.#learnHighWatermark(state.leaderHighWatermark, effects);
      this.#fetch(state, now, effects);
    }
  }

  /** Cuts to the last offset that can be common with the leader's log (KIP-101). */
  #truncate(theirs: LogEnd, effects: Effects): void {
    const ours = this.log.endOf(theirs.epoch);
    const to = ours.epoch === theirs.epoch
      ? Math.min(ours.endOffset, theirs.endOffset)
      : ours.endOffset;
    assert(
      to >= this.#highWatermark,
      `Cannot cut the log to ${to}: below ${this.#highWatermark} it is committed`,
    );
    effects.truncateTo = to;
    this.#flushed = Math.min(this.#flushed, to);
  }

  #fetch(follower: Follower, now: number, effects: Effects): void {
    const { nodeId, fetchTimeoutMs } = this.config;
    const { epoch, leaderId } = follower;
    if (this.log.end.endOffset > this.#flushed) {
      // The offset is an acknowledgment, so what it covers must be on disk. `onFlushed` comes back
      // here.
      follower.retryFetchAt = undefined;
      return;
    }
    follower.retryFetchAt = now + fetchTimeoutMs / 2;
    effects.send.push({
      type: "FetchRequest",
      from: nodeId,
      to: leaderId,
      epoch,
      fetchOffset: this.log.end.endOffset,
      lastFetchedEpoch: this.log.end.epoch,
      highWatermark: this.#highWatermark,
    });
  }

  #loseLeader({ epoch, votedId }: Follower, now: number, effects: Effects): void {
    const electionDeadline = this.#electionDeadline(now);
    this.#unattach({ epoch, votedId, electionDeadline }, "leader is silent", effects);
  }

  /** An observer that knows of no leader asks a voter, any, and again later. */
  #lookForLeader(now: number, effects: Effects): void {
    const { nodeId, voters } = this.config;
    const { state } = this;
    if (state.name !== "Unattached") return;
    this.#state = { ...state, electionDeadline: this.#electionDeadline(now) };
    effects.send.push({
      type: "FetchRequest",
      from: nodeId,
      to: voters[this.random.int(voters.length)],
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
  }

  #learnHighWatermark(leaders: Offset, effects: Effects): void {
    const ours = Math.min(leaders, this.#flushed);
    if (ours > this.#highWatermark) this.#highWatermark = effects.highWatermark = ours;
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
  }

  #candidate(epoch: number, electionDeadline: number): Candidate {
    const granting = new Set([this.config.nodeId]);
    return { name: "Candidate", epoch, granting, electionDeadline };
  }

  #follower(
    epoch: number,
    leaderId: number,
    votedId: number | undefined,
    now: number,
  ): Follower {
    const fetchDeadline = now + this.config.fetchTimeoutMs;
    return {
      name: "Follower",
      epoch,
      leaderId,
      votedId,
      fetchDeadline,
      retryFetchAt: now,
      leaderHighWatermark: 0,
      hasFetched: false,
    };
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
