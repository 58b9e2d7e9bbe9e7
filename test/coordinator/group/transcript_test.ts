import { strictEqual } from "node:assert/strict";
import { replayTranscript } from "./transcript.ts";

// Each block of a file is one coordinator from its start: `>` lines happen to it, the others are
// all that it did. A change that is meant: UPDATE_SCENARIOS=1 writes the files anew; read the
// difference before it goes in.
const folder = new URL("../../scenarios/group/", import.meta.url);

for (const { name } of [...Deno.readDirSync(folder)].sort((a, b) => a.name < b.name ? -1 : 1)) {
  Deno.test(`The coordinator of groups does what ${name} says`, () => {
    const path = new URL(name, folder);
    const text = Deno.readTextFileSync(path);
    const played = replayTranscript(text);
    if (Deno.env.get("UPDATE_SCENARIOS") === "1") return Deno.writeTextFileSync(path, played);
    strictEqual(played, text);
  });
}
