/**
 * DescribeUserScramCredentials, key 50: which SCRAM credentials users have, never the credentials
 * themselves (KIP-554).
 *
 * Served 0. No listener asks for credentials yet; they are kept for the day when one does.
 */
import { repeated } from "../../base/mod.ts";
import {
  DescribeUserScramCredentialsRequest,
  DescribeUserScramCredentialsResponse,
  errorCode,
  type InputOf,
} from "../../protocol/mod.ts";
import { defineSharedApi } from "../api.ts";
import { errorFields } from "../errors.ts";

type Response = InputOf<typeof DescribeUserScramCredentialsResponse>;
type Result = NonNullable<Response["results"]>[number];
type Credential = NonNullable<Result["credentialInfos"]>[number];

export const describeUserScramCredentials = defineSharedApi({
  key: 50,
  name: "DescribeUserScramCredentials",
  request: DescribeUserScramCredentialsRequest,
  response: DescribeUserScramCredentialsResponse,
  versions: [0, 0],

  handle({ users }, _context, broker) {
    const known = new Map<string, Credential[]>();
    for (const { name, mechanism, iterations } of broker.image().scram.values()) {
      known.set(name, [...known.get(name) ?? [], { mechanism, iterations }]);
    }
    const asked = (users ?? []).map(({ name }) => name);
    const repeatedNames = repeated(asked);
    const names = asked.length > 0 ? new Set(asked) : known.keys();
    const results = [...names].map((user): Result => {
      if (repeatedNames.has(user)) {
        const errorMessage = `Cannot describe credentials of "${user}": the request names it twice`;
        return { user, errorCode: errorCode("DUPLICATE_RESOURCE"), errorMessage };
      }
      const credentialInfos = known.get(user);
      if (credentialInfos !== undefined) return { user, errorMessage: "", credentialInfos };
      const errorMessage = `Cannot describe credentials of "${user}": there are none`;
      return { user, errorCode: errorCode("RESOURCE_NOT_FOUND"), errorMessage };
    });
    return { errorMessage: "", results };
  },

  failed: ({ users }, error) => ({
    ...errorFields(error),
    results: (users ?? []).map(({ name }) => ({ user: name, ...errorFields(error) })),
  }),
});
