/**
 * Plays one coordinator from a transcript. Lines that begin with `>` are what happens to it, the
 * lines below are all that it did: what it wrote, what it says happened, and whom it answered.
 * Member ids are the client's or instance's name with a number, assignments are plain text, times
 * count from 0.
 *
 *     > join g client=a id=a-1 protocols=range,sticky topics=orders v=9
 *     > sync g id=a-1 gen=1 assign=a-1:0,b-2:1
 *     > heartbeat g id=a-1 gen=1
 *     > wait 10s
 */
import { decodeRecord, type Outcome, type Reply } from "../../../src/coordinator/group/mod.ts";
import type { CoordinatorRecord } from "../../../src/coordinator/mod.ts";
import {
  DeleteGroupsRequest,
  DeleteGroupsResponse,
  DescribeGroupsRequest,
  DescribeGroupsResponse,
  type ErrorName,
  errorName,
  HeartbeatRequest,
  HeartbeatResponse,
  JoinGroupRequest,
  JoinGroupResponse,
  LeaveGroupRequest,
  LeaveGroupResponse,
  ListGroupsRequest,
  ListGroupsResponse,
  OffsetCommitRequest,
  OffsetCommitResponse,
  OffsetDeleteRequest,
  OffsetDeleteResponse,
  OffsetFetchResponse,
  SyncGroupRequest,
  SyncGroupResponse,
} from "../../../src/protocol/mod.ts";
import { ZERO_UUID } from "../../../src/base/mod.ts";
import { Driver } from "./driver.ts";
import { asSeen, full, subscription, text, utf8 } from "./requests.ts";

/** Who waits for an answer, and what it is to be shown as. */
interface Token {
  readonly name: string;
  readonly version: number;
  readonly show: (response: any, version: number) => string;
}

export function replayTranscript(transcript: string): string {
  let player: Player | undefined;
  const lines: string[] = [];
  for (const line of transcript.split("\n")) {
    if (line.startsWith("  ")) continue;
    lines.push(line);
    if (!line.startsWith("> ")) continue;
    const command = new Command(line.slice(2));
    if (command.verb === "coordinator") player = new Player(command);
    else lines.push(...player!.play(command).map((each) => `  ${each}`));
  }
  return lines.join("\n");
}

/** `verb word word key=value`, in any order after the verb. */
class Command {
  readonly verb: string;
  readonly words: string[];
  readonly #fields: Map<string, string>;

  constructor(line: string) {
    const [verb, ...rest] = line.split(/\s+/);
    const isField = (word: string) => /^[a-z]+=/.test(word);
    this.verb = verb;
    this.words = rest.filter((word) => !isField(word));
    this.#fields = new Map(
      rest.filter(isField).map((word) => word.split(/=(.*)/s, 2) as [string, string]),
    );
  }
  has = (key: string) => this.#fields.has(key);
  text = (key: string, otherwise = "") => this.#fields.get(key) ?? otherwise;
  textOrNull = (key: string) => this.#fields.get(key) ?? null;
  number = (key: string, otherwise: number) => Number(this.#fields.get(key) ?? otherwise);
  list = (key: string, otherwise = "") => this.text(key, otherwise).split(",").filter(Boolean);
}

class Player {
  readonly #driver: Driver<Token>;
  readonly #waiting = new Set<Token>();
  #lines: string[] = [];
  /** Time passes, and it is worth telling when something happens. */
  #isWaiting = false;
  #ids = 0;

  constructor(command: Command) {
    const { number } = command;
    const hours = 3_600_000;
    this.#driver = new Driver<Token>({
      config: {
        initialRebalanceDelayMs: number("delay", 0),
        maxSize: number("max", 100),
        offsetsRetentionMs: number("retention", 24) * hours,
        offsetsRetentionCheckIntervalMs: number("check", 1) * hours,
        offsetMetadataMaxBytes: number("metadata", 4096),
      },
      newMemberId: (prefix) => `${prefix}-${++this.#ids}`,
    }, (outcome, sent, isTaken) => this.#note(outcome, sent, isTaken));
  }

  play(command: Command): string[] {
    this.#lines = [];
    this.#isWaiting = false;
    const { words } = command;
    switch (command.verb) {
      case "wait":
        this.#isWaiting = true;
        this.#driver.advance(millis(words[0]));
        break;
      case "restart":
        for (const { name } of this.#waiting) this.#lines.push(`dropped ${name}`);
        this.#waiting.clear();
        this.#driver.load({ maxSize: command.number("max", 100) });
        break;
      case "refuse":
        this.#driver.refusal = words[0] === "nothing" ? undefined : words[0] as ErrorName;
        break;
      case "topics-deleted":
        this.#driver.carryOut(
          this.#driver.coordinator.onTopicsDeleted(new Set(words), this.#driver.now),
        );
        break;
      default:
        this.#request(command);
    }
    return this.#lines.length === 0 ? ["nothing"] : this.#lines;
  }

  #request(command: Command): void {
    const request = REQUESTS[command.verb];
    if (request === undefined) throw new Error(`unknown command ${command.verb}`);
    const version = command.number("v", request.version);
    const who = command.text("id") || command.text("instance") || command.text("client");
    const name = who ? `${command.verb} ${who}` : command.verb;
    const token: Token = { name, version, show: request.show };
    const context = {
      now: this.#driver.now,
      clientId: command.text("client", command.text("id").replace(/-\d+$/, "") || "tool"),
      clientHost: "/10.0.0.1",
    };
    this.#waiting.add(token);
    const outcome = request.ask(this.#driver.coordinator, command, version, context, token);
    this.#driver.carryOut(outcome);
    if (this.#waiting.has(token)) this.#lines.push(`${name} waits`);
  }

  #note(outcome: Outcome<Token>, sent: readonly Reply<Token>[], isTaken: boolean): void {
    const { records, events } = outcome;
    const lines = [
      ...(isTaken ? events : []).map(({ event, fields: { group: _group, ...rest } }) =>
        `* ${event}${fields(rest)}`
      ),
      ...records.map((record) => `${isTaken ? "wrote" : "could not write"} ${shownRecord(record)}`),
      ...sent.map(({ to, response }) => {
        if (!this.#waiting.delete(to)) throw new Error(`${to.name} is answered twice`);
        return `${to.name}: ${to.show(response, to.version)}`;
      }),
    ];
    if (lines.length === 0) return;
    const at = `at ${this.#driver.now / 1000}s`;
    if (this.#isWaiting && !this.#lines.includes(at)) this.#lines.push(at);
    this.#lines.push(...lines);
  }
}

const millis = (duration: string): number => {
  const [, amount, unit] = /^([\d.]+)(ms|s|m|h)$/.exec(duration)!;
  return Number(amount) * { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[unit]!;
};

const fields = (all: Record<string, unknown>): string =>
  Object.entries(all)
    .filter(([, value]) => value !== undefined && value !== null && value !== "")
    .map(([name, value]) => ` ${name}=${value}`)
    .join("");

function shownRecord({ key, value }: CoordinatorRecord): string {
  const record = decodeRecord(key, value);
  if (record.type === "other") return "a record of another kind";
  if (record.type === "offset") {
    const { group, topic, partition } = record.key;
    const place = `${group} ${topic}/${partition}`;
    if (record.value === null) return `${place}: tombstone`;
    const { offset, leaderEpoch, metadata, expireTimestamp, topicId } = record.value;
    return `${place} = ${offset}` + fields({
      epoch: leaderEpoch === -1 ? undefined : leaderEpoch,
      metadata: metadata.length > 20 ? `${metadata.length} chars` : metadata,
      expires: expireTimestamp === -1 ? undefined : `${expireTimestamp / 1000}s`,
      topicId: topicId === ZERO_UUID ? undefined : topicId,
    });
  }
  if (record.value === null) return `${record.groupId}: tombstone`;
  const { members, ...group } = record.value;
  const shown = members.map((each) => `${each.memberId}:${text(each.assignment)}`).join(",");
  return `${record.groupId}: generation=${group.generation}` + fields({
    type: group.protocolType,
    protocol: group.protocol,
    leader: group.leader,
    since: `${group.currentStateTimestamp / 1000}s`,
    members: shown,
  });
}

type Coordinator = Driver<Token>["coordinator"];
type Context = Parameters<Coordinator["heartbeat"]>[2];

interface Request {
  readonly version: number;
  ask(
    to: Coordinator,
    command: Command,
    version: number,
    context: Context,
    token: Token,
  ): Outcome<Token>;
  show(response: any, version: number): string;
}

const partitionsOf = (words: string[]) => {
  const topics = new Map<string, { partition: number; value: string }[]>();
  for (const word of words) {
    const [, topic, partition, value] = /^(.+)\/(\d+)(?:@(.*))?$/.exec(word)!;
    const partitions = topics.get(topic) ?? [];
    topics.set(topic, partitions);
    partitions.push({ partition: Number(partition), value });
  }
  return [...topics];
};

/** The error, and what else a client sees of an answer. */
const outcome = (code: number, rest: Record<string, unknown> = {}) =>
  errorName(code) + fields(rest);
const unlessDefault = (value: unknown, usual: unknown) => value === usual ? undefined : value;

const REQUESTS: Record<string, Request> = {
  join: {
    version: 9,
    ask: (to, { text, textOrNull, number, list, words: [groupId] }, version, context, token) => {
      const metadata = subscription(list("topics", "orders"), textOrNull("data"));
      const request = full(JoinGroupRequest, {
        groupId,
        memberId: text("id"),
        groupInstanceId: textOrNull("instance"),
        sessionTimeoutMs: number("session", 10_000),
        rebalanceTimeoutMs: version === 0 ? -1 : number("rebalance", 60_000),
        protocolType: text("type", "consumer"),
        protocols: list("protocols", "range").map((name) => ({ name, metadata })),
      }, version);
      return to.joinGroup(request, version, context, token);
    },
    show: (response, version) => {
      const seen = asSeen(JoinGroupResponse, response, version);
      return outcome(seen.errorCode, {
        id: seen.memberId,
        generation: unlessDefault(seen.generationId, -1),
        type: seen.protocolType,
        protocol: seen.protocolName,
        leader: seen.leader,
        skipAssignment: unlessDefault(seen.skipAssignment, false),
        members: seen.members.map(({ memberId, groupInstanceId }) =>
          groupInstanceId === null ? memberId : `${memberId}(${groupInstanceId})`
        ).join(","),
      });
    },
  },
  sync: {
    version: 5,
    ask: (to, { text, textOrNull, number, list, words: [groupId] }, version, context, token) => {
      const request = full(SyncGroupRequest, {
        groupId,
        memberId: text("id"),
        groupInstanceId: textOrNull("instance"),
        generationId: number("gen", 1),
        protocolType: version < 5 ? null : text("type", "consumer") || null,
        protocolName: version < 5 ? null : text("protocol", "range") || null,
        assignments: list("assign").map((each) => {
          const [memberId, assignment] = each.split(":");
          return { memberId, assignment: utf8(assignment) };
        }),
      }, version);
      return to.syncGroup(request, version, context, token);
    },
    show: (response, version) => {
      const seen = asSeen(SyncGroupResponse, response, version);
      const { protocolType: type, protocolName: protocol } = seen;
      return outcome(seen.errorCode, { type, protocol, assignment: text(seen.assignment) });
    },
  },
  heartbeat: {
    version: 4,
    ask: (to, { text, textOrNull, number, words: [groupId] }, version, context, token) => {
      const request = full(HeartbeatRequest, {
        groupId,
        memberId: text("id"),
        groupInstanceId: textOrNull("instance"),
        generationId: number("gen", 1),
      }, version);
      return to.heartbeat(request, version, context, token);
    },
    show: (response, version) => outcome(asSeen(HeartbeatResponse, response, version).errorCode),
  },
  leave: {
    version: 5,
    ask: (to, { text, textOrNull, list, has, words: [groupId] }, version, context, token) => {
      const one = { memberId: text("id"), groupInstanceId: textOrNull("instance") };
      const members = has("members")
        ? list("members").map((each) => {
          const [memberId, groupInstanceId = null] = each.split("/");
          return { memberId, groupInstanceId };
        })
        : [{ ...one, reason: textOrNull("reason") }];
      const request = full(
        LeaveGroupRequest,
        version < 3 ? { groupId, memberId: one.memberId } : { groupId, members },
        version,
      );
      return to.leaveGroup(request, version, context, token);
    },
    show: (response, version) => {
      const seen = asSeen(LeaveGroupResponse, response, version);
      const members = seen.members.map(({ memberId, groupInstanceId, errorCode }) =>
        `${memberId}${groupInstanceId === null ? "" : `/${groupInstanceId}`}:${
          errorName(errorCode)
        }`
      );
      return outcome(seen.errorCode, { members: members.join(",") });
    },
  },
  commit: {
    version: 9,
    ask: (to, { text, textOrNull, number, words }, version, context, token) => {
      const [groupId, ...places] = words;
      const request = full(OffsetCommitRequest, {
        groupId,
        memberId: text("id"),
        groupInstanceId: textOrNull("instance"),
        generationIdOrMemberEpoch: number("gen", -1),
        retentionTimeMs: number("retention", -1),
        topics: partitionsOf(places).map(([name, partitions]) => ({
          name,
          partitions: partitions.map(({ partition, value }) => ({
            partitionIndex: partition,
            committedOffset: Number(value),
            committedLeaderEpoch: number("epoch", -1),
            committedMetadata: "m".repeat(number("chars", 0)),
          })),
        })),
      }, version);
      const topicId = text("topicid", ZERO_UUID);
      const topics = request.topics.map((topic) => ({ ...topic, topicId }));
      return to.offsetCommit({ ...request, topics }, version, context, token);
    },
    show: (response, version) => {
      const { topics } = asSeen(OffsetCommitResponse, response, version);
      const codes = topics.flatMap(({ name, partitions }) =>
        partitions.map(({ partitionIndex, errorCode }) =>
          `${name}/${partitionIndex}=${errorName(errorCode)}`
        )
      );
      return codes.join(" ");
    },
  },
  fetch: {
    version: 9,
    ask: (to, { words: [groupId, ...places], text }, _version, context, token) => {
      const topics = partitionsOf(places).map(([name, partitions]) => ({
        name,
        topicId: text("topicid", ZERO_UUID),
        partitionIndexes: partitions.map(({ partition }) => partition),
      }));
      const group = {
        groupId,
        memberId: null,
        memberEpoch: -1,
        topics: places.length === 0 ? null : topics,
      };
      return to.offsetFetch(group, { requireStable: false }, context, token);
    },
    show: (response, version) => {
      const [group] = asSeen(OffsetFetchResponse, { groups: [response] }, version).groups;
      const shown = group.topics.flatMap(({ name, partitions }) =>
        partitions.map((each) => `${name}/${each.partitionIndex}=${each.committedOffset}`)
      );
      return shown.length === 0 ? "no offsets" : shown.join(" ");
    },
  },
  describe: {
    version: 6,
    ask: (to, { words }, version, context, token) =>
      to.describeGroups(full(DescribeGroupsRequest, { groups: words }), version, context, token),
    show: (response, version) => {
      const seen = asSeen(DescribeGroupsResponse, response, version);
      return seen.groups.map((group) => {
        const members = group.members.map((each) => {
          const assignment = text(each.memberAssignment);
          return `${each.memberId}@${each.clientHost}${assignment && `:${assignment}`}`;
        });
        return `${group.groupId} ${outcome(group.errorCode)} ${group.groupState}` + fields({
          type: group.protocolType,
          protocol: group.protocolData,
          members: members.join(","),
        });
      }).join("; ");
    },
  },
  list: {
    version: 5,
    ask: (to, { list }, version, context, token) => {
      const filters = { statesFilter: list("states"), typesFilter: list("types") };
      return to.listGroups(full(ListGroupsRequest, filters), version, context, token);
    },
    show: (response, version) => {
      const { groups } = asSeen(ListGroupsResponse, response, version);
      const shown = groups.map(({ groupId, protocolType, groupState, groupType }) =>
        [groupId, groupState, groupType, protocolType && `(${protocolType})`].filter(Boolean).join(
          " ",
        )
      );
      return shown.length === 0 ? "no groups" : shown.join("; ");
    },
  },
  delete: {
    version: 2,
    ask: (to, { words }, version, context, token) =>
      to.deleteGroups(full(DeleteGroupsRequest, { groupsNames: words }), version, context, token),
    show: (response, version) =>
      asSeen(DeleteGroupsResponse, response, version).results
        .map(({ groupId, errorCode }) => `${groupId}=${errorName(errorCode)}`).join(" "),
  },
  "delete-offsets": {
    version: 0,
    ask: (to, { words: [groupId, ...places] }, version, context, token) => {
      const request = full(OffsetDeleteRequest, {
        groupId,
        topics: partitionsOf(places).map(([name, partitions]) => ({
          name,
          partitions: partitions.map(({ partition }) => ({ partitionIndex: partition })),
        })),
      });
      return to.offsetDelete(request, version, context, token);
    },
    show: (response, version) => {
      const seen = asSeen(OffsetDeleteResponse, response, version);
      const codes = seen.topics.flatMap(({ name, partitions }) =>
        partitions.map(({ partitionIndex, errorCode }) =>
          `${name}/${partitionIndex}=${errorName(errorCode)}`
        )
      );
      return [outcome(seen.errorCode), ...codes].join(" ");
    },
  },
};
