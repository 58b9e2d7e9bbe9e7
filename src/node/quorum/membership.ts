/**
 * Who votes, changed by the quorum's leader one node at a time (KIP-853). A change is a record of all
 * the voters in the log: it counts from when it is appended, and is done when it is committed. Before
 * a node may vote, the leader asks it what it can do, and it must have caught up, or the next change
 * of mind of a majority would have to wait for it.
 *
 * Errors are Kafka's: what may be otherwise in a moment is REQUEST_TIMED_OUT.
 */
import { type LogEvent, type Uuid, ZERO_UUID } from "../../base/mod.ts";
import { reasonOf, WireConnection } from "../../client/mod.ts";
import type { BrokerConfig } from "../../config/mod.ts";
import { KRAFT_VERSION } from "../../controller/mod.ts";
import type { Clock, Network, NetworkAddress } from "../../platform/mod.ts";
import {
  type AddRaftVoterRequest,
  type AddRaftVoterResponse,
  ApiVersionsRequest,
  ApiVersionsResponse,
  type InputOf,
  KafkaError,
  type RemoveRaftVoterRequest,
  type RemoveRaftVoterResponse,
  type UpdateRaftVoterRequest,
  type UpdateRaftVoterResponse,
} from "../../protocol/mod.ts";
import type { MetadataLog } from "../metadata_log.ts";
import {
  HIGHEST_KRAFT_VERSION,
  type QuorumVoters,
  type Voter,
  type VoterEndpoint,
} from "../quorum_voters.ts";
import type { QuorumAddresses } from "./addresses.ts";
import type { ReplicaKeys } from "./replica_keys.ts";
import { NOBODY } from "./requests.ts";

/** What a controller is asked, for its levels. */
const SOFTWARE = { clientSoftwareName: "streamer", clientSoftwareVersion: "0.1.0" };
const DEFAULT_TIMEOUT_MS = 30_000;

export interface MembershipOptions {
  readonly metadata: MetadataLog;
  readonly keys: ReplicaKeys;
  readonly addresses: QuorumAddresses;
  /** Where other controllers come to this one. */
  readonly endpoints: () => readonly VoterEndpoint[];
  readonly nodeId: number;
  readonly clusterId: () => string | undefined;
  readonly config: BrokerConfig;
  readonly network: Network;
  readonly clock: Clock;
  readonly log: LogEvent;
}

type Range = Voter["kRaftVersionFeature"];

const OUR_RANGE: Range = { minSupportedVersion: 0, maxSupportedVersion: HIGHEST_KRAFT_VERSION };

/** Voters in the log are named with their addresses, and other nodes go there. */
const NO_ENDPOINT = "listeners names none of controller.listener.names, and " +
  "controller.quorum.voters is not set";

export class QuorumMembership {
  readonly #options: MembershipOptions;
  /** One is under way: between its look at the voters and its record it asks the new one. */
  #isChanging = false;

  constructor(options: MembershipOptions) {
    this.#options = options;
  }

  /** Throws KafkaError for what is refused. */
  async add(request: AddRaftVoterRequest): Promise<InputOf<typeof AddRaftVoterResponse>> {
    const { voterId, voterDirectoryId, listeners, timeoutMs, ackWhenCommitted } = request;
    this.#checkVoter(request);
    const endpoint = this.#endpointOf(listeners);
    this.#checkMayChange();
    const { metadata, keys, log } = this.#options;
    if (metadata.latestQuorum.voters.some((voter) => voter.voterId === voterId)) {
      throw new KafkaError("DUPLICATE_VOTER", `Node ${voterId} is a voter already`);
    }
    this.#isChanging = true;
    let committed: Promise<unknown>;
    try {
      const kRaftVersionFeature = await this.#ask(voterId, endpoint);
      this.#checkMayChange({ isOurs: true });
      if (!metadata.isCaughtUp(keys.idOf(voterId, voterDirectoryId))) {
        throw new KafkaError("REQUEST_TIMED_OUT", `Node ${voterId} has not caught up`);
      }
      const voter = { voterId, voterDirectoryId, endpoints: listeners, kRaftVersionFeature };
      committed = this.#change((voters) => [...voters, voter]);
      log("info", "voter added", { node: voterId, directory: voterDirectoryId });
    } finally {
      this.#isChanging = false;
    }
    if (ackWhenCommitted) await this.#within(committed, timeoutMs);
    else committed.catch(() => {});
    return { errorMessage: null };
  }

  /** Throws KafkaError for what is refused. */
  async remove(request: RemoveRaftVoterRequest): Promise<InputOf<typeof RemoveRaftVoterResponse>> {
    const { voterId, voterDirectoryId } = request;
    this.#checkVoter(request);
    this.#checkMayChange();
    const { voters } = this.#options.metadata.latestQuorum;
    const isMeant = (voter: Voter) =>
      voter.voterId === voterId && voter.voterDirectoryId === voterDirectoryId;
    if (!voters.some(isMeant) || voters.length === 1) {
      const ids = voters.map(({ voterId }) => voterId).join(", ");
      const why = `Node ${voterId} cannot leave the voters ${ids}`;
      throw new KafkaError("VOTER_NOT_FOUND", why);
    }
    const committed = this.#change((voters) => voters.filter((voter) => !isMeant(voter)));
    this.#options.log("info", "voter removed", { node: voterId, directory: voterDirectoryId });
    await this.#within(committed, DEFAULT_TIMEOUT_MS);
    return { errorMessage: null };
  }

  /**
   * Who would stand in the log if fixed voters became changeable now (kraft.version 1), or why that
   * can't be. Their disks are known once they fetch, what they can do once they have registered.
   */
  firstVoters(): QuorumVoters | string {
    const { metadata, nodeId, keys, addresses, endpoints, config } = this.#options;
    const [name = "CONTROLLER"] = config.get("controller.listener.names");
    const voters: Voter[] = [];
    for (const voterId of metadata.voterIds) {
      const isUs = voterId === nodeId;
      const voterDirectoryId = isUs ? metadata.directoryId : keys.keyOf(voterId).directoryId;
      const address = addresses.of(voterId);
      const theirs = isUs ? [...endpoints()] : address === undefined ? [] : [{ name, ...address }];
      if (theirs.length === 0) return `controller ${voterId} has no address: ${NO_ENDPOINT}`;
      if (voterDirectoryId === undefined) return `controller ${voterId} was not heard of yet`;
      const kRaftVersionFeature = isUs ? OUR_RANGE : this.#registeredRange(voterId);
      if (kRaftVersionFeature.maxSupportedVersion < 1) {
        return `controller ${voterId} does not know it, or has not registered`;
      }
      voters.push({ voterId, voterDirectoryId, endpoints: theirs, kRaftVersionFeature });
    }
    return { kraftVersion: 1, voters };
  }

  #registeredRange(voterId: number): Range {
    const { features = [] } = this.#options.metadata.image.controllers.get(voterId) ?? {};
    const found = features.find(({ name }) => name === KRAFT_VERSION);
    const { minSupportedVersion = 0, maxSupportedVersion = 0 } = found ?? {};
    return { minSupportedVersion, maxSupportedVersion };
  }

  /** A voter tells where it is now, and what it can do. */
  async update(request: UpdateRaftVoterRequest): Promise<InputOf<typeof UpdateRaftVoterResponse>> {
    const { voterId, voterDirectoryId, listeners, kRaftVersionFeature } = request;
    const { metadata } = this.#options;
    this.#checkVoter(request);
    if (request.currentLeaderEpoch < metadata.epoch) throw new KafkaError("FENCED_LEADER_EPOCH");
    if (request.currentLeaderEpoch > metadata.epoch) throw new KafkaError("UNKNOWN_LEADER_EPOCH");
    this.#endpointOf(listeners);
    this.#checkMayChange();
    const { voters, kraftVersion } = metadata.latestQuorum;
    const known = voters.find((voter) => voter.voterId === voterId);
    if (known?.voterDirectoryId !== voterDirectoryId) throw new KafkaError("VOTER_NOT_FOUND");
    checkLevel(kRaftVersionFeature, kraftVersion);
    const voter = { voterId, voterDirectoryId, endpoints: listeners, kRaftVersionFeature };
    if (!isSameVoter(known, voter)) {
      const committed = this.#change((voters) =>
        voters.map((each) => each.voterId === voterId ? voter : each)
      );
      this.#options.log("info", "voter updated", { node: voterId });
      await this.#within(committed, DEFAULT_TIMEOUT_MS);
    }
    return { currentLeader: this.#leader };
  }

  get #leader() {
    const { epoch, leaderId } = this.#options.metadata;
    return { leaderId: leaderId ?? NOBODY, leaderEpoch: epoch };
  }

  /** Throws INCONSISTENT_CLUSTER_ID, INVALID_REQUEST, or NOT_LEADER_OR_FOLLOWER. */
  #checkVoter(
    request: { clusterId: string | null; voterId: number; voterDirectoryId: Uuid },
  ): void {
    const { clusterId: asked, voterId, voterDirectoryId } = request;
    const clusterId = this.#options.clusterId();
    if (asked !== null && asked !== clusterId) {
      const why = `This is cluster ${clusterId}, not "${asked}"`;
      throw new KafkaError("INCONSISTENT_CLUSTER_ID", why);
    }
    if (voterId < 0 || voterDirectoryId === ZERO_UUID) {
      throw new KafkaError("INVALID_REQUEST", "A voter has an id and a directory");
    }
    if (!this.#options.metadata.isLeader) throw new KafkaError("NOT_LEADER_OR_FOLLOWER");
  }

  /** The address that other controllers come to. Throws INVALID_REQUEST. */
  #endpointOf(listeners: readonly VoterEndpoint[]): NetworkAddress {
    const [needed] = this.#options.config.get("controller.listener.names");
    const found = needed === undefined
      ? listeners[0]
      : listeners.find(({ name }) => name.toUpperCase() === needed.toUpperCase());
    if (found !== undefined) return found;
    throw new KafkaError("INVALID_REQUEST", `The voter has no address for ${needed ?? "us"}`);
  }

  /** One at a time, and only where voters stand in the log. */
  #checkMayChange({ isOurs = false } = {}): void {
    const { metadata } = this.#options;
    if (metadata.latestQuorum.kraftVersion === 0) {
      const why = "Cannot change the voters: at kraft.version 0 they stand in each node's settings";
      throw new KafkaError("UNSUPPORTED_VERSION", why);
    }
    const why = this.#isChanging && !isOurs ? "change under way" : metadata.whyNoVoterChange;
    if (why === "not the leader") throw new KafkaError("NOT_LEADER_OR_FOLLOWER");
    if (why !== undefined) {
      throw new KafkaError("REQUEST_TIMED_OUT", `Cannot change the voters now: ${why}`);
    }
  }

  /** What levels of the quorum the new voter can do. Throws REQUEST_TIMED_OUT, INVALID_REQUEST. */
  async #ask(voterId: number, address: NetworkAddress): Promise<Range> {
    const { network, clock, nodeId, metadata, config } = this.#options;
    const timeoutMs = config.get("controller.quorum.request.timeout.ms");
    let wire: WireConnection | undefined;
    try {
      const clientId = `quorum-${nodeId}`;
      wire = await WireConnection.open(address, { network, clock, clientId, timeoutMs });
      const { supportedFeatures } = await wire.call(
        ApiVersionsRequest,
        ApiVersionsResponse,
        SOFTWARE,
        { timeoutMs },
      );
      const range = supportedFeatures.find(({ name }) => name === KRAFT_VERSION);
      return checkLevel({
        minSupportedVersion: range?.minVersion ?? 0,
        maxSupportedVersion: range?.maxVersion ?? 0,
      }, metadata.latestQuorum.kraftVersion);
    } catch (error) {
      if (error instanceof KafkaError) throw error;
      throw new KafkaError(
        "REQUEST_TIMED_OUT",
        `Node ${voterId} cannot be asked what it can do: ${reasonOf(error)}`,
      );
    } finally {
      wire?.close();
    }
  }

  #change(change: (voters: readonly Voter[]) => Voter[]): Promise<unknown> {
    const { metadata } = this.#options;
    const { kraftVersion, voters } = metadata.latestQuorum;
    return metadata.changeVoters({ kraftVersion, voters: change(voters) });
  }

  async #within(committed: Promise<unknown>, timeoutMs: number): Promise<void> {
    const late = Promise.withResolvers<never>();
    const timer = this.#options.clock.after(
      Math.max(0, timeoutMs),
      () => late.reject(new KafkaError("REQUEST_TIMED_OUT", "The change is not committed yet")),
    );
    try {
      await Promise.race([committed, late.promise]);
    } catch (error) {
      committed.catch(() => {});
      const isLost = error instanceof KafkaError && error.error === "NOT_CONTROLLER";
      throw isLost ? new KafkaError("NOT_LEADER_OR_FOLLOWER") : error;
    } finally {
      timer.cancel();
    }
  }
}

/** The range again. Throws INVALID_REQUEST when the quorum's level is not in it. */
function checkLevel(range: Range, level: number): Range {
  const { minSupportedVersion: least, maxSupportedVersion: highest } = range;
  if (least <= level && level <= highest) return range;
  const why = `The voter knows ${KRAFT_VERSION} ${least} to ${highest}, and it is ${level}`;
  throw new KafkaError("INVALID_REQUEST", why);
}

export function isSameVoter(a: Voter, b: Voter): boolean {
  const text = ({ voterDirectoryId, endpoints, kRaftVersionFeature }: Voter) =>
    JSON.stringify([
      voterDirectoryId,
      endpoints.map(({ name, host, port }) => [name, host, port]),
      kRaftVersionFeature.minSupportedVersion,
      kRaftVersionFeature.maxSupportedVersion,
    ]);
  return text(a) === text(b);
}
