import { strictEqual } from "node:assert/strict";
import { renderFacts, renderTable, withoutControls } from "../../src/cli/table.ts";

interface Row {
  name: string;
  count?: number;
}
const columns = [
  { title: "NAME", cell: ({ name }: Row) => name },
  { title: "COUNT", cell: ({ count }: Row) => count },
];

Deno.test("Columns are as wide as their widest cell, and numbers stand to the right", () => {
  const table = renderTable(columns, [{ name: "orders", count: 3 }, {
    name: "x",
    count: 12345678,
  }]);
  strictEqual(table, "NAME       COUNT\norders         3\nx       12345678\n");
});

Deno.test("A table without rows says so", () => {
  strictEqual(renderTable(columns, []), "NAME  COUNT\n(none)\n");
});

Deno.test("Wide letters take two columns and combining marks none", () => {
  const table = renderTable(columns, [{ name: "日本", count: 1 }, { name: "e\u0301", count: 2 }]);
  strictEqual(table, "NAME  COUNT\n日本      1\ne\u0301         2\n");
});

Deno.test("What would steer the terminal is shown", () => {
  strictEqual(withoutControls("a\x1b[2Jb\n"), "a\\x1b[2Jb\\x0a");
  strictEqual(
    renderFacts({ Topic: "a\x07", Id: undefined, Replicas: 1 }),
    "Topic     a\\x07\nReplicas  1\n",
  );
});
