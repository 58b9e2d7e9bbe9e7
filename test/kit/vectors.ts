/**
 * Golden bytes of messages, as they lie in `test/vectors/messages`: one file a message, each entry
 * a version, the value as one line of JSON (64-bit integers as numbers, byte strings in base64),
 * and the bytes as hex. What follows a `#` is for people.
 */
import { walk } from "./walk.ts";

export interface Vector {
  file: string;
  message: string;
  version: number;
  value: string;
  bytes: Uint8Array;
}

/** All entries of all files. */
export function messageVectors(): Vector[] {
  const folder = new URL("../vectors/messages", import.meta.url).pathname;
  return walk(folder).sort().flatMap((path) =>
    parseVectors(path.slice(folder.length + 1), Deno.readTextFileSync(path))
  );
}

function parseVectors(file: string, text: string): Vector[] {
  const message = file.replace(/\.txt$/, "");
  return text.split(/^version /m).slice(1).map((entry) => {
    const [head, ...lines] = entry.replace(/\s+#.*$/gm, "").split("\n");
    const value = lines.find((line) => line.startsWith("value "))!.slice("value ".length);
    const hex = lines.filter((line) => !line.startsWith("value ") && !line.startsWith("#")).join(
      "",
    );
    return {
      file,
      message,
      version: Number(head),
      value,
      bytes: Uint8Array.fromHex(hex.replace(/\s/g, "")),
    };
  });
}
