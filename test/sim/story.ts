/**
 * The story of one seed: a machine, some lives of the node on it, users that go on from one life to
 * the next, and after each start a look at all that was promised.
 */
import { type Disk, StorageError } from "../../src/platform/mod.ts";
import { SeededRandom } from "../../src/platform/memory/mod.ts";
import { Admin, seeMetadata } from "./admin.ts";
import { drawFault, drawSetting, type Setting } from "./chance.ts";
import { SimClient } from "./client.ts";
import { Consumer, untilServed } from "./consumer.ts";
import { BrokenPromise, type Ending, type Found, Refused } from "./ledger.ts";
import { type Life, type LifeOptions, Machine } from "./life.ts";
import { Model, type Topic } from "./model.ts";
import { IdempotentProducer, PlainProducer } from "./producers.ts";
import { fetchAt, offsetAt, readAll } from "./records.ts";
import type { Actor, World } from "./world.ts";

export interface Told {
  /** Line by line what happened. */
  readonly lines: readonly string[];
  /** One number over all that the disks were asked to do. */
  readonly digest: number;
  /** How often the node was started, a start cut short included. */
  readonly lives: number;
  readonly failure: Error | undefined;
}

export interface StoryOptions {
  /** For planted bugs, as in `MachineOptions`. */
  readonly harm?: (disk: Disk) => Disk;
  /** What all topics have over what is drawn for them. */
  readonly configs?: Record<string, string>;
  /** Devices fail too, in one operation or from one on. */
  readonly withFaults?: boolean;
}

const LIVES = 4;
const KAFKA_STORAGE_ERROR = 56;

/** Plays the seed's story; the same seed is the same story. */
export async function tell(
  seed: number,
  options: StoryOptions = {},
): Promise<Told> {
  const story = new Story(seed, options);
  let failure: Error | undefined;
  try {
    await story.play();
  } catch (error) {
    failure = error as Error;
  } finally {
    story.end();
  }
  return { lines: story.lines, digest: story.digest, lives: story.lives, failure };
}

class Story {
  readonly lines: string[] = [];
  digest = 0;
  lives = 0;
  readonly #machine: Machine;
  readonly #random: SeededRandom;
  readonly #model: Model;
  readonly #actors: Actor[];
  readonly #setting: Setting;
  readonly #withFaults: boolean;
  /** How the last life ended, the worst of those since the last look at everything. */
  #ending: Ending = "stop";

  constructor(seed: number, { harm, configs = {}, withFaults = false }: StoryOptions) {
    this.#withFaults = withFaults;
    const random = this.#random = new SeededRandom(seed);
    const setting = this.#setting = drawSetting(random);
    const say = (line: string) => this.lines.push(line);
    this.#machine = new Machine({ seed, ...setting, harm, say });
    this.#model = new Model(setting.settings["log.durability"] === "disk");
    const { settings, ...places } = setting;
    say(`${JSON.stringify(places)} ${JSON.stringify(settings)}`);
    this.#actors = [
      new Admin(configs),
      new IdempotentProducer("i1"),
      new IdempotentProducer("i2"),
      new PlainProducer("p1"),
      new Consumer("g1"),
      new Consumer("g2"),
    ];
  }

  async play(): Promise<void> {
    for (let life = 0; life < LIVES; life++) {
      const isFaulty = this.#withFaults && this.#random.chance(0.7);
      const fault = isFaulty ? drawFault(this.#random, this.#setting) : undefined;
      await this.#live({ deadline: this.#drawDeadline(), fault });
    }
    await this.#live({}); // and nothing in its way
  }

  end(): void {
    this.#machine.disk.onOperation = undefined;
  }

  /** At its start, in the middle of its work, at its stop, or not at all. */
  #drawDeadline(): number | undefined {
    const random = this.#random;
    return random.pick([
      undefined,
      () => random.int(60),
      () => random.int(300),
      () => random.int(1000),
      () => random.int(2500),
    ])?.();
  }

  async #live(options: LifeOptions): Promise<void> {
    const random = this.#random;
    const life = this.#machine.begin(options);
    const say = (line: string) => {
      if (!life.isOver) this.lines.push(`  ${life.clock.monotonic().toFixed(0)} ms ${line}`);
    };
    const world: World = { random, model: this.#model, life, say };
    this.lines.push(`Life ${++this.lives} ${JSON.stringify(options)}`);
    let ending: Ending = random.pick(["power", "power", "crash"]);
    try {
      if (await this.#liveUntilStopped(world)) ending = "stop";
    } catch (error) {
      if (!life.isHit || !(error instanceof StorageError || error instanceof Refused)) throw error;
      this.lines.push(`  excused: ${error.message}`);
    } finally {
      this.digest = Math.imul(this.digest, 31) + life.digest | 0;
    }
    this.lines.push(`The life ends by ${ending}, after ${life.operations} operations`);
    life.end(ending);
    if (ending === "power") {
      for (const topic of this.#model.topics.values()) {
        for (const ledger of topic.partitions) ledger.onPowerCut();
      }
    }
    if (worse(ending, this.#ending)) this.#ending = ending;
  }

  /** True when it ended by a proper stop. */
  async #liveUntilStopped(world: World): Promise<boolean> {
    const { life } = world;
    if (!await life.start() || !await this.#lookAtAll(world)) return false;
    const isDone = await this.#letThemAct(world);
    if (life.isOver) return false;
    if (isDone && life.isHit) await life.until(tellsOfFault(life));
    return this.#random.chance(0.5) && await life.stop() && !life.isHit;
  }

  /** False when the life ended meanwhile. */
  async #letThemAct(world: World): Promise<boolean> {
    const all = this.#actors.map((actor) =>
      actor.live(world).catch((error) => {
        if (!world.life.isHit || !(error instanceof Refused)) throw error;
      })
    );
    const done = Promise.all(all).then(() => true);
    return await world.life.until(done) ?? false;
  }

  async #lookAtAll(world: World): Promise<boolean> {
    const isSeen = await world.life.until(this.#look(world).then(() => true)) ?? false;
    if (isSeen) this.#ending = "stop";
    return isSeen;
  }

  async #look(world: World): Promise<void> {
    const client = await SimClient.connect(world.life);
    this.#model.checkMetadata(await seeMetadata(client));
    for (const topic of this.#model.topics.values()) {
      for (const partition of topic.partitions.keys()) await this.#lookAt(client, topic, partition);
    }
    for (const place of this.#model.committedPlaces) {
      const offset = await committedAt(world, client, place);
      this.#model.checkCommitted(place, offset, this.#ending);
    }
    client.close();
    if (!world.life.isOver) world.say("everything is as promised");
  }

  async #lookAt(client: SimClient, topic: Topic, partition: number): Promise<void> {
    const place = { topic: topic.name, partition };
    const ledger = topic.partitions[partition];
    const { found, start, end } = await readAll(client, place, {
      mayEndEarly: !topic.wasAlwaysStrong,
    });
    ledger.check(found, { start, end });
    if (found.length === 0) return;
    await this.#lookInside(client, place, found);
  }

  /** Goes into the middle by offset and by time: the indexes say the same as the records. */
  async #lookInside(
    client: SimClient,
    place: { topic: string; partition: number },
    found: readonly Found[],
  ): Promise<void> {
    const name = `${place.topic}-${place.partition}`;
    const some = this.#random.pick(found);
    const { found: [first] } = await fetchAt(client, place, some.offset, 1);
    if (first?.id !== some.id) {
      throw new BrokenPromise(
        `${name}: at ${some.offset} is ${some.id}, and by index ${first?.id}`,
      );
    }
    const byTime = found.find(({ timestamp }) => timestamp >= some.timestamp)!;
    const offset = await offsetAt(client, place, some.timestamp);
    if (offset !== byTime.offset) {
      const what = `the time ${some.timestamp} is at ${byTime.offset}, and by index ${offset}`;
      throw new BrokenPromise(`${name}: ${what}`);
    }
  }
}

/** A directory that failed once is lost until the next start, and the metadata's ends the node. */
async function tellsOfFault(life: Life): Promise<true> {
  const { folder, operation } = life.fault!;
  await life.clock.sleep(10); // the node tells itself
  if (life.hasFailed) return true;
  const client = await SimClient.connect(life);
  const { results } = await client.ask("DescribeLogDirs", 4, { topics: null });
  client.close();
  const errorCode = results.find(({ logDir }: any) => logDir === folder)?.errorCode;
  if (errorCode === KAFKA_STORAGE_ERROR) return true;
  throw new BrokenPromise(`${folder}: a ${operation} failed, and it goes on (${errorCode})`);
}

const worse = (a: Ending, b: Ending): boolean =>
  ["stop", "crash", "power"].indexOf(a) > ["stop", "crash", "power"].indexOf(b);

async function committedAt(world: World, client: SimClient, place: string): Promise<number> {
  const [groupId, partition, name] = place.split(" ");
  let offset = -1;
  const errorCode = await untilServed(world, client, groupId, async () => {
    const topics = [{ name, partitionIndexes: [Number(partition)] }];
    const answer = await client.ask("OffsetFetch", 7, { groupId, topics });
    offset = answer.topics[0]?.partitions[0].committedOffset ?? -1;
    return answer.errorCode;
  });
  if (errorCode !== 0) throw new Refused(`${place}: OffsetFetch is refused, ${errorCode}`);
  return offset;
}
