/**
 * The story of one seed: a cluster, its users, what goes wrong, and after all is mended a look at
 * everything that was promised.
 */
import { startNode } from "../../../src/node/mod.ts";
import type { Disk } from "../../../src/platform/mod.ts";
import { SeededRandom } from "../../../src/platform/memory/mod.ts";
import { BrokenPromise } from "../ledger.ts";
import type { Actor, Stage } from "./actor.ts";
import { Admin } from "./admin.ts";
import { ClusterClient } from "./cluster_client.ts";
import { Committer, Reader } from "./consumers.ts";
import { mendAll, playFaults, type Scene } from "./faults.ts";
import { GroupMember, GroupPromises } from "./groups.ts";
import { Judge } from "./judge.ts";
import { Machine } from "./machine.ts";
import { IdempotentProducer, PlainProducer } from "./producers.ts";
import { PipelinedProducer } from "./pipelined_producer.ts";
import { Promises } from "./promises.ts";
import { ShortLived } from "./short_lived.ts";
import { drawSetting, RACKS, type Setting } from "./setting.ts";
import { RaftCheck } from "./raft_check.ts";
import { watchMetadata } from "./watch.ts";
import { World } from "./world.ts";

export interface Told {
  /** Line by line what happened. */
  readonly lines: readonly string[];
  /** One number over all that the disks were asked to do. */
  readonly digest: number;
  readonly simulatedMs: number;
  readonly events: number;
  /** What went wrong, and how often. */
  readonly faults: ReadonlyMap<string, number>;
  readonly failure: Error | undefined;
}

export interface StoryOptions {
  /** For planted bugs, as in `MachineOptions`. */
  readonly harm?: (disk: Disk) => Disk;
}

/** At the beginning, and after all is mended, service is there within this time. */
const BEGIN_MS = 60_000;
const BACK_MS = 120_000;
const LONGEST_FAULT_MS = 15_000;

/** Plays the seed's story; the same seed is the same story. */
export async function tell(seed: number, options: StoryOptions = {}): Promise<Told> {
  const story = new Story(seed, options);
  let failure: Error | undefined;
  const endWatch = watchMetadata(story.world, story.raft);
  try {
    await story.play();
  } catch (error) {
    failure = error as Error;
  } finally {
    endWatch();
  }
  const { world, faults } = story;
  return {
    lines: world.lines,
    digest: story.digest,
    simulatedMs: world.nowMs,
    events: world.events,
    faults,
    failure,
  };
}

class Story {
  readonly world: World;
  readonly faults = new Map<string, number>();
  readonly raft = new RaftCheck();
  readonly #random: SeededRandom;
  readonly #setting: Setting;
  readonly #machines: Machine[];
  readonly #promises = new Promises();
  readonly #stage: Stage;
  readonly #admin: Admin;
  readonly #actors: Actor[];
  readonly #judge: Judge;

  constructor(seed: number, { harm }: StoryOptions) {
    const world = this.world = new World(seed);
    const random = this.#random = world.random;
    const setting = this.#setting = drawSetting(random);
    for (const { id, settings, dataFolders } of setting.nodes) {
      world.say(`node${id} ${dataFolders} ${JSON.stringify(settings)}`);
    }
    this.#machines = setting.nodes.map(({ id, settings, dataFolders }) =>
      new Machine({
        world,
        nodeId: id,
        settings,
        dataFolders,
        boot: startNode,
        rate: 1 + (random.int(2001) - 1000) / 1e6,
        wallOffsetMs: random.pick([0, 0, random.int(4000) - 2000]),
        harm,
        onLine: (_, event, { state, epoch }) => {
          if (event !== "quorum state" || state !== "Leader") return;
          try {
            this.raft.onLeader(id, epoch as number);
          } catch (error) {
            world.fail(error as Error);
          }
        },
      })
    );
    this.#stage = { world, promises: this.#promises, isClosing: false };
    const { brokers, replicationFactor, minIsr, isDynamic } = setting;
    const client = (name: string) =>
      new ClusterClient(world, {
        name,
        bootstrap: brokers.map((id) => `node${id}`),
        answerMs: random.pick([1000, 8000]),
        random: new SeededRandom(random.uint32()),
      });
    const group = new GroupPromises("g2");
    this.#admin = new Admin(client("admin"), { brokers, replicationFactor, minIsr, isDynamic });
    this.#actors = [
      this.#admin,
      new IdempotentProducer(client("i1")),
      new PipelinedProducer(client("i2")),
      new PlainProducer(client("p1")),
      new Reader(client("r1"), random.pick(["", ...RACKS])),
      new Reader(client("r2"), random.pick(["", ...RACKS])),
      new Committer(client("c1"), "g1"),
      ...["m1", "m2", "m3"].map((name) => new GroupMember(client(name), group)),
      new ShortLived(client("s1"), { name: "short", replicationFactor, minIsr }),
    ];
    this.#judge = new Judge({
      client: client("judge"),
      stage: this.#stage,
      machines: this.#machines,
    });
  }

  get digest(): number {
    return this.#machines.reduce((sum, { digest }) => Math.imul(sum, 31) + digest | 0, 0);
  }

  async play(): Promise<void> {
    const { world } = this;
    for (const machine of this.#machines) {
      world.clock.after(this.#random.int(300), () => machine.start());
    }
    await this.#within(BEGIN_MS, "the first topic is there", this.#admin.create(this.#stage));
    const playing = Promise.all(this.#actors.map((actor) => actor.play(this.#stage)));
    await this.#faults(playing);
    world.say("all is mended");
    this.#stage.isClosing = true;
    await this.#within(BACK_MS, "everyone is served again", playing);
    await this.#within(BACK_MS, "all replicas are in sync", this.#judge.settle());
    await this.#within(BACK_MS, "everything is seen to be as promised", this.#look());
    world.say("everything is as promised");
    await this.#within(BACK_MS, "all stop", this.#stop());
  }

  /** One row of faults, or two at once; ends with all of them mended. */
  async #faults(playing: Promise<unknown>): Promise<void> {
    const { world } = this;
    const random = this.#random;
    const scene: Scene = {
      world,
      machines: this.#machines,
      hosts: world.network.hosts.map(({ name }) => name),
      random: new SeededRandom(random.uint32()),
    };
    const say = (name: string) => this.faults.set(name, (this.faults.get(name) ?? 0) + 1);
    const count = 1 + random.int(4);
    const rows = random.pick([1, 1, 2]);
    const row = () => playFaults(scene, { count, longestMs: LONGEST_FAULT_MS, say });
    playing.catch((error) => world.fail(error));
    const atMostMs = count * (3000 + LONGEST_FAULT_MS) + 1;
    await this.#within(atMostMs, "the faults end", Promise.all(Array.from({ length: rows }, row)));
    mendAll(scene);
  }

  async #look(): Promise<void> {
    await this.#judge.look();
    for (const actor of this.#actors) {
      if (actor instanceof Committer || actor instanceof GroupMember) {
        await actor.verify(this.#stage);
      }
    }
    this.#judge.checkMetadata(this.#setting.controllers, this.raft);
  }

  async #stop(): Promise<void> {
    await Promise.all(this.#machines.map((machine) => machine.stop()));
  }

  async #within(ms: number, what: string, promise: Promise<unknown>): Promise<void> {
    let isDone = false;
    promise.then(() => isDone = true, (error) => this.world.fail(error));
    if (await this.world.until(() => isDone, ms)) return;
    const { obstacle } = this.#stage;
    const why = obstacle === undefined ? "" : `; last seen: ${obstacle}`;
    this.world.fail(new BrokenPromise(`not within ${ms} ms: ${what}${why}`));
    throw this.world.failure;
  }
}
