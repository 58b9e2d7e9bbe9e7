/**
 * FetchSnapshot, key 59: a piece of a snapshot of the metadata log (KIP-630), for who was left behind.
 *
 * Served 0 to 1.
 *
 * | v | adds |
 * | --- | --- |
 * | 1 | the replica's directory, and where the leader is (KIP-853) |
 */
import { errorCode, FetchSnapshotRequest, FetchSnapshotResponse } from "../../protocol/mod.ts";
import { defineControllerApi } from "../api.ts";

export const fetchSnapshot = defineControllerApi({
  key: 59,
  name: "FetchSnapshot",
  request: FetchSnapshotRequest,
  response: FetchSnapshotResponse,
  versions: [0, 1],

  handle: (request, { version }, node) => node.quorum.fetchSnapshot(request, version),

  failed: (_request, error) => ({ errorCode: errorCode(error.error) }),
});
