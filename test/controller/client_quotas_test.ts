/** AlterClientQuotas: what is written, what is refused, and that nothing is written for nothing. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { AlterClientQuotasRequest, errorName, withDefaults } from "../../src/protocol/mod.ts";
import { TestCluster } from "./kit.ts";

type Op = { key: string; value?: number; remove?: boolean };

function alter(cluster: TestCluster, entries: [Record<string, string | null>, Op[]][], more = {}) {
  const request = withDefaults(AlterClientQuotasRequest, {
    entries: entries.map(([entity, ops]) => ({
      entity: Object.entries(entity).map(([entityType, entityName]) => ({
        entityType,
        entityName,
      })),
      ops,
    })),
    ...more,
  });
  const decision = cluster.controller.alterClientQuotas(request, (name) => name === "known.host");
  cluster.commit(decision);
  return {
    errors: decision.response.entries.map(({ errorCode }) => errorName(errorCode)),
    written: decision.records.length,
  };
}

const limitsOf = (cluster: TestCluster) =>
  [...cluster.image.clientQuotas.values()].map(({ limits }) => Object.fromEntries(limits));

Deno.test("A limit is written once, changed, and gone with its removal", () => {
  const cluster = new TestCluster();
  const user = { user: "alice" };
  const set = (value: number) => alter(cluster, [[user, [{ key: "producer_byte_rate", value }]]]);
  deepStrictEqual(set(10), { errors: ["NONE"], written: 1 });
  deepStrictEqual(set(10), { errors: ["NONE"], written: 0 });
  deepStrictEqual(set(20), { errors: ["NONE"], written: 1 });
  deepStrictEqual(limitsOf(cluster), [{ producer_byte_rate: 20 }]);
  alter(cluster, [[user, [{ key: "producer_byte_rate", remove: true }]]]);
  strictEqual(cluster.image.clientQuotas.size, 0);
});

Deno.test("Only validated, nothing is written", () => {
  const cluster = new TestCluster();
  const op = { key: "request_percentage", value: 5 };
  const { written, errors } = alter(cluster, [[{ user: null }, [op]]], { validateOnly: true });
  deepStrictEqual([written, errors], [0, ["NONE"]]);
});

Deno.test("Of an entity's changes one that is wrong keeps all of them out", () => {
  const cluster = new TestCluster();
  const ops = [{ key: "producer_byte_rate", value: 5 }, { key: "colour", value: 5 }];
  const other = [{ key: "consumer_byte_rate", value: 5 }];
  const { written, errors } = alter(cluster, [[{ user: "a" }, ops], [{ user: "b" }, other]]);
  deepStrictEqual([written, errors], [1, ["INVALID_REQUEST", "NONE"]]);
});

Deno.test("A name stands for an address where somebody knows it", () => {
  const cluster = new TestCluster();
  const ops = [{ key: "connection_creation_rate", value: 5 }];
  const names = ["known.host", "unknown.host", "127.1", "::1", "1.2.3.4.5", null];
  const { errors } = alter(cluster, names.map((ip) => [{ ip }, ops]));
  const refused = "INVALID_REQUEST";
  deepStrictEqual(errors, ["NONE", refused, "NONE", "NONE", refused, "NONE"]);
});
