/**
 * The arrows between rooms point down: a room imports only from floors below it, by the room's
 * door, and neighbors on a floor do not know each other. Only `platform/deno` names the outside
 * world, and plugins use nothing but the public door.
 */
import { deepStrictEqual } from "node:assert/strict";
import { walk } from "./kit/walk.ts";

const FLOORS: string[][] = [
  ["base", "bytes", "platform", "config", "metrics"],
  ["protocol", "records"],
  ["raft", "metadata"],
  ["log", "net", "controller", "coordinator", "security"],
  ["replication", "client", "plugin"],
  ["broker", "streams", "connect", "console"],
  ["node"],
  ["cli"],
];
const floorOf = new Map(
  FLOORS.flatMap((rooms, floor) => rooms.map((room) => [room, floor] as const)),
);
/** The ground floor's own order: base below bytes, both below the rest. */
const GROUND = ["base", "bytes", "platform", "config", "metrics"];

const root = new URL("..", import.meta.url).pathname;
const sources = walk(`${root}src`).filter((path) => path.endsWith(".ts"));

interface Import {
  file: string;
  target: string;
}
function importsOf(file: string): Import[] {
  const text = Deno.readTextFileSync(file);
  const found = text.matchAll(/(?:from\s+|import\s*\(\s*|import\s+)"(\.[^"]+)"/g);
  return [...found].map(([, path]) => ({
    file: file.slice(root.length),
    target: new URL(path, `file://${file}`).pathname.slice(root.length),
  }));
}
const roomOf = (path: string) => /^src\/([^/]+)\//.exec(path)?.[1];

function mayImport(from: string, to: string): boolean {
  if (from === to) return true;
  const [above, below] = [floorOf.get(from), floorOf.get(to)];
  if (above === undefined || below === undefined) return false;
  if (above === 0 && below === 0) return GROUND.indexOf(to) < GROUND.indexOf(from);
  return below < above;
}

Deno.test("A room imports only from floors below it", () => {
  const wrong = sources.flatMap(importsOf).filter(({ file, target }) => {
    const [from, to] = [roomOf(file), roomOf(target)];
    return from !== undefined && to !== undefined && !mayImport(from, to);
  });
  deepStrictEqual(wrong.map(({ file, target }) => `${file} -> ${target}`), []);
});

Deno.test("A room is entered by its door", () => {
  const wrong = sources.flatMap(importsOf).filter(({ file, target }) => {
    const [from, to] = [roomOf(file), roomOf(target)];
    if (from === undefined || to === undefined || from === to) return false;
    // A part of a room that has a door of its own: platform/deno, coordinator/group.
    return !target.endsWith("/mod.ts") && !["node", "cli"].includes(to);
  });
  deepStrictEqual(wrong.map(({ file, target }) => `${file} -> ${target}`), []);
});

Deno.test("Every folder of src is a room that the floors know, with a door", () => {
  const rooms = [...Deno.readDirSync(`${root}src`)].map(({ name }) => name);
  deepStrictEqual(rooms.filter((room) => !floorOf.has(room)), []);
  const withoutDoor = rooms.filter((room) =>
    room !== "node" && !sources.includes(`${root}src/${room}/mod.ts`)
  );
  deepStrictEqual(withoutDoor, []);
});

Deno.test("Only platform/deno names Deno, reads clocks, sets timers or rolls dice", () => {
  const outside =
    /\b(?:Deno\.|Date\.now\(|Math\.random\(|setTimeout\(|setInterval\(|performance\.now\(|crypto\.)/;
  const wrong = sources.filter((path) => !path.includes("/platform/deno/")).flatMap((path) =>
    Deno.readTextFileSync(path).split("\n").flatMap((line, index) => {
      const code = line.replace(/^\s*(?:\*|\/\/|\/\*).*/, "").replace(/\s\/\/ .*/, "");
      return outside.test(code) ? [`${path.slice(root.length)}:${index + 1}: ${line.trim()}`] : [];
    })
  );
  deepStrictEqual(wrong, []);
});

Deno.test("Only node, cli and bin import platform/deno", () => {
  const wrong = sources.flatMap(importsOf).filter(({ file, target }) =>
    target.startsWith("src/platform/deno/") && !file.startsWith("src/platform/deno/") &&
    !["node", "cli"].includes(roomOf(file) ?? "")
  );
  deepStrictEqual(wrong.map(({ file, target }) => `${file} -> ${target}`), []);
});

Deno.test("The pure rooms never await", () => {
  const pure = ["raft", "metadata", "controller", "coordinator"];
  const wrong = sources.filter((path) => pure.includes(roomOf(path.slice(root.length)) ?? ""))
    .flatMap((path) =>
      Deno.readTextFileSync(path).split("\n").flatMap((line, index) =>
        /^(?!\s*(?:\*|\/\/|\/\*)).*\b(?:await|async|new Promise)\b/.test(line)
          ? [`${path.slice(root.length)}:${index + 1}: ${line.trim()}`]
          : []
      )
    );
  deepStrictEqual(wrong, []);
});

Deno.test("Plugins import nothing of ours but the public door", () => {
  const files = walk(`${root}plugins`).filter((path) => path.endsWith(".ts"));
  const wrong = files.flatMap(importsOf).filter(({ file, target }) => {
    const plugin = /^plugins\/[^/]+\//.exec(file)?.[0];
    return target !== "mod.ts" && !(plugin && target.startsWith(plugin));
  });
  deepStrictEqual(wrong.map(({ file, target }) => `${file} -> ${target}`), []);
});
