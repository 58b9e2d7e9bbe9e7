/**
 * Members of one group that come and go, as consumers do (JoinGroup, SyncGroup, Heartbeat,
 * LeaveGroup): who leads a generation deals out the partitions, each commits how far it is with
 * those that it was given, and is cut off, late, or gone while the others go on.
 */
import { BrokenPromise } from "../ledger.ts";
import { type Actor, type Stage, TRY_AGAIN } from "./actor.ts";
import type { ClusterClient } from "./cluster_client.ts";
import { Coordinator } from "./coordinator.ts";
import { type Target, targetsIn } from "./promises.ts";

const OK = 0, MEMBER_ID_REQUIRED = 79, UNKNOWN_MEMBER = 25, OTHER_GENERATION = 22, REBALANCES = 27;
const BACKOFF_MS = 100;
const SESSION_MS = 6000;
const REBALANCE_MS = 3000;
const PROTOCOL = "dealt";

/**
 * What a group promises. A generation has one assignment, the same for all its members, whoever
 * coordinates; and once a later generation has committed, nothing of an earlier one is taken.
 */
export class GroupPromises {
  /** By generation: what was dealt out. */
  readonly #assignments = new Map<number, string>();
  readonly #commits = new Map<string, GroupCommits>();
  #lastOffset = 0;

  constructor(readonly group: string) {}

  get commits(): Iterable<GroupCommits> {
    return this.#commits.values();
  }

  nextOffset(): number {
    return ++this.#lastOffset;
  }

  onAssigned(generation: number, assignment: string): void {
    const known = this.#assignments.get(generation) ?? assignment;
    if (known !== assignment) {
      throw new BrokenPromise(
        `generation ${generation} of ${this.group} was dealt ${known}, and now ${assignment}`,
      );
    }
    this.#assignments.set(generation, known);
  }

  commitsOf({ topic, partition, ledger }: Target): GroupCommits {
    const known = this.#commits.get(ledger.name) ?? new GroupCommits(topic, partition);
    this.#commits.set(ledger.name, known);
    return known;
  }
}

interface Commit {
  readonly offset: number;
  readonly generation: number;
}

/** What the group has committed for one partition. */
class GroupCommits {
  #answered: Commit = { offset: -1, generation: -1 };
  readonly #unknown = new Map<number, Commit>();
  readonly #past = new Set<number>();

  constructor(readonly topic: string, readonly partition: number) {}

  send(commit: Commit): void {
    this.#unknown.set(commit.offset, commit);
  }

  answer(commit: Commit): void {
    this.#unknown.delete(commit.offset);
    this.#past.add(commit.offset);
    const { offset, generation } = this.#answered;
    const isLater = commit.generation === generation
      ? commit.offset > offset
      : commit.generation > generation;
    if (isLater) this.#answered = commit;
  }

  refuse({ offset }: Commit): void {
    this.#unknown.delete(offset);
  }

  /** Returns whether it is what is committed now; who has not heard of another coordinator lags. */
  check(found: number): boolean {
    const { offset, generation } = this.#answered;
    const isNow = found === offset ||
      (this.#unknown.get(found)?.generation ?? -Infinity) >= generation;
    if (isNow || found === -1 || this.#past.has(found) || this.#unknown.has(found)) return isNow;
    throw new BrokenPromise(
      `${this.topic}-${this.partition}: nobody committed ${found}, last was ${offset}`,
    );
  }
}

/** What one generation has given one member. */
interface Membership {
  readonly generation: number;
  readonly targets: readonly Target[];
}

export class GroupMember implements Actor {
  readonly client: ClusterClient;
  readonly #promises: GroupPromises;
  readonly #coordinator: Coordinator;
  #memberId = "";

  constructor(client: ClusterClient, promises: GroupPromises) {
    this.client = client;
    this.#promises = promises;
    this.#coordinator = new Coordinator(client, promises.group);
  }

  async play(stage: Stage): Promise<void> {
    const { random, clock } = this.client;
    while (!stage.isClosing) {
      await clock.sleep(random.int(random.chance(0.2) ? 5000 : 500));
      await this.#work(stage);
      if (random.chance(0.2)) await this.#leave();
    }
    // After all is mended each gets into the group once more, and commits.
    while (!await this.#work(stage)) await clock.sleep(BACKOFF_MS);
    await this.#leave();
  }

  /** Looks at all that was ever committed, until that is what is there. */
  async verify(stage: Stage): Promise<void> {
    for (const commits of this.#promises.commits) {
      while (!await this.#look(stage, commits)) await this.client.clock.sleep(BACKOFF_MS);
    }
  }

  /** One generation, as long as it lasts; whether it committed something. */
  async #work(stage: Stage): Promise<boolean> {
    const { random, clock } = this.client;
    const membership = await this.#join(stage);
    if (membership === undefined) {
      await clock.sleep(random.int(BACKOFF_MS));
      return false;
    }
    let hasCommitted = membership.targets.length === 0;
    for (let rounds = 1 + random.int(20); rounds > 0; rounds--) {
      const isIn = await this.#beat(membership);
      if (!isIn) break;
      if (membership.targets.length > 0) {
        const isTaken = await this.#commit(membership, random.pick(membership.targets));
        if (isTaken === undefined) break;
        hasCommitted ||= isTaken;
      }
      if (stage.isClosing && hasCommitted) break;
      await clock.sleep(random.int(random.chance(0.05) ? 2 * SESSION_MS : 300));
    }
    return hasCommitted;
  }

  async #join(stage: Stage): Promise<Membership | undefined> {
    const groupId = this.#promises.group;
    const joined = await this.#coordinator.ask("JoinGroup", 9, {
      groupId,
      sessionTimeoutMs: SESSION_MS,
      rebalanceTimeoutMs: REBALANCE_MS,
      memberId: this.#memberId,
      protocolType: "consumer",
      protocols: [{ name: PROTOCOL, metadata: new Uint8Array(0) }],
    });
    if (joined?.errorCode === MEMBER_ID_REQUIRED) this.#memberId = joined.memberId;
    if (!this.#isServed(joined, "a join")) return undefined;
    const { generationId, memberId, leader, members } = joined;
    this.#memberId = memberId;
    const dealt = leader === memberId ? this.#deal(stage, members) : undefined;
    const synced = await this.#coordinator.ask("SyncGroup", 5, {
      groupId,
      generationId,
      memberId,
      protocolType: "consumer",
      protocolName: PROTOCOL,
      assignments: dealt === undefined
        ? []
        : members.map(({ memberId }: any) => ({ memberId, assignment: dealt })),
    });
    if (!this.#isServed(synced, "a sync")) return undefined;
    const text = new TextDecoder().decode(synced.assignment);
    this.#promises.onAssigned(generationId, text);
    const mine: string[] = JSON.parse(text).dealt[memberId];
    const targets = stage.promises.targets.filter(({ ledger }) => mine.includes(ledger.name));
    return { generation: generationId, targets };
  }

  /** All are told all, so that what they are told can be compared. */
  #deal({ promises }: Stage, members: { memberId: string }[]): Uint8Array {
    const dealt: Record<string, string[]> = {};
    for (const { memberId } of members) dealt[memberId] = [];
    const targets = promises.lasting.flatMap(targetsIn);
    for (const [i, { ledger }] of targets.entries()) {
      dealt[members[i % members.length].memberId].push(ledger.name);
    }
    const by = `${this.client.name} at ${this.client.clock.monotonic()}`;
    return new TextEncoder().encode(JSON.stringify({ by, dealt }));
  }

  async #beat({ generation: generationId }: Membership): Promise<boolean> {
    const { group: groupId } = this.#promises;
    const request = { groupId, generationId, memberId: this.#memberId };
    return this.#isServed(await this.#coordinator.ask("Heartbeat", 4, request), "a heartbeat");
  }

  /** Whether it was taken; undefined when the generation is over for this member. */
  async #commit({ generation }: Membership, target: Target): Promise<boolean | undefined> {
    const { topic: name, partition: partitionIndex } = target;
    const commits = this.#promises.commitsOf(target);
    const commit = { offset: this.#promises.nextOffset(), generation };
    commits.send(commit);
    const answer = await this.#coordinator.ask("OffsetCommit", 8, {
      groupId: this.#promises.group,
      generationIdOrMemberEpoch: generation,
      memberId: this.#memberId,
      topics: [{ name, partitions: [{ partitionIndex, committedOffset: commit.offset }] }],
    });
    if (answer === undefined) return false;
    const { errorCode } = answer.topics[0].partitions[0];
    if (this.#isServed({ errorCode }, "a commit")) {
      commits.answer(commit);
      return true;
    }
    if (!TRY_AGAIN.has(errorCode)) commits.refuse(commit);
    return errorCode === OTHER_GENERATION || errorCode === UNKNOWN_MEMBER ? undefined : false;
  }

  async #leave(): Promise<void> {
    const members = [{ memberId: this.#memberId, groupInstanceId: null }];
    const request = { groupId: this.#promises.group, members };
    this.#memberId = "";
    await this.#coordinator.ask("LeaveGroup", 5, request);
  }

  async #look(stage: Stage, commits: GroupCommits): Promise<boolean> {
    const { topic: name, partition } = commits;
    const { group: groupId } = this.#promises;
    const topics = [{ name, partitionIndexes: [partition] }];
    const answer = await this.#coordinator.ask("OffsetFetch", 7, { groupId, topics });
    const found = answer?.topics[0]?.partitions[0] ?? { errorCode: OK, committedOffset: -1 };
    stage.obstacle = `${groupId}: node ${answer?.nodeId} says ${answer?.errorCode} and ` +
      `${found.committedOffset} of ${name}-${partition}`;
    if (answer?.errorCode === OK && found.errorCode === OK) {
      if (commits.check(found.committedOffset)) return true;
    }
    this.#coordinator.forget();
    return false;
  }

  /** Takes in what an error says; whether there is none. */
  #isServed(answer: { errorCode: number } | undefined, what: string): boolean {
    if (answer === undefined) return false;
    const { errorCode } = answer;
    if (errorCode === OK) return true;
    if (errorCode === UNKNOWN_MEMBER) this.#memberId = "";
    else if (TRY_AGAIN.has(errorCode)) this.#coordinator.forget();
    else if (![MEMBER_ID_REQUIRED, OTHER_GENERATION, REBALANCES].includes(errorCode)) {
      throw new BrokenPromise(`${this.#promises.group}: ${what} gets ${errorCode}`);
    }
    return false;
  }
}
