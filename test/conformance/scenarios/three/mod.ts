/** What is played on three nodes of each side. */
import type { Scenario } from "../../side.ts";
import { CONTROLLERS } from "./controllers.ts";
import { CREATION } from "./creation.ts";
import { DESCRIPTIONS } from "./descriptions.ts";
import { ELECTIONS } from "./elections.ts";
import { FOLLOWER_FETCH } from "./follower_fetch.ts";
import { THREE_GROUPS } from "./groups.ts";
import { LIVES } from "./lives.ts";
import { ONE_STOPPED } from "./one_stopped.ts";
import { HELD_REASSIGNMENTS, REASSIGNMENTS } from "./reassignments.ts";
import { WRONG_NODE } from "./wrong_node.ts";

export const THREE: readonly Scenario[] = [
  ...DESCRIPTIONS,
  ...WRONG_NODE,
  ...CREATION,
  ...ELECTIONS,
  ...FOLLOWER_FETCH,
  ...THREE_GROUPS,
  ...REASSIGNMENTS,
  ...CONTROLLERS,
  ...HELD_REASSIGNMENTS,
  ...ONE_STOPPED,
  ...LIVES,
];
