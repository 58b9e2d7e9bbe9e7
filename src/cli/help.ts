/** What `--help` prints, all of it made from the tables of commands and flags. */
import { formatDuration } from "../base/mod.ts";
import type { Command, CommandEntry, CommandGroup } from "./command.ts";
import { type Flag, type Flags, placeholderOf } from "./flags.ts";
import { widthOf } from "./table.ts";

const EXAMPLES = [
  ["streamer demo", "a broker, a camera and a live picture in the browser"],
  ["streamer serve", "a broker on 127.0.0.1:9092"],
  ["streamer topic create orders", "a place for records"],
  ["echo hello | streamer produce orders", "write a record"],
  ["streamer consume orders --from beginning", "read them all, then wait for more"],
] as const;

export function renderMainHelp(entries: readonly CommandEntry[], columns: number): string {
  const sections = [...new Set(entries.map((entry) => entry.section))];
  const lists = sections.map((section) =>
    heading(section) + renderPairs(
      entries.filter((entry) => entry.section === section).map((
        { name, summary },
      ) => [name, summary]),
      columns,
    )
  );
  return `streamer: a Kafka-compatible streaming platform in one program

Usage: streamer COMMAND [flags]

${lists.join("\n")}
${heading("Examples")}${renderPairs(EXAMPLES, columns)}
"streamer COMMAND --help" tells more of each. Every command but serve, demo and metrics works against any Kafka.
`;
}

export function renderGroupHelp(group: CommandGroup, columns: number): string {
  const pairs = group.commands.map(({ name, summary }) =>
    [name.split(" ").at(-1)!, summary] as const
  );
  const examples = group.commands.flatMap(({ examples }) => examples.slice(0, 1));
  return `streamer ${group.name}: ${group.summary}

Usage: streamer ${group.name} COMMAND [flags]

${heading("Commands")}${renderPairs(pairs, columns)}
${heading("Examples")}${renderPairs(examples, columns)}`;
}

export function renderCommandHelp(command: Command, columns: number): string {
  const parts = [
    `streamer ${command.name}: ${command.summary}\n`,
    `Usage: streamer ${command.name} ${command.usage ?? "[flags]"}\n`,
  ];
  if (command.description) parts.push(wrap(command.description, columns) + "\n");
  parts.push(heading("Flags") + renderFlags(command.flags, columns));
  if (command.examples.length > 0) {
    parts.push(heading("Examples") + renderPairs(command.examples, columns));
  }
  return parts.join("\n");
}

function renderFlags(flags: Flags, columns: number): string {
  const pairs = Object.entries(flags)
    .filter(([, flag]) => !flag.hidden)
    .map(([name, flag]) => [flagLabel(name, flag), flagHelp(flag)] as const);
  return renderPairs([...pairs, ["-h, --help", "Show this"]], columns);
}

function flagLabel(name: string, flag: Flag): string {
  const negatable = flag.type === "boolean" && flag.default === true;
  const long = negatable ? `--[no-]${name}` : `--${name}`;
  const placeholder = placeholderOf(flag);
  return `${flag.short ? `-${flag.short}, ` : "    "}${long}${
    placeholder ? ` ${placeholder}` : ""
  }`;
}

function flagHelp(flag: Flag): string {
  const shown = (value: string | number | boolean) =>
    flag.type === "duration" && typeof value === "number" ? formatDuration(value) : String(value);
  const notes: string[] = [];
  if (flag.required) notes.push("required");
  if (flag.default !== undefined && flag.default !== false && flag.default !== "") {
    notes.push(`default ${shown(flag.default)}`);
  }
  if (flag.min !== undefined && flag.max !== undefined) {
    notes.push(`${shown(flag.min)} to ${shown(flag.max)}`);
  } else if (flag.min !== undefined && flag.min !== 0) notes.push(`at least ${shown(flag.min)}`);
  else if (flag.max !== undefined) notes.push(`at most ${shown(flag.max)}`);
  if (flag.env) notes.push(`or ${flag.env}`);
  if (flag.multiple) notes.push("can be repeated");
  return notes.length === 0 ? flag.help : `${flag.help} (${notes.join(", ")})`;
}

const heading = (title: string) => `${title}:\n`;

/** Two columns, the second wrapped; a first one that is too wide stands on a line of its own. */
function renderPairs(pairs: readonly (readonly [string, string])[], columns: number): string {
  const widest = Math.max(...pairs.map(([left]) => widthOf(left)));
  const width = Math.min(widest, Math.max(24, Math.floor(columns / 2) - 4));
  return pairs.map(([left, right]) => {
    const text = wrap(right, Math.max(20, columns - width - 4)).split("\n");
    const indent = " ".repeat(width + 4);
    if (right === "") return `  ${left}`;
    if (widthOf(left) > width) {
      return [`  ${left}`, ...text.map((line) => indent + line)].join("\n");
    }
    const first = `  ${left}${" ".repeat(width - widthOf(left))}  ${text[0]}`;
    return [first, ...text.slice(1).map((line) => indent + line)].join("\n");
  }).join("\n") + "\n";
}

/** Breaks at spaces; line ends in the text stay. */
export function wrap(text: string, columns: number): string {
  return text.split("\n").map((paragraph) => {
    const lines = [""];
    for (const word of paragraph.split(" ")) {
      const last = lines[lines.length - 1];
      if (last === "") lines[lines.length - 1] = word;
      else if (widthOf(last) + 1 + widthOf(word) <= columns) lines[lines.length - 1] += ` ${word}`;
      else lines.push(word);
    }
    return lines.join("\n");
  }).join("\n");
}
