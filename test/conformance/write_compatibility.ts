/** Writes COMPATIBILITY.md anew: `deno task compatibility`. */
import { COMPATIBILITY, compatibility } from "./compatibility.ts";
import { Recording } from "./recording.ts";

Deno.writeTextFileSync(COMPATIBILITY, compatibility(Recording.load()));
