/** What ApiVersions lists: all that is in a table of APIs, as far as it is advertised. */
import type { Message } from "../protocol/mod.ts";
import type { Api } from "./api.ts";

export const advertisedOf = <N>(apis: readonly Api<Message, Message, N>[], node: N) =>
  apis
    .filter(({ isAdvertised }) => isAdvertised === undefined || isAdvertised(node))
    .map(({ key, versions, advertised = versions }) => ({
      apiKey: key,
      minVersion: advertised[0],
      maxVersion: advertised[1],
    }));
