import { deepStrictEqual, throws } from "node:assert/strict";
import { type Flags, parseFlags } from "../../src/cli/flags.ts";
import { UsageError } from "../../src/cli/io.ts";

const FLAGS = {
  brokers: { type: "string", help: "", default: "127.0.0.1:9092", env: "STREAMER_BROKERS" },
  from: { type: "string", help: "" },
  json: { type: "boolean", help: "" },
  live: { type: "boolean", help: "", default: true },
  most: { type: "integer", help: "", short: "n", min: 1, max: 10 },
  every: { type: "duration", help: "" },
  room: { type: "size", help: "" },
  header: { type: "string", help: "", multiple: true },
  acks: { type: "string", help: "", choices: ["all", "1", "0"] },
} as const satisfies Flags;

const understood: [string, Record<string, unknown>, string[]][] = [
  ["", {}, []],
  ["orders --json", { json: true }, ["orders"]],
  ["--from -5m", { from: "-5m" }, []], // a value may begin with a dash
  ["--from=-5m x", { from: "-5m" }, ["x"]],
  ["--no-live", { live: false }, []],
  ["--live=false", { live: false }, []],
  ["-n 3", { most: 3 }, []],
  ["-n3", { most: 3 }, []],
  ["--every 1.5s --room 4KiB", { every: 1500, room: 4096 }, []],
  ["--header a=b --header c=d", { header: ["a=b", "c=d"] }, []],
  ["--acks 1", { acks: "1" }, []],
  ["a -- --json", {}, ["a", "--json"]],
];

const words = (line: string) => line.split(" ").filter((word) => word !== "");

for (const [line, changed, positionals] of understood) {
  Deno.test(`"${line}" is understood`, () => {
    const parsed = parseFlags(FLAGS, words(line));
    const filled = {
      brokers: "127.0.0.1:9092",
      from: undefined,
      json: false,
      live: true,
      most: undefined,
      every: undefined,
      room: undefined,
      header: [],
      acks: undefined,
    };
    deepStrictEqual(parsed.values, { ...filled, ...changed });
    deepStrictEqual(parsed.positionals, positionals);
    deepStrictEqual([...parsed.given].sort(), Object.keys(changed).sort());
  });
}

const refused: [string, RegExp, RegExp?][] = [
  ["--jsn", /^Unknown flag --jsn$/, /Did you mean --json\?/],
  ["--xyzzy", /^Unknown flag --xyzzy$/],
  ["--from", /^--from needs a value$/],
  ["--json=maybe", /^--json takes no value/],
  ["--no-from", /--from takes a value/],
  ["-n 0", /^--most cannot be 0: it must be from 1 to 10$/],
  ["-n 1.5", /it is a whole number$/],
  ["--every soon", /it is a duration like/],
  ["--room big", /it is a size like/],
  ["--acks al", /it is one of all, 1, 0$/, /Did you mean all\?/],
  ["--from a --from b", /given 2 times/],
];
for (const [line, message, hint] of refused) {
  Deno.test(`"${line}" is refused with what is wrong`, () => {
    throws(() => parseFlags(FLAGS, words(line)), (error: unknown) => {
      const { message: text, hint: help } = error as UsageError;
      return error instanceof UsageError && message.test(text) && (!hint || hint.test(help ?? ""));
    });
  });
}

Deno.test("A flag that is not given comes from its environment variable, then from its default", () => {
  const env = (value?: string) => () => value;
  deepStrictEqual(parseFlags(FLAGS, [], env("pi:9092")).values.brokers, "pi:9092");
  deepStrictEqual(parseFlags(FLAGS, ["--brokers", "a:1"], env("pi:9092")).values.brokers, "a:1");
  deepStrictEqual(parseFlags(FLAGS, [], env("")).values.brokers, "127.0.0.1:9092");
});

Deno.test("A required flag that is missing is asked for", () => {
  const table = { topic: { type: "string", help: "", required: true } } as const satisfies Flags;
  throws(() => parseFlags(table, []), /--topic is missing/);
});
