/**
 * AlterUserScramCredentials, key 51: asks the controller to set and remove SCRAM credentials
 * (KIP-554, KIP-900).
 *
 * Served 0. All changes of one user succeed or fail together.
 */
import {
  AlterUserScramCredentialsRequest,
  AlterUserScramCredentialsResponse,
} from "../../protocol/mod.ts";
import { defineSharedApi } from "../api.ts";
import { errorFields } from "../errors.ts";

export const alterUserScramCredentials = defineSharedApi({
  key: 51,
  name: "AlterUserScramCredentials",
  request: AlterUserScramCredentialsRequest,
  response: AlterUserScramCredentialsResponse,
  versions: [0, 0],

  handle: (request, context, { controller }) =>
    controller.alterUserScramCredentials(request, context),

  failed({ deletions, upsertions }, error) {
    const users = new Set([...deletions, ...upsertions].map(({ name }) => name));
    return { results: [...users].map((user) => ({ user, ...errorFields(error) })) };
  },
});
