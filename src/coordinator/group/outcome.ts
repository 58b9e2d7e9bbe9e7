/** What decisions about groups come to, and the answers that there are; see `../outcome.ts`. */
import type {
  DeleteGroupsResponse,
  DescribeGroupsResponse,
  HeartbeatResponse,
  InputOf,
  JoinGroupResponse,
  LeaveGroupResponse,
  ListGroupsResponse,
  OffsetCommitResponse,
  OffsetDeleteResponse,
  OffsetFetchResponse,
  SyncGroupResponse,
} from "../../protocol/mod.ts";
import {
  type Outcome as CoordinatorOutcome,
  type Reply as CoordinatorReply,
  Turn as CoordinatorTurn,
} from "../outcome.ts";

/** One group's part of an OffsetFetch answer, as version 8 and later have it. */
export type OffsetFetchGroupResponse = NonNullable<
  InputOf<typeof OffsetFetchResponse>["groups"]
>[number];

/** In the newest shape; the encoder drops what an older version lacks. */
export type GroupResponse =
  | InputOf<typeof JoinGroupResponse>
  | InputOf<typeof SyncGroupResponse>
  | InputOf<typeof HeartbeatResponse>
  | InputOf<typeof LeaveGroupResponse>
  | InputOf<typeof OffsetCommitResponse>
  | OffsetFetchGroupResponse
  | InputOf<typeof DescribeGroupsResponse>
  | InputOf<typeof ListGroupsResponse>
  | InputOf<typeof DeleteGroupsResponse>
  | InputOf<typeof OffsetDeleteResponse>;

export type Reply<To> = CoordinatorReply<To, GroupResponse>;
export type Outcome<To> = CoordinatorOutcome<To, GroupResponse>;
export type Turn<To> = CoordinatorTurn<To, GroupResponse>;
export const Turn: new <To>(now: number) => Turn<To> = CoordinatorTurn;
