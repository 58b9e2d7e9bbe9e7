/**
 * The story of a quorum alone: voters and observers over real disks, what goes wrong, somebody who
 * has records appended wherever a node takes itself for the leader, and now and then a change of
 * who votes. Raft's promises are checked at every step; after all is mended a record must get
 * through to all.
 */
import { type Disk, StorageError } from "../../../src/platform/mod.ts";
import { SeededRandom } from "../../../src/platform/memory/mod.ts";
import { metadataRecord } from "../../../src/metadata/mod.ts";
import type { MetadataLog } from "../../../src/node/metadata_log.ts";
import { type QuorumVoters, soleVoter } from "../../../src/node/quorum_voters.ts";
import { KafkaError } from "../../../src/protocol/mod.ts";
import { BrokenPromise } from "../ledger.ts";
import { mendAll, playFaults, type Scene } from "./faults.ts";
import { Machine } from "./machine.ts";
import { bootQuorumNode, Mail } from "./quorum_node.ts";
import { RaftCheck } from "./raft_check.ts";
import type { StoryOptions, Told } from "./story.ts";
import { World } from "./world.ts";

const CONTROLLER_PORT = 9093;
const BACK_MS = 60_000;
const LONGEST_FAULT_MS = 8000;
const BROKER_RESOURCE = 4;

export async function tellQuorum(seed: number, { harm }: StoryOptions = {}): Promise<Told> {
  const story = new QuorumStory(seed, harm);
  let failure: Error | undefined;
  try {
    await story.play();
  } catch (error) {
    failure = error as Error;
  }
  return story.told(failure);
}

class QuorumStory {
  readonly world: World;
  readonly faults = new Map<string, number>();
  readonly #random: SeededRandom;
  readonly #machines = new Map<number, Machine>();
  readonly #metadata = new Map<number, MetadataLog>();
  readonly #check = new RaftCheck();
  readonly #mail: Mail;
  /** Who votes at first: all of these by the settings, or the first alone and others join it. */
  readonly #voters: readonly number[];
  readonly #isDynamic: boolean;
  #lastValue = 0;

  constructor(seed: number, harm: ((disk: Disk) => Disk) | undefined) {
    const world = this.world = new World(seed);
    const random = this.#random = world.random;
    const ids = Array.from({ length: random.pick([3, 3, 4, 5]) }, (_, i) => i + 1);
    this.#isDynamic = random.chance(0.4);
    this.#voters = this.#isDynamic ? [1] : ids.slice(0, random.pick([3, ids.length]));
    const settings: Record<string, string> = {
      "metadata.log.max.record.bytes.between.snapshots": random.pick(["300", "2000", "20971520"]),
      "metadata.log.segment.ms": random.pick(["400", "604800000"]),
      "metadata.max.retention.bytes": random.pick(["1500", "104857600"]),
      "log.dir.reserve.bytes": random.pick(["0", "65536"]),
      "controller.quorum.election.timeout.ms": random.pick(["1000", "200", "50"]),
      "controller.quorum.fetch.timeout.ms": random.pick(["2000", "500"]),
    };
    // Far apart, messages cross, and come after who was to have them has died and is back.
    const isFar = random.chance(0.3);
    if (isFar) world.usualQuality = { leastMs: 1, mostMs: 60, slowPerMille: 100, loss: 0.01 };
    world.network.quality = world.usualQuality;
    const others = (id: number) => ids.filter((other) => other !== id);
    const addressOf = (id: number) => `node${id}:${CONTROLLER_PORT}`;
    if (this.#isDynamic) {
      settings["controller.quorum.bootstrap.servers"] = ids.map(addressOf).join();
    } else {
      const voters = this.#voters.map((id) => `${id}@${addressOf(id)}`);
      settings["controller.quorum.voters"] = voters.join();
    }
    world.say(`voters ${this.#voters} of ${ids} ${JSON.stringify(settings)}`);
    this.#mail = new Mail(world, (id) => this.#machines.get(id)!, (id) => this.#metadata.get(id));
    const boot = {
      link: (id: number) => ({
        send: (message: Parameters<Mail["send"]>[1]) => this.#mail.send(id, message),
      }),
      onOpened: (id: number, metadata: MetadataLog) => this.#onOpened(id, metadata),
      bootstrapIds: (id: number) => this.#isDynamic ? others(id) : [],
      firstVoters: (id: number, directoryId: string) => this.#firstVoters(id, directoryId),
    };
    for (const id of ids) {
      const machine = new Machine({
        world,
        nodeId: id,
        settings: { ...settings, ...this.#roleOf(id) },
        boot: (options) => bootQuorumNode(options, boot),
        rate: 1 + (random.int(2001) - 1000) / 1e6,
        wallOffsetMs: random.int(4000) - 2000,
        harm,
        onLine: (_, event, { state, epoch }) => {
          if (event === "quorum state" && state === "Leader") {
            this.#guard(() => this.#check.onLeader(id, epoch as number));
          }
        },
      });
      this.#machines.set(id, machine);
    }
  }

  told(failure: Error | undefined): Told {
    const { world, faults } = this;
    const digest = [...this.#machines.values()]
      .reduce((sum, { digest }) => Math.imul(sum, 31) + digest | 0, 0);
    const { lines, nowMs: simulatedMs, events } = world;
    return { lines, digest, simulatedMs, events, faults, failure };
  }

  async play(): Promise<void> {
    const { world } = this;
    for (const machine of this.#all) machine.start();
    this.#proposeNowAndThen();
    if (this.#isDynamic) this.#changeVotersNowAndThen();
    const random = new SeededRandom(this.#random.uint32());
    const hosts = this.#all.map(({ name }) => name);
    const scene: Scene = { world, machines: this.#all, hosts, random };
    const rows = this.#random.pick([1, 2, 2]);
    const count = 2 + this.#random.int(5);
    const say = (name: string) => this.faults.set(name, (this.faults.get(name) ?? 0) + 1);
    let ended = 0;
    for (let i = 0; i < rows; i++) {
      void playFaults(scene, { count, longestMs: LONGEST_FAULT_MS, say })
        .then(() => ended++, (error) => world.fail(error));
    }
    await this.#within(
      count * (3000 + LONGEST_FAULT_MS) + 1,
      "the faults end",
      () => ended === rows,
    );
    mendAll(scene);
    world.say("all is mended");
    const end = this.#check.end;
    await this.#within(BACK_MS, "records are committed again, and all nodes have them", () => {
      const applied = this.#all.map(({ nodeId }) => this.#metadata.get(nodeId)!.image.offset);
      return Math.min(...applied) >= end + 3;
    });
  }

  get #all(): Machine[] {
    return [...this.#machines.values()];
  }

  #roleOf(id: number): Record<string, string> {
    const isController = this.#isDynamic || this.#voters.includes(id);
    const listener = isController ? "CONTROLLER" : "PLAINTEXT";
    return {
      "node.id": `${id}`,
      "process.roles": isController ? "controller" : "broker",
      "listeners": `${listener}://node${id}:${CONTROLLER_PORT}`,
    };
  }

  #firstVoters(id: number, directoryId: string): QuorumVoters | undefined {
    return this.#isDynamic && id === 1 ? soleVoter(id, directoryId, endpointsOf(id)) : undefined;
  }

  #onOpened(id: number, metadata: MetadataLog): void {
    this.#metadata.set(id, metadata);
    const guard = this.#guard;
    guard(() => this.#onApplied(id, metadata));
    metadata.onCommitted(() => guard(() => this.#onApplied(id, metadata)));
    metadata.onLeadership(({ isLeader, epoch }) => {
      if (isLeader) guard(() => this.#check.onDecides(id, epoch, metadata.image.offset + 1));
    });
  }

  #onApplied(id: number, { image }: MetadataLog): void {
    const { offset, epoch } = image;
    if (offset < 0) return;
    const what = valueIn(image);
    this.#check.onApplied(id, { offset, epoch, what });
  }

  /** Wherever a node takes itself for the leader, be it right or not. */
  #proposeNowAndThen(): void {
    const { clock } = this.world;
    for (const machine of this.#all) {
      const metadata = this.#metadata.get(machine.nodeId);
      if (machine.isRunning && metadata?.isLeader) this.#propose(metadata);
    }
    clock.after(10 + this.#random.int(200), () => this.#proposeNowAndThen());
  }

  #propose(metadata: MetadataLog): void {
    const value = `${++this.#lastValue}`;
    const record = metadataRecord("ConfigRecord", 0, {
      resourceType: BROKER_RESOURCE,
      resourceName: "",
      name: "n",
      value,
    });
    this.#attempt(
      () => metadata.append([record]),
      (offset) => this.#check.onAcknowledged(offset, value),
    );
  }

  /** Without an answer nobody knows what came of it; why a node can't go on, its machine tells. */
  #attempt(append: () => Promise<number>, onDone: (offset: number) => void): void {
    const onError = (error: unknown) => {
      const isExpected = error instanceof KafkaError || error instanceof StorageError;
      if (!isExpected) this.world.fail(error as Error);
    };
    try {
      append().then((offset) => this.#guard(() => onDone(offset)), onError);
    } catch (error) {
      onError(error);
    }
  }

  #changeVotersNowAndThen(): void {
    const { world } = this;
    for (const machine of this.#all) {
      const metadata = this.#metadata.get(machine.nodeId);
      if (!machine.isRunning || !metadata?.isLeader) continue;
      if (metadata.whyNoVoterChange === undefined) this.#changeVoters(metadata);
    }
    world.clock.after(100 + this.#random.int(3000), () => this.#changeVotersNowAndThen());
  }

  /** Votes one in who has all, or votes one out; two stay at least. */
  #changeVoters(leader: MetadataLog): void {
    const { voters, kraftVersion } = leader.latestQuorum;
    const id = this.#random.pick([...this.#machines.keys()]);
    const isVoter = voters.some(({ voterId }) => voterId === id);
    if (isVoter ? voters.length < 3 : !leader.isCaughtUp(id)) return;
    const { directoryId } = this.#metadata.get(id)!;
    const next = isVoter
      ? voters.filter(({ voterId }) => voterId !== id)
      : [...voters, ...soleVoter(id, directoryId, endpointsOf(id)).voters];
    this.world.say(`voters become ${next.map(({ voterId }) => voterId)}`);
    this.#attempt(() => leader.changeVoters({ kraftVersion, voters: next }), () => {});
  }

  /** For what is called from within a node: what the check throws is the story's end, not its own. */
  readonly #guard = (check: () => void): void => {
    try {
      check();
    } catch (error) {
      this.world.fail(error as Error);
    }
  };

  async #within(ms: number, what: string, isDone: () => boolean): Promise<void> {
    if (await this.world.until(isDone, ms)) return;
    this.world.fail(new BrokenPromise(`not within ${ms} ms: ${what}`));
    throw this.world.failure;
  }
}

const endpointsOf = (id: number) => [
  { name: "CONTROLLER", host: `node${id}`, port: CONTROLLER_PORT },
];

const valueIn = (image: MetadataLog["image"]): string =>
  image.configsOf({ type: BROKER_RESOURCE, name: "" }).get("n") ?? "nothing";
