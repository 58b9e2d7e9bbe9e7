/**
 * A controller as the APIs of its listener see it: the quorum's part of it, which every voter and
 * observer has, and the active controller, which works only while this node leads. `node` makes it.
 */
import type { LogEvent, Loggers } from "../../base/mod.ts";
import type { BrokerConfig } from "../../config/mod.ts";
import type { MetadataImage } from "../../metadata/mod.ts";
import type {
  BeginQuorumEpochRequest,
  BeginQuorumEpochResponse,
  EndQuorumEpochRequest,
  EndQuorumEpochResponse,
  FetchRequest,
  FetchResponse,
  FetchSnapshotRequest,
  FetchSnapshotResponse,
  InputOf,
  UpdateRaftVoterRequest,
  UpdateRaftVoterResponse,
  VoteRequest,
  VoteResponse,
} from "../../protocol/mod.ts";
import type { advertisedOf } from "../advertised_apis.ts";
import type { AdminController, NodesController } from "../controller_client.ts";
import type { Serving } from "../dispatch.ts";

/**
 * This node's part in the quorum: what others of it ask. What a request is wrong about is said in
 * the answers, in their fields.
 */
export interface QuorumPart {
  /** Whom this node takes for the leader. */
  readonly leaderId: number | undefined;
  vote(request: VoteRequest): Promise<InputOf<typeof VoteResponse>>;
  beginEpoch(request: BeginQuorumEpochRequest): Promise<InputOf<typeof BeginQuorumEpochResponse>>;
  endEpoch(request: EndQuorumEpochRequest): Promise<InputOf<typeof EndQuorumEpochResponse>>;
  /** The version says whether the topic is known by its name or its id, and what one understands. */
  fetch(request: FetchRequest, version: number): Promise<InputOf<typeof FetchResponse>>;
  fetchSnapshot(
    request: FetchSnapshotRequest,
    version: number,
  ): Promise<InputOf<typeof FetchSnapshotResponse>>;
  updateVoter(request: UpdateRaftVoterRequest): Promise<InputOf<typeof UpdateRaftVoterResponse>>;
}

export interface ControllerNode extends Serving {
  readonly nodeId: number;
  /** Undefined in the first moments of a node that is new. */
  readonly clusterId: string | undefined;
  /** The node's settings as they are now. */
  readonly config: BrokerConfig;
  /** The cluster as this node has applied it. */
  readonly image: () => MetadataImage;
  readonly quorum: QuorumPart;
  /** What ApiVersions lists: see `advertisedControllerApis`. */
  readonly advertisedApis: ReturnType<typeof advertisedOf>;
  /** The active controller if this node is it; else each call is refused: NOT_CONTROLLER. */
  readonly controller: AdminController & NodesController;
  /** This node's, whose levels clients may change. */
  readonly loggers: Loggers;
  readonly log: LogEvent;
}
