/** AlterClientQuotas, DescribeClientQuotas, and what it is like to be limited. */
import { pause, type Scenario, type Side } from "../side.ts";

type Part = [type: string, name: string | null];
type Op = [key: string, value: number | null];

const entityOf = (parts: Part[]) =>
  parts.map(([entityType, entityName]) => ({ entityType, entityName }));
const opsOf = (ops: Op[]) =>
  ops.map(([key, value]) => ({ key, value: value ?? 0, remove: value === null }));

/** Parts and entities come in the order of hash maps. */
const inOrder = (entries: any[] | null | undefined) =>
  entries?.map((entry) => {
    const entity = entry.entity.toSorted((a: any, b: any) => a.entityType < b.entityType ? -1 : 1);
    const values = entry.values?.toSorted((a: any, b: any) => a.key < b.key ? -1 : 1);
    // JSON knows neither NaN nor Infinity.
    const told = values?.map(({ key, value }: any) => ({ key, value: String(value) }));
    return { ...entry, entity, ...(told === undefined ? {} : { values: told }) };
  }).toSorted((a, b) => JSON.stringify(a.entity) < JSON.stringify(b.entity) ? -1 : 1) ?? null;

type Entry = { entity: Part[]; ops: Op[] };

async function alter(side: Side, version: number, entries: Entry[], validateOnly = false) {
  const answer = await side.ask("AlterClientQuotas", version, {
    entries: entries.map(({ entity, ops }) => ({ entity: entityOf(entity), ops: opsOf(ops) })),
    validateOnly,
  });
  // Apache Kafka answers when it is decided, and shows it a moment later.
  if (answer.entries.some(({ errorCode }: any) => errorCode === 0)) await pause(30);
  return { ...answer, entries: inOrder(answer.entries) };
}

type Filter = [type: string, matchType: number, match?: string];
const EXACT = 0, DEFAULT = 1, ANY = 2;

async function describe(side: Side, version: number, filter: Filter[], strict = false) {
  const components = filter.map(([entityType, matchType, match = null]) => ({
    entityType,
    matchType,
    match,
  }));
  const answer = await side.ask("DescribeClientQuotas", version, { components, strict });
  return { ...answer, entries: inOrder(answer.entries) };
}

/** Takes back all limits of these entities. */
async function undo(side: Side, entities: Part[][]): Promise<void> {
  const keys = [
    "producer_byte_rate",
    "consumer_byte_rate",
    "request_percentage",
    "controller_mutation_rate",
  ];
  await alter(
    side,
    1,
    entities.map((entity) => ({
      entity,
      ops: (entity.some(([type]) => type === "ip") ? ["connection_creation_rate"] : keys)
        .map((key) => [key, null]),
    })),
  );
}

const filterOf = (entity: Part[]): Filter[] =>
  entity.filter(([, name]) => name !== "")
    .map(([type, name]) => name === null ? [type, DEFAULT] : [type, EXACT, name]);

/** One entity changes, and what it has then. */
const altering = (
  name: string,
  entity: (unique: string) => Part[],
  ops: Op[],
  more: { before?: Op[]; validateOnly?: boolean } = {},
): Scenario => ({
  api: "AlterClientQuotas",
  name,
  async play(side, version, unique) {
    const parts = entity(unique);
    try {
      if (more.before) await alter(side, version, [{ entity: parts, ops: more.before }]);
      return [
        await alter(side, version, [{ entity: parts, ops }], more.validateOnly),
        await describe(side, 1, filterOf(parts), true),
      ];
    } finally {
      await undo(side, [parts]);
    }
  },
});

const user = (unique: string): Part[] => [["user", unique]];
const P = "producer_byte_rate", C = "consumer_byte_rate";
const R = "request_percentage", M = "controller_mutation_rate", IP = "connection_creation_rate";

const VALUES = [0, -1, 0.5, 1.0000001, 1e-300, NaN, Infinity, -Infinity, 9.3e18, 2 ** 62];

const ALTER: Scenario[] = [
  altering("a user", user, [[P, 1000], [C, 2000], [R, 12.5], [M, 1.5]]),
  altering("a client id", (unique) => [["client-id", unique]], [[P, 1000], [C, 2000]]),
  altering("a user with a client id", (unique) => [["user", unique], ["client-id", "x"]], [[R, 5]]),
  altering("the other way round", (unique) => [["client-id", unique], ["user", "x"]], [[R, 5]]),
  altering("a user with the default client id", (unique) => [
    ["user", unique],
    ["client-id", null],
  ], [[P, 10]]),
  altering("the default user with a client id", (unique) => [
    ["client-id", unique],
    ["user", null],
  ], [[P, 10]]),
  altering("an address", () => [["ip", "127.0.7.1"]], [[IP, 10]]),
  altering("the default address", () => [["ip", null]], [[IP, 1_000_000]]),
  altering("the default user", () => [["user", null]], [[P, 1e12]]),
  altering("the default client id", () => [["client-id", null]], [[C, 1e12]]),
  altering("only validated", user, [[P, 10]], { validateOnly: true }),
  altering("only validated, and wrong", user, [["colour", 10]], { validateOnly: true }),
  altering("another value", user, [[P, 20]], { before: [[P, 10]] }),
  altering("the same value", user, [[P, 10]], { before: [[P, 10]] }),
  altering("removed", user, [[P, null]], { before: [[P, 10], [C, 5]] }),
  altering("all removed", user, [[P, null], [C, null]], { before: [[P, 10], [C, 5]] }),
  altering("removed, never set", user, [[P, null]]),
  altering("removed, a key that nobody has", user, [["colour", null]]),
  altering("removed, a key of addresses", user, [[IP, null]]),
  altering("no operation", user, []),
  altering("a key twice", user, [[P, 10], [P, 20]]),
  altering("set and removed", user, [[P, 10], [P, null]], { before: [[P, 5]] }),
  altering("a key that nobody has", user, [[P, 10], ["colour", 10]]),
  altering("a key of addresses", user, [[IP, 10]]),
  altering("a key of users, for an address", () => [["ip", "127.0.7.2"]], [[P, 10]]),
  altering("no entity", () => [], [[P, 10]]),
  altering("a kind of entity that nobody has", (unique) => [["group", unique]], [[P, 10]]),
  altering("such a kind, and a user", (unique) => [["group", unique], ["user", "x"]], [[P, 10]]),
  altering("an empty user", () => [["user", ""]], [[P, 10]]),
  altering("an empty client id", () => [["client-id", ""]], [[P, 10]]),
  altering("two users", (unique) => [["user", "gone"], ["user", unique]], [[P, 10]]),
  altering("an address with a user", (unique) => [["ip", "127.0.7.3"], ["user", unique]], [[
    IP,
    10,
  ]]),
  ...["localhost", "127.7", "2130708000", "::7", "[::7]", "fe80::7%eth0", "::ffff:1.2.3.4"].map((
    name,
  ) => altering(`the address ${name}`, () => [["ip", name]], [[IP, 10]])),
  ...["nowhere.invalid", "300.1.1.1", "127.0.0.1 ", "0x7f.1", "1.2.3.4.5", "4294967296", "a b"]
    .map((name) => altering(`no address: ${name}`, () => [["ip", name]], [[IP, 10]])),
  altering("an empty address", () => [["ip", ""]], [[IP, 10]]),
  ...[P, R].flatMap((key) =>
    VALUES.map((value) => altering(`${key} of ${value}`, user, [[key, value]]))
  ),
  altering("mutations and bytes of nothing", user, [[M, 0], [C, 0]]),
  ...[0, -1, 10.5, 3e9, 2 ** 31 - 1].map((value) =>
    altering(`${IP} of ${value}`, () => [["ip", "127.0.7.4"]], [[IP, value]])
  ),
  {
    api: "AlterClientQuotas",
    name: "several entities",
    async play(side, version, unique) {
      const entities: Part[][] = ["a", "b", "c"].map((each) => [["user", `${unique}-${each}`]]);
      const [a, b, c] = entities;
      try {
        return [
          await alter(side, version, [
            { entity: a, ops: [[P, 1]] },
            { entity: b, ops: [["colour", 1]] },
            { entity: c, ops: [[P, 3]] },
          ]),
          await alter(side, version, [
            { entity: a, ops: [[P, 7]] },
            { entity: a, ops: [[P, 8]] },
          ]),
          await alter(side, version, [
            { entity: b, ops: [["colour", 7]] },
            { entity: b, ops: [[P, 8]] },
          ]),
          await alter(side, version, []),
          await describe(side, 1, filterOf(a)),
          await describe(side, 1, filterOf(b)),
          await describe(side, 1, filterOf(c)),
        ];
      } finally {
        await undo(side, entities);
      }
    },
  },
];

/** A small world of entities, and filters over it. */
const describing = (
  name: string,
  filter: (unique: string) => Filter[],
  strict?: boolean,
): Scenario => ({
  api: "DescribeClientQuotas",
  name: strict ? `${name}, strictly` : name,
  async play(side, version, unique) {
    const entities: Part[][] = [
      [["user", unique]],
      [["user", `${unique}-2`]],
      [["user", unique], ["client-id", unique]],
      [["user", unique], ["client-id", null]],
      [["user", null], ["client-id", unique]],
      [["user", null]],
      [["client-id", unique]],
      [["client-id", null]],
      [["ip", "127.0.7.9"]],
      [["ip", null]],
    ];
    try {
      await alter(
        side,
        1,
        entities.map((entity) => ({
          entity,
          ops: entity[0][0] === "ip" ? [[IP, 1e6]] : [[P, 1e12], [R, 1e6]],
        })),
      );
      return await describe(side, version, filter(unique), strict);
    } finally {
      await undo(side, entities);
    }
  },
});

const FILTERS: [string, (unique: string) => Filter[]][] = [
  ["all", () => []],
  ["any user", () => [["user", ANY]]],
  ["one user", (unique) => [["user", EXACT, unique]]],
  ["the default user", () => [["user", DEFAULT]]],
  ["a user that is not there", () => [["user", EXACT, "nobody"]]],
  ["any client id", () => [["client-id", ANY]]],
  ["a user with any client id", (unique) => [["user", EXACT, unique], ["client-id", ANY]]],
  ["a user with a client id", (unique) => [["client-id", EXACT, unique], ["user", EXACT, unique]]],
  ["a user with the default client id", (unique) => [
    ["user", EXACT, unique],
    ["client-id", DEFAULT],
  ]],
  ["the default user with any client id", () => [["user", DEFAULT], ["client-id", ANY]]],
  ["any address", () => [["ip", ANY]]],
  ["one address", () => [["ip", EXACT, "127.0.7.9"]]],
  ["the default address", () => [["ip", DEFAULT]]],
  ["an address and a user", () => [["ip", ANY], ["user", ANY]]],
  ["a user twice", () => [["user", ANY], ["user", EXACT, "x"]]],
  ["a kind that nobody has", () => [["group", ANY]]],
  ["exactly nothing", () => [["user", EXACT]]],
  ["exactly an empty name", () => [["user", EXACT, ""]]],
  ["the default with a name", () => [["user", DEFAULT, "x"]]],
  ["any with a name", () => [["user", ANY, "x"]]],
  ["a match that nobody has", () => [["user", 3]]],
];

export const QUOTAS: Scenario[] = [
  ...ALTER,
  ...FILTERS.flatMap(([name, filter]) => [
    describing(name, filter),
    describing(name, filter, true),
  ]),
];
