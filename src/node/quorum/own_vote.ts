/**
 * What a controller does about its own place among the voters (KIP-853). A voter tells the leader
 * when its addresses are no longer those in the log. A controller that does not vote, and is to
 * (`controller.quorum.auto.join.enable`), asks for it once it has all that is committed; if it is
 * still known by a disk that it had before, it has that one removed first.
 *
 * Looked at once a fetch timeout, as in Kafka; what is refused is asked for again then.
 */
import type { LogEvent } from "../../base/mod.ts";
import { reasonOf, WireConnection } from "../../client/mod.ts";
import type { BrokerConfig } from "../../config/mod.ts";
import type { Clock, Network, Timer } from "../../platform/mod.ts";
import {
  AddRaftVoterRequest,
  AddRaftVoterResponse,
  errorName,
  type InputOf,
  type Message,
  RemoveRaftVoterRequest,
  RemoveRaftVoterResponse,
  UpdateRaftVoterRequest,
  UpdateRaftVoterResponse,
} from "../../protocol/mod.ts";
import type { MetadataLog } from "../metadata_log.ts";
import { HIGHEST_KRAFT_VERSION, type Voter, type VoterEndpoint } from "../quorum_voters.ts";
import type { QuorumAddresses } from "./addresses.ts";
import { isSameVoter, type QuorumMembership } from "./membership.ts";

export interface OwnVoteOptions {
  readonly metadata: MetadataLog;
  readonly membership: QuorumMembership;
  readonly addresses: QuorumAddresses;
  readonly nodeId: number;
  readonly clusterId: () => string | undefined;
  readonly endpoints: () => readonly VoterEndpoint[];
  readonly config: BrokerConfig;
  readonly network: Network;
  readonly clock: Clock;
  readonly log: LogEvent;
}

export class OwnVote {
  readonly #options: OwnVoteOptions;
  #timer: Timer | undefined;
  readonly #closing = new AbortController();
  #lastReason = "";

  constructor(options: OwnVoteOptions) {
    this.#options = options;
    this.#plan();
  }

  close(): void {
    this.#timer?.cancel();
    this.#closing.abort(new Error("the node stops"));
  }

  #plan(): void {
    const { clock, config } = this.#options;
    const pauseMs = Math.max(100, config.get("controller.quorum.fetch.timeout.ms"));
    this.#timer = clock.after(pauseMs, async () => {
      try {
        await this.#look();
        this.#lastReason = "";
      } catch (error) {
        this.#tell(reasonOf(error));
      }
      if (!this.#closing.signal.aborted) this.#plan();
    });
  }

  #tell(reason: string): void {
    if (reason === this.#lastReason || this.#closing.signal.aborted) return;
    this.#lastReason = reason;
    this.#options.log("info", "own vote not settled yet", { reason });
  }

  async #look(): Promise<void> {
    const { metadata, nodeId, config } = this.#options;
    const { kraftVersion, voters } = metadata.latestQuorum;
    if (kraftVersion === 0 || !metadata.hasCaughtUp) return;
    const voter = voters.find(({ voterId }) => voterId === nodeId);
    const ours = this.#voter;
    if (voter?.voterDirectoryId === metadata.directoryId) {
      if (ours.endpoints.length > 0 && !isSameVoter(voter, ours)) await this.#update(ours);
    } else if (config.get("controller.quorum.auto.join.enable") && voters.length > 0) {
      if (voter !== undefined) await this.#remove(voter);
      await this.#add(ours);
    }
  }

  get #voter(): Voter {
    const { nodeId, metadata, endpoints } = this.#options;
    return {
      voterId: nodeId,
      voterDirectoryId: metadata.directoryId,
      endpoints: [...endpoints()],
      kRaftVersionFeature: { minSupportedVersion: 0, maxSupportedVersion: HIGHEST_KRAFT_VERSION },
    };
  }

  async #update({ endpoints, ...voter }: Voter): Promise<void> {
    const { metadata, membership } = this.#options;
    const request = {
      ...voter,
      clusterId: this.#clusterId,
      currentLeaderEpoch: metadata.epoch,
      listeners: endpoints,
    };
    if (metadata.isLeader) await membership.update(request);
    else await this.#ask(UpdateRaftVoterRequest, UpdateRaftVoterResponse, request);
  }

  async #remove({ voterId, voterDirectoryId }: Voter): Promise<void> {
    const request = { clusterId: this.#clusterId, voterId, voterDirectoryId };
    await this.#ask(RemoveRaftVoterRequest, RemoveRaftVoterResponse, request);
  }

  async #add({ voterId, voterDirectoryId, endpoints }: Voter): Promise<void> {
    await this.#ask(AddRaftVoterRequest, AddRaftVoterResponse, {
      clusterId: this.#clusterId,
      timeoutMs: this.#options.config.get("controller.quorum.request.timeout.ms"),
      voterId,
      voterDirectoryId,
      listeners: endpoints,
      ackWhenCommitted: false, // its vote counts for that already
    });
  }

  get #clusterId(): string | null {
    return this.#options.clusterId() ?? null;
  }

  /** Of the leader, which is another node. Throws an Error with what it says instead. */
  async #ask<Q extends Message, R extends Message>(
    request: Q,
    response: R,
    body: InputOf<Q>,
  ): Promise<void> {
    const { metadata, addresses, network, clock, nodeId, config } = this.#options;
    const { leaderId } = metadata;
    const address = leaderId === undefined || leaderId === nodeId
      ? undefined
      : addresses.of(leaderId);
    if (address === undefined) throw new Error("no leader is known");
    const timeoutMs = config.get("controller.quorum.request.timeout.ms");
    const { signal } = this.#closing;
    const clientId = `quorum-${nodeId}`;
    const wire = await WireConnection.open(address, {
      network,
      clock,
      clientId,
      timeoutMs,
      signal,
    });
    try {
      // The leader asks us before it answers, and may wait for us as long as we do.
      const answer = await wire.call(request, response, body, { timeoutMs: 3 * timeoutMs });
      const { errorCode, errorMessage } = answer as { errorCode: number; errorMessage?: string };
      if (errorCode !== 0) throw new Error(errorMessage || errorName(errorCode));
    } finally {
      wire.close();
    }
  }
}
