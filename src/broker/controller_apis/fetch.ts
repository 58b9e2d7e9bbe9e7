/**
 * Fetch, key 1, on the controllers' listener: voters and observers follow the metadata log by it
 * (KIP-595), and by the offset that they ask for say what they have on disk. Nothing else can be
 * fetched from a controller.
 *
 * Served 12 to 18.
 *
 * | v | adds |
 * | --- | --- |
 * | 13 | the topic by its id |
 * | 15 | who asks as a field of its own (KIP-903) |
 * | 16 | where the leader is (KIP-951) |
 * | 17 | the replica's directory (KIP-853) |
 * | 18 | the high watermark that the replica knows (KIP-1166) |
 */
import { errorCode, FetchRequest, FetchResponse } from "../../protocol/mod.ts";
import { defineControllerApi } from "../api.ts";

export const fetchMetadata = defineControllerApi({
  key: 1,
  name: "Fetch",
  request: FetchRequest,
  response: FetchResponse,
  versions: [12, 18],

  handle: (request, { version }, node) => node.quorum.fetch(request, version),

  failed: (_request, error) => ({ errorCode: errorCode(error.error) }),
});
