/**
 * Every API of classic groups in every state that a group can be in, from everyone who may speak in
 * it: one scenario an API and a state, which plays all who speak.
 */
import type { ApiName } from "../../../src/protocol/mod.ts";
import { pause, type Scenario, type Side, utf8 } from "../side.ts";
import {
  type Cast,
  CONSUMERS,
  joinRequest,
  leaveAlone,
  type Manners,
  OPAQUE,
  type Speaker,
  STATES,
} from "./group_cast.ts";

/** What is asked, in the words of a version. */
interface Question {
  readonly api: ApiName;
  /** The version that instance ids came with. */
  readonly instancesSince: number;
  /** The first version to play, where it is the coordinator that matters and not the layout. */
  readonly since?: number;
  /** Whether asking may change the group, so that everyone gets a group of their own. */
  readonly isChanging: boolean;
  bodyOf(side: Side, cast: Cast, speaker: Speaker, version: number): object;
}

const assignmentsOf = ({ speakers }: Cast) =>
  Object.values(speakers).filter(({ memberId }) => memberId !== "").map(({ memberId }) => ({
    memberId,
    assignment: utf8("some of it"),
  }));

const joins = (manners: Manners, since = 0): Question => ({
  api: "JoinGroup",
  since,
  instancesSince: 5,
  isChanging: true,
  bodyOf(_side, { groupId }, { generationId: _, ...speaker }, version) {
    const { rebalanceTimeoutMs, ...body } = joinRequest(groupId, manners);
    return { ...body, ...(version >= 1 ? { rebalanceTimeoutMs } : {}), ...speaker };
  },
});

const QUESTIONS: Record<string, Question> = {
  "JoinGroup as before": joins(OPAQUE),
  "JoinGroup with other protocols": joins({
    ...OPAQUE,
    protocols: [{ name: "two", metadata: utf8("changed") }],
  }, 8),
  "JoinGroup with another type": joins(CONSUMERS, 8),
  "SyncGroup": {
    api: "SyncGroup",
    instancesSince: 3,
    isChanging: true,
    bodyOf: (_side, cast, speaker, version) => ({
      groupId: cast.groupId,
      ...speaker,
      assignments: assignmentsOf(cast),
      ...(version >= 5 ? { protocolType: "judge", protocolName: "one" } : {}),
    }),
  },
  "Heartbeat": {
    api: "Heartbeat",
    instancesSince: 3,
    isChanging: false,
    bodyOf: (_side, { groupId }, speaker) => ({ groupId, ...speaker }),
  },
  "LeaveGroup": {
    api: "LeaveGroup",
    instancesSince: 3,
    isChanging: true,
    bodyOf: (_side, { groupId }, { generationId: _, ...speaker }, version) => ({
      groupId,
      ...(version >= 3
        ? { members: [speaker, { memberId: "nobody either" }] }
        : { memberId: speaker.memberId }),
    }),
  },
  "OffsetCommit": {
    api: "OffsetCommit",
    instancesSince: 7,
    isChanging: false,
    bodyOf: (side, { groupId }, { generationId, ...speaker }, version) => ({
      groupId,
      generationIdOrMemberEpoch: generationId,
      ...speaker,
      topics: [{
        ...side.named("orders", version, 10),
        partitions: [{ partitionIndex: 1, committedOffset: 5, committedMetadata: "" }],
      }],
    }),
  },
};

/** Told before the answers, so that members have the same names on both sides. */
const idsOf = ({ speakers }: Cast) => Object.values(speakers).map(({ memberId }) => ({ memberId }));

/** What becomes visible of a group, whoever asks. */
async function seen(side: Side, groupId: string): Promise<unknown> {
  const client = await side.client();
  const described = await client.ask("DescribeGroups", 5, { groups: [groupId] });
  // In an order that doesn't depend on ids, by which members get their names.
  const place = ({ groupInstanceId, memberAssignment }: any) =>
    `${groupInstanceId} ${memberAssignment.toHex()}`;
  described.groups[0].members.sort((a: any, b: any) => place(a) < place(b) ? -1 : 1);
  return [
    described,
    await client.ask("OffsetFetch", 5, { groupId, topics: null }),
  ];
}

/**
 * An answer that does not wait for anybody; undefined when the one who asked has to wait, which it
 * only can while a group comes together.
 */
async function atOnce(side: Side, { groupId }: Cast, asked: Promise<any>): Promise<any> {
  let answer: any;
  const client = await side.client();
  await side.until(async () => {
    answer = await Promise.race([asked, pause(150)]);
    if (answer !== undefined) return true;
    const { groups: [group] } = await client.ask("DescribeGroups", 5, { groups: [groupId] });
    return group.groupState.endsWith("Rebalance");
  });
  return answer;
}

const speaks = (title: string, question: Question, state: string): Scenario => ({
  api: question.api,
  name: `${title}, ${state}`,
  since: question.since,
  async play(side, version, name) {
    const { api, bodyOf, instancesSince, isChanging } = question;
    const make = STATES[state];
    const answerTo = async (cast: Cast, who: string): Promise<unknown[]> => {
      const speaker = cast.speakers[who];
      const client = await side.client();
      const asked = client.ask(api, version, bodyOf(side, cast, speaker, version));
      const early = await atOnce(side, cast, asked);
      // Looked at before whoever waits is released: a late answer changes nothing in it.
      const then = isChanging ? await seen(side, cast.groupId) : [];
      if (early === undefined) await leaveAlone(side, cast, speaker);
      return [idsOf(cast), await asked, then];
    };
    const first = await make(side, name);
    const names = Object.keys(first.speakers).filter((who) =>
      first.speakers[who].groupInstanceId === undefined || version >= instancesSince
    );
    const answers: Record<string, unknown> = {};
    if (!isChanging) {
      for (const who of names) answers[who] = await answerTo(first, who);
      return [answers, await seen(side, name)];
    }
    const played = names.map(async (who, index) =>
      answerTo(index === 0 ? first : await make(side, `${name}-${index}`), who)
    );
    for (const [index, who] of names.entries()) answers[who] = await played[index];
    return answers;
  },
});

/** What an operator does to a group, or asks of it. */
const treats = (
  api: ApiName,
  name: string,
  state: string,
  bodyOf: (groupId: string) => object,
): Scenario => ({
  api,
  name: `${name}, ${state}`,
  async play(side, version, groupId) {
    const cast = await STATES[state](side, groupId);
    const client = await side.client();
    const answer = await client.ask(api, version, bodyOf(groupId));
    if (api === "ListGroups") {
      answer.groups = answer.groups.filter((each: any) => each.groupId === groupId);
    }
    return [idsOf(cast), answer, await seen(side, groupId)];
  },
});

const states = Object.keys(STATES);

export const GROUP_STATES: Scenario[] = states.flatMap((state) => [
  ...Object.entries(QUESTIONS).map(([title, question]) => speaks(title, question, state)),
  treats("DescribeGroups", "it", state, (groupId) => ({ groups: [groupId] })),
  treats("ListGroups", "it", state, () => ({})),
  treats("DeleteGroups", "it", state, (groupId) => ({ groupsNames: [groupId] })),
  treats("OffsetDelete", "of it", state, (groupId) => ({
    groupId,
    topics: ["orders", "compacted"].map((name) => ({ name, partitions: [{ partitionIndex: 0 }] })),
  })),
]);
