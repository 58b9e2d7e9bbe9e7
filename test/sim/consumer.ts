/** Who reads here and there, and commits how far, alone or as the member of a group. */
import { HungUp, SimClient } from "./client.ts";
import { Refused } from "./ledger.ts";
import { fetchAt } from "./records.ts";
import { type Actor, pickPartition, type World } from "./world.ts";

const OK = 0, OUT_OF_RANGE = 1, MEMBER_ID_REQUIRED = 79;
/** The topic is gone, or its partition is on its way. */
const GONE = [3, 5, 6];
/** The coordinator loads, is not there, is not here. */
const NOT_YET = [14, 15, 16];
/** The group went on without us: join again, another time. */
const OTHER_GENERATION = [22, 25, 27];
const MAX_TRIES = 200;

interface Member {
  readonly memberId: string;
  readonly generationId: number;
}

export class Consumer implements Actor {
  readonly #group: string;
  #lastCommit = 0;

  constructor(group: string) {
    this.#group = group;
  }

  async live(world: World): Promise<void> {
    const { random, life } = world;
    try {
      const client = await SimClient.connect(life);
      const member = random.chance(0.3) ? await this.#join(world, client) : undefined;
      for (let steps = random.int(10); steps > 0; steps--) {
        if (random.chance(0.5)) await this.#fetch(world, client);
        else await this.#commit(world, client, member);
        await life.clock.sleep(random.int(random.chance(0.1) ? 3000 : 60));
      }
      client.close();
    } catch (error) {
      if (!(error instanceof HungUp)) throw error;
    }
  }

  async #fetch(world: World, client: SimClient): Promise<void> {
    const { random } = world;
    const target = pickPartition(world);
    if (target === undefined) return;
    const { topic, partition, ledger } = target;
    const offset = random.int(ledger.end + 1);
    const place = { topic: topic.name, partition };
    const { errorCode, found } = await fetchAt(client, place, offset, random.int(4000));
    if ([OUT_OF_RANGE, ...GONE].includes(errorCode)) return;
    if (errorCode !== OK) {
      throw new Refused(`${ledger.name}: a fetch at ${offset} is refused, ${errorCode}`);
    }
    for (const each of found) ledger.onRead(each, topic.wasAlwaysStrong && topic.isStrong);
  }

  async #commit(world: World, client: SimClient, member: Member | undefined): Promise<void> {
    const { model, say } = world;
    const target = pickPartition(world);
    if (target === undefined) return;
    const { topic: { name }, partition } = target;
    const place = `${this.#group} ${partition} ${name}`;
    const committedOffset = ++this.#lastCommit;
    model.onCommitSent(place, committedOffset);
    const errorCode = await untilServed(world, client, this.#group, async () => {
      const answer = await client.ask("OffsetCommit", 8, {
        groupId: this.#group,
        generationIdOrMemberEpoch: member?.generationId ?? -1,
        memberId: member?.memberId ?? "",
        topics: [{ name, partitions: [{ partitionIndex: partition, committedOffset }] }],
      });
      return answer.topics[0].partitions[0].errorCode;
    });
    if (errorCode === OK && model.topics.get(name) === target.topic) {
      model.onCommitted(place, committedOffset);
      say(`${this.#group} commits ${committedOffset} for ${name}-${partition}`);
    } else if (![OK, ...GONE, ...OTHER_GENERATION].includes(errorCode)) {
      throw new Refused(`${place}: a commit is refused, ${errorCode}`);
    }
  }

  async #join(world: World, client: SimClient): Promise<Member | undefined> {
    const { life, random, say } = world;
    const groupId = this.#group;
    let memberId = "";
    let joined: any;
    const errorCode = await untilServed(world, client, groupId, async () => {
      joined = await client.ask("JoinGroup", 7, {
        groupId,
        sessionTimeoutMs: 1000 + random.int(3000),
        rebalanceTimeoutMs: 2000,
        memberId,
        protocolType: "consumer",
        protocols: [{ name: "range", metadata: new Uint8Array([1, 2, 3]) }],
      });
      if (joined.errorCode === MEMBER_ID_REQUIRED) {
        memberId = joined.memberId;
        return NOT_YET[0];
      }
      return joined.errorCode;
    });
    if (errorCode !== OK) {
      if (OTHER_GENERATION.includes(errorCode)) return undefined;
      throw new Refused(`${groupId}: a join is refused, ${errorCode}`);
    }
    const { generationId } = joined;
    const assignments = [{ memberId, assignment: new Uint8Array([7]) }];
    const request = { groupId, generationId, memberId, assignments };
    const synced = await client.ask("SyncGroup", 5, {
      ...request,
      protocolType: "consumer",
      protocolName: "range",
    });
    if (synced.errorCode !== OK) return undefined;
    say(`${groupId} has the member ${memberId} in generation ${generationId}`);
    await life.clock.sleep(random.int(30));
    return { memberId, generationId };
  }
}

/** Asks until the coordinator is there; the last error. */
export async function untilServed(
  { life }: World,
  client: SimClient,
  groupId: string,
  ask: () => Promise<number>,
): Promise<number> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const errorCode = await ask();
    if (!NOT_YET.includes(errorCode)) return errorCode;
    await client.ask("FindCoordinator", 4, { keyType: 0, coordinatorKeys: [groupId] });
    await life.clock.sleep(10);
  }
  throw new Refused("the coordinator never comes");
}
