import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { Deadlines } from "../../../src/coordinator/group/deadlines.ts";
import { MAX_PENDING_MEMBERS } from "../../../src/coordinator/group/join.ts";
import { chooseProtocol, commonProtocols } from "../../../src/coordinator/group/protocol_choice.ts";
import { subscribedTopics } from "../../../src/coordinator/group/subscription.ts";
import { SeededRandom } from "../../../src/platform/memory/mod.ts";
import { ERRORS, JoinGroupRequest } from "../../../src/protocol/mod.ts";
import { forEachSeed } from "../../kit/seeds.ts";
import { Driver } from "./driver.ts";
import { full, subscription } from "./requests.ts";

Deno.test("A client that only ever asks for member ids is refused in the end, and heard again later", () => {
  let ids = 0;
  const codes = new Map<number, number>();
  const driver = new Driver<null>(
    { newMemberId: (prefix) => `${prefix}-${++ids}` },
    (_outcome, sent) => {
      for (const { response } of sent) {
        const { errorCode } = response as { errorCode: number };
        codes.set(errorCode, (codes.get(errorCode) ?? 0) + 1);
      }
    },
  );
  const protocols = [{ name: "range", metadata: subscription(["orders"]) }];
  const request = full(JoinGroupRequest, {
    groupId: "g",
    memberId: "",
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 10_000,
    protocolType: "consumer",
    protocols,
  });
  const join = () => {
    const context = { now: driver.now, clientId: "c", clientHost: "/10.0.0.1" };
    driver.carryOut(driver.coordinator.joinGroup(request, 9, context, null));
  };
  for (let i = 0; i < MAX_PENDING_MEMBERS + 5; i++) join();
  driver.advance(10_000);
  join();
  const { code: required } = ERRORS.MEMBER_ID_REQUIRED;
  const { code: tooMany } = ERRORS.GROUP_MAX_SIZE_REACHED;
  deepStrictEqual([...codes], [[required, MAX_PENDING_MEMBERS + 1], [tooMany, 5]]);
});

const member = (names: string) => ({
  protocols: names.split(",").map((name) => ({ name, metadata: new Uint8Array(0) })),
});

// What members list, favourite first; what is chosen.
const choices: [members: string[], chosen: string | undefined][] = [
  [[], undefined],
  [["range"], "range"],
  [["range,sticky", "sticky,range"], "range"], // a draw: the first vote counts
  [["range,sticky", "sticky,range", "sticky,range"], "sticky"],
  [["new,range", "range", "new,range"], "range"], // what one does not know is no choice
  [["a,b,c", "b,c,a", "c,b,a", "c,a,b"], "c"],
  [["a", "b"], undefined],
];
for (const [members, chosen] of choices) {
  Deno.test(`Members that list ${members.join(" | ") || "nothing"} use ${chosen}`, () => {
    strictEqual(chooseProtocol(members.map(member)), chosen);
  });
}

Deno.test("Common protocols come in the order of who asks", () => {
  const common = commonProtocols(member("c,x,a,b").protocols, [member("a,b,c"), member("c,b")]);
  deepStrictEqual(common, ["c", "b"]);
});

Deno.test("Subscribed topics are those of all members, whatever version they write", () => {
  const future = subscription(["bills"]);
  future[1] = 99; // a version that we do not know; it begins like those that we do
  const padded = new Uint8Array([...future, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
  const topics = subscribedTopics([subscription(["orders", "bills"]), padded]);
  deepStrictEqual([...topics!].sort(), ["bills", "orders"]);
});

Deno.test("A subscription that can't be read may be to any topic", () => {
  strictEqual(
    subscribedTopics([subscription(["orders"]), new Uint8Array([0, 0, 0, 0, 0])]),
    undefined,
  );
  strictEqual(subscribedTopics([new Uint8Array(0)]), undefined);
});

Deno.test("Deadlines come up in order, each once, at the time that was set last", () =>
  forEachSeed(50, (seed) => {
    const random = new SeededRandom(seed);
    const deadlines = new Deadlines<string>();
    const expected = new Map<string, number>();
    let now = 0;
    for (let step = 0; step < 500; step++) {
      const key = `k${random.int(20)}`;
      const what = random.int(10);
      if (what < 6) {
        const at = now + random.int(50);
        deadlines.set(key, at, key);
        expected.set(key, at);
      } else if (what < 7) {
        deadlines.cancel(key);
        expected.delete(key);
      } else {
        now += random.int(10);
        for (let taken; (taken = deadlines.takeDue(now)) !== undefined;) {
          strictEqual(expected.get(taken)! <= now, true, `${taken} is due`);
          strictEqual(expected.get(taken), Math.min(...expected.values()), `${taken} is first`);
          expected.delete(taken);
        }
      }
      const next = expected.size === 0 ? undefined : Math.min(...expected.values());
      strictEqual(deadlines.next(), next);
      strictEqual(deadlines.size, expected.size);
    }
  }));
