/** DescribeGroups, ListGroups and DeleteGroups. Section 8.6 of the behaviour. */
import {
  type DeleteGroupsRequest,
  type DeleteGroupsResponse,
  type DescribeGroupsRequest,
  type DescribeGroupsResponse,
  errorCode,
  type ErrorName,
  type InputOf,
  type ListGroupsRequest,
  type ListGroupsResponse,
} from "../../protocol/mod.ts";
import type { Coordination } from "./coordination.ts";
import type { ClassicGroup } from "./group.ts";
import { eachOffset } from "./offset_store.ts";
import type { Turn } from "./outcome.ts";
import { groupTombstone, offsetTombstone } from "./records.ts";

type DescribedGroup = NonNullable<InputOf<typeof DescribeGroupsResponse>["groups"]>[number];
type DescribedMember = NonNullable<DescribedGroup["members"]>[number];

const NO_BYTES = new Uint8Array(0);

/** Authorized operations are the caller's affair. */
export function describeGroups<T>(
  { groups }: Coordination<T>,
  request: DescribeGroupsRequest,
  version: number,
): InputOf<typeof DescribeGroupsResponse> {
  return {
    groups: request.groups.map((groupId) => {
      const group = groups.get(groupId);
      return group === undefined ? dead(groupId, version) : described(group);
    }),
  };
}

function dead(groupId: string, version: number): DescribedGroup {
  const group = { groupId, groupState: "Dead", protocolType: "", protocolData: "", members: [] };
  if (version < 6) return group;
  return {
    ...group,
    errorCode: errorCode("GROUP_ID_NOT_FOUND"),
    errorMessage: `Group ${groupId} not found.`,
  };
}

/**
 * What members said is told of a stable group only, since between generations it is in the balance;
 * what they were given last is told always.
 */
function described<T>(group: ClassicGroup<T>): DescribedGroup {
  const isStable = group.state === "Stable";
  return {
    errorCode: 0,
    groupId: group.groupId,
    groupState: group.state,
    protocolType: group.protocolType ?? "",
    protocolData: isStable ? group.protocolName ?? "" : "",
    members: [...group.members].map((member): DescribedMember => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      memberMetadata: isStable ? group.metadataOf(member) : NO_BYTES,
      memberAssignment: member.assignment,
    })),
  };
}

/** Filters are lists of names in any case; an empty one lets all pass. */
export function listGroups<T>(
  { groups }: Coordination<T>,
  { statesFilter, typesFilter }: ListGroupsRequest,
): InputOf<typeof ListGroupsResponse> {
  const passes = (filter: readonly string[], value: string) =>
    filter.length === 0 || filter.some((each) => each.toLowerCase() === value.toLowerCase());
  const listed = passes(typesFilter, "classic")
    ? [...groups.values()].filter(({ state }) => passes(statesFilter, state))
    : [];
  return {
    errorCode: 0,
    groups: listed.map(({ groupId, protocolType, state }) => ({
      groupId,
      protocolType: protocolType ?? "",
      groupState: state,
      groupType: "classic",
    })),
  };
}

/**
 * Removes groups with their offsets: each group that may go goes, whatever happens to the others.
 */
export function deleteGroups<T>(
  { groups, stored }: Coordination<T>,
  { groupsNames }: DeleteGroupsRequest,
  to: T,
  turn: Turn<T>,
): void {
  const results = [...new Set(groupsNames)].map((groupId) => {
    const error = checkDelete(groups.get(groupId), stored.others.has(groupId));
    if (error === "NONE") {
      for (const { key } of eachOffset(groupId, stored.offsets.of(groupId))) {
        turn.writeApart(offsetTombstone(key));
      }
      turn.writeApart(groupTombstone(groupId));
      turn.say("group deleted", { group: groupId });
    }
    return { groupId, errorCode: errorCode(error) };
  });
  const refused = (error: ErrorName): InputOf<typeof DeleteGroupsResponse> => ({
    results: results.map((each) =>
      each.errorCode === 0 ? { ...each, errorCode: errorCode(error) } : each
    ),
  });
  turn.answer(to, { results }, refused);
}

function checkDelete<T>(group: ClassicGroup<T> | undefined, isOther: boolean): ErrorName {
  if (isOther) return "NON_EMPTY_GROUP"; // it may well be empty, but its records are not ours to judge
  if (group === undefined) return "GROUP_ID_NOT_FOUND";
  return group.state === "Empty" ? "NONE" : "NON_EMPTY_GROUP";
}
