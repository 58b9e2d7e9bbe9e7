/**
 * Tables for people: columns as wide as their widest cell, numbers to the right, nothing drawn
 * around.
 */

export interface Column<Row> {
  title: string;
  cell(row: Row): string | number | undefined | null;
  align?: "left" | "right";
}

/** The table as text with a line end; `(none)` in place of rows when there are none. */
export function renderTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const cells = rows.map((row) => columns.map((column) => printable(column.cell(row))));
  const widths = columns.map((column, at) =>
    Math.max(widthOf(column.title), ...cells.map((line) => widthOf(line[at])))
  );
  const isRight = columns.map((column, at) =>
    column.align ? column.align === "right" : rows.length > 0 && rows.every((row) => {
      const value = column.cell(row);
      return typeof value === "number" || (value ?? "") === "";
    }) && cells.some((line) => line[at] !== "")
  );
  const line = (texts: string[]) =>
    texts.map((text, at) => pad(text, widths[at], isRight[at])).join("  ").trimEnd();
  const lines = [line(columns.map((column) => column.title)), ...cells.map(line)];
  if (rows.length === 0) lines.push("(none)");
  return lines.join("\n") + "\n";
}

/** Names and values under each other, for one thing with many facts. */
export function renderFacts(facts: Record<string, string | number | undefined>): string {
  const entries = Object.entries(facts).filter(([, value]) => value !== undefined);
  const width = Math.max(...entries.map(([name]) => widthOf(name)));
  return entries.map(([name, value]) => `${pad(name, width, false)}  ${printable(value)}\n`).join(
    "",
  );
}

function printable(value: string | number | undefined | null): string {
  return withoutControls(String(value ?? ""));
}

/**
 * Names and values come from a cluster that anyone may write to: what would steer the terminal is
 * shown, not sent.
 */
export function withoutControls(text: string): string {
  return text.replace(
    // deno-lint-ignore no-control-regex
    /[\u0000-\u001f\u007f-\u009f]/g,
    (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}

/** Columns a text takes: wide East Asian letters and most emoji take two, combining marks none. */
export function widthOf(text: string): number {
  let width = 0;
  for (const char of text) {
    if (/\p{Mark}/u.test(char)) continue;
    width +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]|\p{Emoji_Presentation}/u
          .test(char)
        ? 2
        : 1;
  }
  return width;
}

function pad(text: string, width: number, toRight: boolean): string {
  const space = " ".repeat(Math.max(0, width - widthOf(text)));
  return toRight ? space + text : text + space;
}
