/** Requests about access control, tokens and credentials, where nobody has to say who it is. */
import type { Scenario, Side } from "../side.ts";

const filter = {
  resourceTypeFilter: 2,
  resourceNameFilter: "x",
  patternTypeFilter: 3,
  principalFilter: null,
  hostFilter: null,
  operation: 1,
  permissionType: 1,
};
const entry = {
  resourceType: 2,
  resourceName: "x",
  resourcePatternType: 3,
  principal: "User:a",
  host: "*",
  operation: 3,
  permissionType: 3,
};

const acls = (api: "DescribeAcls" | "CreateAcls" | "DeleteAcls", name: string, body: object) => ({
  api,
  name,
  play: (side, version) => side.ask(api, version, body),
} as Scenario);

/** One field after the other that is of the kind "unknown", and then of one that nobody has. */
const kindsOf = (fields: readonly string[]) =>
  fields.flatMap((field) => [0, 99].map((kind) => ({ [field]: kind })));
const ofFilter = kindsOf([
  "resourceTypeFilter",
  "patternTypeFilter",
  "operation",
  "permissionType",
]);
const ofEntry = kindsOf(["resourceType", "resourcePatternType", "operation", "permissionType"]);

const bytes = (size: number) => new Uint8Array(size).fill(7);
const credential = {
  name: "",
  mechanism: 1,
  iterations: 4096,
  salt: bytes(16),
  saltedPassword: bytes(32),
};

/** What was altered before shows: one more credential is made, described, and removed. */
async function untilReplayed(side: Side, version: number, name: string): Promise<void> {
  const upsertions = [{ ...credential, name }];
  await side.ask("AlterUserScramCredentials", version, { deletions: [], upsertions });
  await side.until(async () => {
    const { results } = await side.ask("DescribeUserScramCredentials", 0, { users: [{ name }] });
    return results[0].errorCode === 0;
  });
  const deletions = [{ name, mechanism: credential.mechanism }];
  await side.ask("AlterUserScramCredentials", version, { deletions, upsertions: [] });
}

/** Alters credentials of users of its own, shows them, and removes them again. */
const scram = (
  name: string,
  steps: (user: string) => { deletions?: object[]; upsertions?: object[] }[],
): Scenario => ({
  api: "AlterUserScramCredentials",
  name,
  async play(side, version, user) {
    const answers = [];
    for (const step of steps(user)) {
      answers.push(
        await side.ask("AlterUserScramCredentials", version, {
          deletions: [],
          upsertions: [],
          ...step,
        }),
      );
    }
    const users = [user, `${user}-too`].map((name) => ({ name }));
    await untilReplayed(side, version, `${user}-last`);
    const seen = await side.ask("DescribeUserScramCredentials", 0, { users });
    for (const { user, credentialInfos } of seen.results) {
      for (const { mechanism } of credentialInfos) {
        const deletions = [{ name: user, mechanism }];
        await side.ask("AlterUserScramCredentials", version, { deletions, upsertions: [] });
      }
    }
    return [answers, seen];
  },
});

export const SECURITY: Scenario[] = [
  acls("DescribeAcls", "without an authorizer", filter),
  ...ofFilter.map((kind) => acls("DescribeAcls", JSON.stringify(kind), { ...filter, ...kind })),
  acls("CreateAcls", "without an authorizer", { creations: [entry, entry] }),
  acls("CreateAcls", "none", { creations: [] }),
  acls("CreateAcls", "of a principal without a type", {
    creations: [{ ...entry, principal: "a" }],
  }),
  ...ofEntry.map((kind) =>
    acls("CreateAcls", JSON.stringify(kind), { creations: [entry, { ...entry, ...kind }] })
  ),
  acls("DeleteAcls", "without an authorizer", { filters: [filter, filter] }),
  acls("DeleteAcls", "none", { filters: [] }),
  ...ofFilter.map((kind) =>
    acls("DeleteAcls", JSON.stringify(kind), { filters: [filter, { ...filter, ...kind }] })
  ),

  {
    api: "CreateDelegationToken",
    name: "for whoever asks",
    play: (side, version) =>
      side.ask("CreateDelegationToken", version, {
        ...(version >= 3 ? { ownerPrincipalType: null, ownerPrincipalName: null } : {}),
        renewers: [],
        maxLifetimeMs: -1,
      }),
  },
  ...[["User", "x"], ["User", ""], ["", "x"], ["Bot", "x"]].map(([type, owner]): Scenario => ({
    api: "CreateDelegationToken",
    name: `for the owner "${type}:${owner}"`,
    since: 3,
    play: (side, version) =>
      side.ask("CreateDelegationToken", version, {
        ownerPrincipalType: type,
        ownerPrincipalName: owner,
        renewers: [{ principalType: "User", principalName: "b" }],
        maxLifetimeMs: 1,
      }),
  })),
  {
    api: "RenewDelegationToken",
    name: "one that is not there",
    play: (side, version) =>
      side.ask("RenewDelegationToken", version, { hmac: bytes(3), renewPeriodMs: -1 }),
  },
  {
    api: "ExpireDelegationToken",
    name: "one that is not there",
    play: (side, version) =>
      side.ask("ExpireDelegationToken", version, { hmac: bytes(3), expiryTimePeriodMs: -1 }),
  },
  ...[null, [], [{ principalType: "User", principalName: "b" }]].map((owners): Scenario => ({
    api: "DescribeDelegationToken",
    name: `of ${owners === null ? "all owners" : owners.length === 0 ? "no owner" : "one owner"}`,
    play: (side, version) => side.ask("DescribeDelegationToken", version, { owners }),
  })),

  ...[null, []].map((users): Scenario => ({
    api: "DescribeUserScramCredentials",
    name: users === null ? "of all users" : "of no user, which is all",
    play: (side, version) => side.ask("DescribeUserScramCredentials", version, { users }),
  })),
  {
    api: "DescribeUserScramCredentials",
    name: "of users without, of one twice, of one without a name",
    play: (side, version) =>
      side.ask("DescribeUserScramCredentials", version, {
        users: ["a", "twice", "twice", ""].map((name) => ({ name })),
      }),
  },
  scram("set and set again", (name) => [
    { upsertions: [{ ...credential, name }, { ...credential, name: `${name}-too` }] },
    { upsertions: [{ ...credential, name, iterations: 16_384 }] },
    { upsertions: [{ ...credential, name, mechanism: 2, saltedPassword: bytes(64) }] },
  ]),
  scram("set and removed", (name) => [
    { upsertions: [{ ...credential, name }] },
    { deletions: [{ name, mechanism: 1 }] },
    { deletions: [{ name, mechanism: 1 }] },
  ]),
  scram("removed in the other mechanism", (name) => [
    { upsertions: [{ ...credential, name }] },
    { deletions: [{ name, mechanism: 2 }] },
  ]),
  scram("one user twice", (name) => [
    { upsertions: [{ ...credential, name }, { ...credential, name, mechanism: 2 }] },
    { upsertions: [{ ...credential, name }] },
    { deletions: [{ name, mechanism: 1 }], upsertions: [{ ...credential, name }] },
    { deletions: [{ name, mechanism: 2 }], upsertions: [{ ...credential, name }] },
  ]),
  scram("one bad and one good user", (name) => [
    {
      upsertions: [
        { ...credential, name, iterations: 1 },
        { ...credential, name: `${name}-too` },
      ],
    },
  ]),
  ...Object.entries({
    "too few iterations": { iterations: 4095 },
    "too many iterations": { iterations: 16_385 },
    "no name": { name: "", iterations: 1, mechanism: 9 },
    "no mechanism": { mechanism: 0 },
    "a mechanism that nobody has": { mechanism: 9, iterations: 1 },
    "a password that is too short": { saltedPassword: bytes(3) },
    "no salt": { salt: bytes(0) },
    "no password": { saltedPassword: bytes(0) },
  }).map(([what, more]) =>
    scram(`with ${what}`, (name) => [{ upsertions: [{ ...credential, name, ...more }] }])
  ),
  scram("removals that make no sense", (name) => [{
    deletions: [{ name: "", mechanism: 1 }, { name, mechanism: 9 }, {
      name: `${name}-too`,
      mechanism: 1,
    }],
  }]),
  scram("nothing", () => [{}]),
];
