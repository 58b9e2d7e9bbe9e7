/**
 * This node's part in the quorum, on the wire: what its core says goes to other nodes
 * (`requests.ts`, a {@link Peer} each), and what others ask comes to its core (`answers.ts`, by the
 * controllers' listener).
 *
 * The core answers in its own time: a fetch waits there for news. Of one node at most one request of
 * a kind is asked at a time; a newer one takes the place of the one that waits, whose connection is
 * gone in all likelihood.
 */
import type { LogEvent, Uuid } from "../../base/mod.ts";
import type { QuorumPart } from "../../broker/mod.ts";
import type { BrokerConfig } from "../../config/mod.ts";
import type { Clock, Network } from "../../platform/mod.ts";
import {
  type BeginQuorumEpochRequest,
  type EndQuorumEpochRequest,
  type FetchRequest,
  type FetchSnapshotRequest,
  KafkaError,
  type VoteRequest,
} from "../../protocol/mod.ts";
import { majorityOf, type RaftMessage } from "../../raft/mod.ts";
import type { MetadataLog, QuorumLink } from "../metadata_log.ts";
import type { VoterEndpoint } from "../quorum_voters.ts";
import type { QuorumAddresses } from "./addresses.ts";
import {
  type Asked,
  beginMessage,
  endMessage,
  epochAnswer,
  fetchAnswer,
  fetchMessage,
  type KnownLeader,
  snapshotAnswerOf,
  snapshotMessage,
  voteAnswer,
  voteMessage,
} from "./answers.ts";
import { Peer } from "./peer.ts";
import type { ReplicaKeys } from "./replica_keys.ts";
import { isRequest, type Reply, requestOf, type Sender } from "./requests.ts";

/** What is said of an epoch that goes, or comes, in the ordinary course of things. */
const OF_EPOCHS = new Set(["NONE", "FENCED_LEADER_EPOCH", "UNKNOWN_LEADER_EPOCH"]);
/** How long messages under way may take when the node stops. */
const STOP_GRACE_MS = 500;

export interface QuorumWireOptions {
  readonly metadata: MetadataLog;
  readonly addresses: QuorumAddresses;
  /** Who fetches here. */
  readonly keys: ReplicaKeys;
  readonly nodeId: number;
  readonly config: BrokerConfig;
  readonly clusterId: () => string | undefined;
  /** Called when this node finds that its data is of another cluster than the quorum. */
  readonly onForeign?: (error: Error) => void;
  /** Where other controllers find this one; none where it is no controller. */
  readonly endpoints: () => readonly VoterEndpoint[];
  readonly network: Network;
  readonly clock: Clock;
  readonly log: LogEvent;
}

type Of<T extends RaftMessage["type"]> = Extract<RaftMessage, { type: T }>;

export class QuorumWire implements QuorumLink, Omit<QuorumPart, "updateVoter"> {
  readonly #options: QuorumWireOptions;
  readonly #peers = new Map<number, Peer>();
  /** By the kind of the answer and who waits for it. */
  readonly #asking = new Map<string, PromiseWithResolvers<RaftMessage>>();
  readonly #saidErrors = new Map<number, string>();
  /** Nodes that say they are of another cluster. */
  readonly #strangers = new Set<number>();
  #isClosed = false;

  constructor(options: QuorumWireOptions) {
    this.#options = options;
  }

  send(message: RaftMessage): void {
    if (this.#isClosed) return;
    if (isRequest(message)) return this.#peer(message.to).send(message);
    const key = keyOf(message.type, message.to);
    this.#asking.get(key)?.resolve(message);
    this.#asking.delete(key);
  }

  /** Lets what is on its way arrive, for a moment: that a leader resigned, above all. */
  async close(): Promise<void> {
    const { clock } = this.#options;
    const until = clock.monotonic() + STOP_GRACE_MS;
    const isBusy = () => [...this.#peers.values()].some((peer) => peer.isBeingTold);
    while (isBusy() && clock.monotonic() < until) await clock.sleep(10);
    this.#isClosed = true;
    for (const peer of this.#peers.values()) peer.close();
    this.refuse();
  }

  refuse(): void {
    for (const { reject } of this.#asking.values()) reject(new KafkaError("BROKER_NOT_AVAILABLE"));
    this.#asking.clear();
  }

  async vote(request: VoteRequest) {
    const { directoryId, ...message } = voteMessage(request, this.#us);
    this.#options.metadata.onCandidate({ id: message.from, directoryId, epoch: message.epoch });
    return voteAnswer(message, await this.#ask(message, "VoteResponse"), this.leader);
  }

  async beginEpoch(request: BeginQuorumEpochRequest) {
    const message = beginMessage(request, this.#us);
    this.#learn(message.from, request.leaderEndpoints);
    await this.#ask(message, "BeginQuorumEpochResponse");
    return epochAnswer(message, this.leader);
  }

  async endEpoch(request: EndQuorumEpochRequest) {
    const message = endMessage(request, this.#us);
    this.#learn(message.from, request.leaderEndpoints);
    this.#options.metadata.receive(message); // the core has no answer to it
    return await Promise.resolve(epochAnswer(message, this.leader));
  }

  async fetch(request: FetchRequest, version: number) {
    const message = this.#keyed(fetchMessage(request, version, this.#us));
    const answer = await this.#ask(message, "FetchResponse");
    const { logStartOffset } = this.#options.metadata;
    return fetchAnswer(answer, { ...this.leader, logStartOffset }, version);
  }

  async fetchSnapshot(request: FetchSnapshotRequest, version: number) {
    const message = this.#keyed(snapshotMessage(request, this.#us));
    const answer = await this.#ask(message, "FetchSnapshotResponse");
    return snapshotAnswerOf(answer, this.leader, version);
  }

  get leaderId(): number | undefined {
    return this.#options.metadata.leaderId;
  }

  /** Who leads, for answers. */
  get leader(): KnownLeader {
    const { metadata, nodeId, endpoints, addresses } = this.#options;
    const { leaderId, epoch } = metadata;
    if (leaderId === undefined) return { leaderId, epoch, nodes: [] };
    const at = leaderId === nodeId ? endpoints()[0] : addresses.of(leaderId);
    const nodes = at === undefined ? [] : [{ nodeId: leaderId, host: at.host, port: at.port }];
    return { leaderId, epoch, nodes };
  }

  /** From whom it is, to the core. */
  #keyed<M extends RaftMessage>({ directoryId, ...message }: M & { directoryId: Uuid }) {
    return { ...message, from: this.#options.keys.idOf(message.from, directoryId) };
  }

  #ask<T extends RaftMessage["type"]>(message: RaftMessage, type: T): Promise<Of<T>> {
    if (this.#isClosed) throw new KafkaError("BROKER_NOT_AVAILABLE");
    const key = keyOf(type, message.from);
    this.#asking.get(key)?.reject(new KafkaError("REQUEST_TIMED_OUT"));
    const asking = Promise.withResolvers<RaftMessage>();
    this.#asking.set(key, asking);
    this.#options.metadata.receive(message);
    return asking.promise as Promise<Of<T>>;
  }

  #peer(id: number): Peer {
    const known = this.#peers.get(id);
    if (known !== undefined) return known;
    const { metadata, addresses, config, nodeId } = this.#options;
    const peer = new Peer({
      ...this.#options,
      clientId: `quorum-${nodeId}`,
      address: () => addresses.of(id),
      timeoutMs: config.get("controller.quorum.request.timeout.ms"),
      backoffMs: config.get("controller.quorum.retry.backoff.ms"),
      translate: (message) => {
        if (!isRequest(message)) throw new Error(`${message.type} is no request`);
        return requestOf(message, this.#sender);
      },
      onReply: (reply) => this.#onReply(id, reply),
      onRefused: () => metadata.onPeerLost(id),
      onNowhere: () => this.#onNowhere(id),
    });
    this.#peers.set(id, peer);
    return peer;
  }

  #onReply(id: number, { message, error, nodes }: Reply): void {
    const { addresses, log, metadata } = this.#options;
    for (const node of nodes) addresses.tell(node);
    if (message !== undefined) {
      this.#saidErrors.delete(id);
      this.#strangers.delete(id);
      return metadata.receive(message);
    }
    if (OF_EPOCHS.has(error) || this.#saidErrors.get(id) === error) return;
    this.#saidErrors.set(id, error);
    log("warn", "a node of the quorum refuses", { node: id, error });
    if (error !== "INCONSISTENT_CLUSTER_ID") return;
    this.#strangers.add(id);
    this.#checkBelongs();
  }

  /**
   * After a restart a broker remembers who led, and not where. It need not wait for word from there:
   * it asks those that it was given. A voter is told by the leader itself.
   */
  #onNowhere(id: number): void {
    const { metadata, nodeId } = this.#options;
    const isVoter = metadata.voterIds.includes(nodeId);
    if (!this.#isClosed && !isVoter) metadata.onPeerLost(id, "nobody has said where it is");
  }

  /**
   * One node of another cluster among the others is its own fault. When as many as a majority of
   * the voters are, and nobody was heard of who isn't, this one is the stranger.
   */
  #checkBelongs(): void {
    const { metadata, addresses, nodeId, clusterId, onForeign } = this.#options;
    const { hasCaughtUp, voterIds } = metadata;
    const asked = voterIds.length > 0 ? voterIds : addresses.bootstrapIds;
    const strangers = asked.filter((id) => id !== nodeId && this.#strangers.has(id));
    if (hasCaughtUp || strangers.length < majorityOf(asked)) return;
    onForeign?.(
      new Error(
        `Cannot join the quorum: this node's data is of cluster ${clusterId()}, and the quorum ` +
          `is of another. Give the node an empty log.dirs, or the addresses of its own cluster`,
      ),
    );
  }

  #learn(nodeId: number, endpoints: readonly VoterEndpoint[]): void {
    const names = this.#options.config.get("controller.listener.names");
    const at = endpoints.find(({ name }) => names.includes(name)) ?? endpoints[0];
    if (at !== undefined) this.#options.addresses.tell({ nodeId, host: at.host, port: at.port });
  }

  get #us(): Asked {
    const { nodeId, metadata, clusterId } = this.#options;
    return { nodeId, directoryId: metadata.directoryId, clusterId: clusterId() };
  }

  get #sender(): Sender {
    const { metadata, clusterId, endpoints, config } = this.#options;
    return {
      clusterId: clusterId(),
      directoryId: metadata.directoryId,
      endpoints: endpoints(),
      directoryOf: (id: number): Uuid | undefined =>
        metadata.latestQuorum.voters.find(({ voterId }) => voterId === id)?.voterDirectoryId,
      fetchMaxBytes: config.get("controller.quorum.fetch.max.bytes"),
      snapshotMaxBytes: config.get("controller.quorum.fetch.snapshot.max.bytes"),
    };
  }
}

const keyOf = (answer: RaftMessage["type"], node: number) => `${answer}:${node}`;
