/**
 * Where the nodes of the quorum are. Voters that stand in the log have their addresses there
 * (KIP-853), others in everybody's settings; of the rest this node knows what answers told it. An
 * address at which nobody is known yet (`controller.quorum.bootstrap.servers`) has an id below zero.
 */
import { type BrokerConfig, ConfigError, parseAddress } from "../../config/mod.ts";
import type { NetworkAddress } from "../../platform/mod.ts";
import type { QuorumVoters, VoterEndpoint } from "../quorum_voters.ts";
import type { ToldNode } from "./requests.ts";

/** The first of the bootstrap servers; the others go down from there. */
const FIRST_BOOTSTRAP = -2;
/** More nodes that were told of are not remembered. */
const MAX_TOLD = 1000;

export class QuorumAddresses {
  readonly #config: BrokerConfig;
  readonly #voters: () => QuorumVoters;
  readonly #bootstrap: readonly NetworkAddress[];
  readonly #told = new Map<number, NetworkAddress>();

  /** Throws ConfigError for bootstrap servers that are no addresses. */
  constructor(config: BrokerConfig, voters: () => QuorumVoters) {
    this.#config = config;
    this.#voters = voters;
    const name = "controller.quorum.bootstrap.servers";
    this.#bootstrap = config.get(name).map((text) => {
      const address = parseAddress(text);
      if (address === undefined) throw new ConfigError(name, text, "HOST:PORT by commas");
      return address;
    });
  }

  get bootstrapIds(): number[] {
    return this.#bootstrap.map((_, i) => FIRST_BOOTSTRAP - i);
  }

  /** An answer said where a node is. */
  tell({ nodeId, host, port }: ToldNode): void {
    if (nodeId < 0 || host === "" || port <= 0) return;
    if (this.#told.size >= MAX_TOLD && !this.#told.has(nodeId)) return;
    this.#told.set(nodeId, { host, port });
  }

  of(nodeId: number): NetworkAddress | undefined {
    if (nodeId < 0) return this.#bootstrap[FIRST_BOOTSTRAP - nodeId];
    const voter = this.#voters().voters.find(({ voterId }) => voterId === nodeId);
    const fixed = this.#config.get("controller.quorum.voters").find(({ id }) => id === nodeId);
    const { host, port } = this.#preferred(voter?.endpoints ?? []) ?? fixed ??
      this.#told.get(nodeId) ?? {};
    return host === undefined || port === undefined ? undefined : { host, port };
  }

  /** Of the listeners that a voter has, the one that this node's settings name first. */
  #preferred(endpoints: readonly VoterEndpoint[]): VoterEndpoint | undefined {
    const names = this.#config.get("controller.listener.names");
    for (const name of names) {
      const found = endpoints.find((each) => each.name === name);
      if (found !== undefined) return found;
    }
    return endpoints[0];
  }
}
