/**
 * Classic groups in each of their states, with everyone who might speak in them: what the table in
 * `group_states.ts` is played with.
 */
import { equal } from "node:assert/strict";
import type { ApiName } from "../../../src/protocol/mod.ts";
import type { RawClient } from "../../kit/wire.ts";
import { type Side, utf8 } from "../side.ts";

const MEMBER_ID_REQUIRED = 79;
const REBALANCE_IN_PROGRESS = 27;

/** Whom a request says that it comes from. */
export interface Speaker {
  readonly memberId: string;
  readonly generationId: number;
  readonly groupInstanceId?: string;
}

/** A group in some state. */
export interface Cast {
  readonly groupId: string;
  /** By what they are in the group. */
  readonly speakers: Record<string, Speaker>;
  /** Who has to leave for the group to be empty. */
  readonly members: readonly Speaker[];
}

/** How a group's members join. */
export interface Manners {
  readonly protocolType: string;
  readonly protocols: readonly { readonly name: string; readonly metadata: Uint8Array }[];
  /** Whether members have instance ids. */
  readonly isStatic: boolean;
  /** Default 5; before 4, members need no id to join with. */
  readonly joinVersion?: number;
  readonly sessionTimeoutMs?: number;
  readonly rebalanceTimeoutMs?: number;
  /** What the leader and the follower get. */
  readonly assignments: readonly Uint8Array[];
}

export const OPAQUE: Manners = {
  protocolType: "judge",
  protocols: [{ name: "one", metadata: utf8("m1") }, { name: "two", metadata: utf8("m2") }],
  isStatic: false,
  assignments: [utf8("part 0"), utf8("part 1")],
};

/** A consumer's subscription to "orders", as the embedded protocol has it in version 0. */
const subscription = new Uint8Array([
  ...[0, 0, 0, 0, 0, 1, 0, 6],
  ...utf8("orders"),
  ...[255, 255, 255, 255],
]);

/** A partition of "orders", likewise. */
const assignment = (partition: number) =>
  new Uint8Array([
    ...[0, 0, 0, 0, 0, 1, 0, 6],
    ...utf8("orders"),
    ...[0, 0, 0, 1, 0, 0, 0, partition, 255, 255, 255, 255],
  ]);

export const CONSUMERS: Manners = {
  protocolType: "consumer",
  protocols: [{ name: "range", metadata: subscription }],
  isStatic: false,
  assignments: [assignment(0), assignment(1)],
};

export const STATIC: Manners = { ...OPAQUE, isStatic: true };

export const joinRequest = (groupId: string, manners: Manners) => ({
  groupId,
  sessionTimeoutMs: manners.sessionTimeoutMs ?? 60_000,
  rebalanceTimeoutMs: manners.rebalanceTimeoutMs ?? 60_000,
  memberId: "",
  protocolType: manners.protocolType,
  protocols: manners.protocols,
});

/** One who joins, and goes on speaking on a connection of its own. */
export class Actor {
  memberId = "";
  generationId = -1;
  readonly #side: Side;
  readonly #groupId: string;
  readonly #manners: Manners;
  readonly #instance: { groupInstanceId?: string };
  #client: RawClient | undefined;

  constructor(side: Side, groupId: string, manners: Manners, instanceId: string) {
    this.#side = side;
    this.#groupId = groupId;
    this.#manners = manners;
    this.#instance = manners.isStatic ? { groupInstanceId: instanceId } : {};
  }

  get #joinVersion(): number {
    return this.#manners.joinVersion ?? 5;
  }

  get speaker(): Speaker {
    return { memberId: this.memberId, generationId: this.generationId, ...this.#instance };
  }

  /** Never throws, since nobody may be waiting yet: without an answer, that is the answer. */
  async ask(api: ApiName, version: number, body: object): Promise<any> {
    try {
      this.#client ??= await this.#side.client();
      return await this.#client.ask(api, version, { groupId: this.#groupId, ...body });
    } catch (error) {
      return { errorCode: NaN, thrown: String(error) };
    }
  }

  /** Gets an id to come back with; a static member does without. */
  async introduce(): Promise<void> {
    if (this.#manners.isStatic || this.#joinVersion < 4) return;
    const answer = await this.#join();
    equal(answer.errorCode, MEMBER_ID_REQUIRED);
    this.memberId = answer.memberId;
  }

  /** Joins for the first time. */
  async enter(): Promise<any> {
    await this.introduce();
    return await this.join();
  }

  async join(): Promise<any> {
    const answer = await this.#join();
    if (answer.errorCode === 0) this.memberId = answer.memberId;
    this.generationId = answer.generationId;
    return answer;
  }

  #join(): Promise<any> {
    const body = joinRequest(this.#groupId, this.#manners);
    return this.ask("JoinGroup", this.#joinVersion, {
      ...body,
      memberId: this.memberId,
      ...this.#instance,
    });
  }

  async sync(assignments: object[] = []): Promise<any> {
    return await this.ask("SyncGroup", 3, { ...this.speaker, assignments });
  }

  async leave(): Promise<any> {
    return await this.ask("LeaveGroup", 3, { members: [{ memberId: this.memberId }] });
  }

  heartbeat(): Promise<any> {
    return this.ask("Heartbeat", 3, this.speaker);
  }
}

type Setting = (side: Side, groupId: string) => Promise<Cast>;

/** Two who have joined; nobody has said yet who reads what. */
async function completing(side: Side, groupId: string, manners: Manners) {
  const leader = new Actor(side, groupId, manners, "static-1");
  const follower = new Actor(side, groupId, manners, "static-2");
  await leader.introduce();
  await leader.join();
  await follower.introduce();
  const joins = follower.join();
  const isCalled = async () => (await leader.heartbeat()).errorCode === REBALANCE_IN_PROGRESS;
  await side.until(isCalled);
  await leader.join();
  await joins;
  return { leader, follower };
}

async function stable(side: Side, groupId: string, manners: Manners) {
  const both = await completing(side, groupId, manners);
  const assignments = [both.leader, both.follower].map(({ memberId }, index) => ({
    memberId,
    assignment: manners.assignments[index],
  }));
  await both.leader.sync(assignments);
  await both.follower.sync();
  return both;
}

/** A third has come to a stable group, and waits for the two to come back. */
async function preparing(side: Side, groupId: string, manners: Manners) {
  const both = await stable(side, groupId, manners);
  const joiner = new Actor(side, groupId, manners, "static-3");
  await joiner.introduce();
  joiner.join().catch(() => {});
  await side.until(async () => (await both.leader.heartbeat()).errorCode === REBALANCE_IN_PROGRESS);
  return { ...both, joiner };
}

async function deserted(side: Side, groupId: string, manners: Manners) {
  const { leader, follower } = await stable(side, groupId, manners);
  await leader.ask("LeaveGroup", 3, { members: [leader, follower].map(leaving) });
  return { leader, follower };
}

async function onlyOffsets(side: Side, groupId: string): Promise<Cast> {
  const partitions = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: "" }];
  const topics = [{ name: "orders", partitions }];
  const nobody = { generationIdOrMemberEpoch: -1, memberId: "" };
  const client = await side.client(); // several groups are made at once
  await client.ask("OffsetCommit", 8, { groupId, topics, ...nobody });
  return cast(groupId, {}, []);
}

/** An id was handed out in a stable group. */
async function expecting(side: Side, groupId: string) {
  const both = await stable(side, groupId, OPAQUE);
  const pending = new Actor(side, groupId, OPAQUE, "");
  await pending.introduce();
  return { ...both, pending };
}

/** The static leader of a stable group has restarted: its old id is fenced. */
async function replaced(side: Side, groupId: string) {
  const { leader, follower } = await stable(side, groupId, STATIC);
  const old = leader.speaker;
  leader.memberId = "";
  await leader.join();
  const result = cast(groupId, { leader, follower });
  return { ...result, speakers: { ...result.speakers, fenced: old } };
}

function cast(
  groupId: string,
  actors: Record<string, Actor>,
  members = Object.values(actors).map(({ speaker }) => speaker),
): Cast {
  const known = Object.entries(actors).map(([name, { speaker }]) => [name, speaker] as const);
  const first: Speaker = known[0]?.[1] ?? { memberId: "somebody", generationId: 1 };
  const { memberId, generationId } = first;
  return {
    groupId,
    members,
    speakers: {
      ...Object.fromEntries(known),
      nobody: { memberId: "nobody", generationId },
      "no id": { memberId: "", generationId },
      "no id and no generation": { memberId: "", generationId: -1 },
      "leader, a generation late": { ...first, generationId: generationId - 1 },
      "leader, a generation early": { ...first, generationId: generationId + 1 },
      "leader, without a generation": { ...first, generationId: -1 },
      "leader, its instance untold": { memberId, generationId },
      "leader by an unknown instance": { memberId, generationId, groupInstanceId: "nobody" },
      "an instance and no id": { memberId: "", generationId, groupInstanceId: "static-1" },
      "another's instance": { memberId: "nobody", generationId, groupInstanceId: "static-1" },
    },
  };
}

const of = (
  actors: (side: Side, groupId: string, manners: Manners) => Promise<Record<string, Actor>>,
  manners: Manners,
): Setting =>
async (side, groupId) => cast(groupId, await actors(side, groupId, manners));

/** Every state that a group can be in when somebody speaks. */
export const STATES: Record<string, Setting> = {
  "a group that isn't": (_side, groupId) => Promise.resolve(cast(groupId, {})),
  "only offsets": onlyOffsets,
  "everyone has left": async (side, groupId) =>
    cast(groupId, await deserted(side, groupId, OPAQUE), []),
  "every consumer has left": async (side, groupId) =>
    cast(groupId, await deserted(side, groupId, CONSUMERS), []),
  "members are called back": of(preparing, OPAQUE),
  "static members are called back": of(preparing, STATIC),
  "nobody has synced": of(completing, OPAQUE),
  "no static member has synced": of(completing, STATIC),
  "stable": of(stable, OPAQUE),
  "stable, of consumers": of(stable, CONSUMERS),
  "stable, of static members": of(stable, STATIC),
  "a member is expected": of(expecting, OPAQUE),
  "a static member was replaced": replaced,
};

/** A member as LeaveGroup names it: a static one by its instance, since its id may be new. */
const leaving = ({ memberId, groupInstanceId }: Speaker) =>
  groupInstanceId === undefined ? { memberId } : { memberId: "", groupInstanceId };

/** Has everyone leave but the one who speaks, so that whoever waits for them is answered. */
export async function leaveAlone(
  side: Side,
  { groupId, members }: Cast,
  speaker: Speaker,
): Promise<void> {
  const isOther = (member: Speaker) =>
    member.groupInstanceId !== speaker.groupInstanceId || member.memberId !== speaker.memberId;
  const client = await side.client();
  const left = { groupId, members: members.filter(isOther).map(leaving) };
  await client.ask("LeaveGroup", 3, left);
}
