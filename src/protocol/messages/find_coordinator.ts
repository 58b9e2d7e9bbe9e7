/**
 * FindCoordinator, key 10: finds the broker that coordinates a group (type 0), a transactional id
 * (1) or a share group's partition (2). Many keys in one request since version 4 (KIP-699).
 */
import { array, int16, int32, int8, nullable, string, struct } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** Keys to find the coordinators of. */
export const FindCoordinatorRequest = message({
  name: "FindCoordinatorRequest",
  apiKey: 10,
  listeners: ["broker"],
  versions: [0, 6],
  flexibleFrom: 3,
  fields: {
    key: string({ until: 3 }),
    keyType: int8({ since: 1 }),
    coordinatorKeys: array(string(), { since: 4 }),
  },
});
export type FindCoordinatorRequest = ValueOf<typeof FindCoordinatorRequest>;

/** The coordinators. */
export const FindCoordinatorResponse = message({
  name: "FindCoordinatorResponse",
  apiKey: 10,
  versions: [0, 6],
  flexibleFrom: 3,
  fields: {
    throttleTimeMs: int32({ since: 1, ignorable: true }),
    errorCode: int16({ until: 3 }),
    errorMessage: nullable(string(), { since: 1, until: 3, ignorable: true }),
    nodeId: int32({ until: 3 }),
    host: string({ until: 3 }),
    port: int32({ until: 3 }),
    coordinators: array(
      struct({
        key: string(),
        nodeId: int32(),
        host: string(),
        port: int32(),
        errorCode: int16(),
        errorMessage: nullable(string()),
      }),
      { since: 4 },
    ),
  },
});
export type FindCoordinatorResponse = ValueOf<typeof FindCoordinatorResponse>;
