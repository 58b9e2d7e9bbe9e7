/**
 * A node that is a member of the quorum and nothing else: the metadata log over its disk, and mail
 * instead of the wire. Mail is worse than the wire: each message goes by itself and may be lost,
 * doubled, and overtaken.
 */
import { noLog } from "../../../src/base/mod.ts";
import { openLogDirectory } from "../../../src/log/mod.ts";
import { MetadataLog, type QuorumLink } from "../../../src/node/metadata_log.ts";
import type { QuorumVoters } from "../../../src/node/quorum_voters.ts";
import type { RaftMessage } from "../../../src/raft/mod.ts";
import type { BootOptions, Machine, Running } from "./machine.ts";
import { DATA_FOLDER } from "./machine.ts";
import type { World } from "./world.ts";

export interface QuorumNode extends Running {
  readonly metadata: MetadataLog;
}

export interface QuorumBoot {
  /** Takes messages to other nodes. */
  readonly link: (nodeId: number) => QuorumLink;
  /** Called as soon as the log can be told something. */
  readonly onOpened: (nodeId: number, metadata: MetadataLog) => void;
  readonly bootstrapIds: (nodeId: number) => readonly number[];
  readonly firstVoters: (nodeId: number, directoryId: string) => QuorumVoters | undefined;
}

export async function bootQuorumNode(
  { nodeId, config, platform, log }: BootOptions,
  { link, onOpened, bootstrapIds, firstVoters }: QuorumBoot,
): Promise<QuorumNode> {
  const { disk, clock, random } = platform;
  const failed = Promise.withResolvers<Error>();
  const directory = await openLogDirectory({
    disk,
    clock,
    random,
    path: DATA_FOLDER,
    nodeId,
    brokerConfig: config,
    log: noLog,
  });
  const metadata = await MetadataLog.open({
    directory,
    nodeId,
    config,
    disk,
    clock,
    random,
    log,
    firstVoters: firstVoters(nodeId, directory.directoryId),
    bootstrapIds: bootstrapIds(nodeId),
    connect: (metadata) => {
      onOpened(nodeId, metadata);
      return link(nodeId);
    },
    onFailure: failed.resolve,
  });
  directory.prepareForFull();
  return {
    metadata,
    failed: failed.promise,
    async close() {
      metadata.resign();
      await metadata.close();
      await directory.close();
    },
  };
}

/** Takes messages from node to node over the simulated network, each by itself. */
export class Mail {
  readonly #world: World;
  readonly #machineOf: (nodeId: number) => Machine;
  readonly #metadataOf: (nodeId: number) => MetadataLog | undefined;

  constructor(
    world: World,
    machineOf: (nodeId: number) => Machine,
    metadataOf: (nodeId: number) => MetadataLog | undefined,
  ) {
    this.#world = world;
    this.#machineOf = machineOf;
    this.#metadataOf = metadataOf;
  }

  send(from: number, message: RaftMessage): void {
    const { network, random } = this.#world;
    const { loss } = network.quality;
    if (random.chance(loss)) return;
    this.#post(from, message);
    if (random.chance(loss)) this.#post(from, message);
  }

  #post(from: number, message: RaftMessage): void {
    const { network, clock } = this.#world;
    const [sender, receiver] = [this.#machineOf(from), this.#machineOf(message.to)];
    const wire = network.wire(sender.host, receiver.host);
    clock.after(wire.latencyMs(), () => {
      if (!wire.isOpen()) return;
      if (receiver.isAlive) {
        return receiver.run(() => this.#metadataOf(message.to)?.receive(message));
      }
      const back = network.wire(receiver.host, sender.host);
      clock.after(back.latencyMs(), () => {
        if (back.isOpen()) sender.run(() => this.#metadataOf(from)?.onPeerLost(message.to));
      });
    });
  }
}
