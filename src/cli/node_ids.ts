/** Ids of nodes as people type them. */
import { UsageError } from "./io.ts";

const isId = (text: string) => /^\d{1,10}$/.test(text) && Number(text) < 2 ** 31;

/** `4`; `what` is what the message calls it. */
export function nodeId(what: string, text: string): number {
  if (isId(text)) return Number(text);
  throw new UsageError(`${what} cannot be "${text}": it is a node's id, a whole number`);
}

/** `1,2,3`, each once. */
export function nodeIds(what: string, text: string): number[] {
  const words = text.split(",").map((word) => word.trim());
  if (!words.every(isId)) {
    throw new UsageError(`${what} cannot be "${text}": it is ids of nodes by commas`, "Like 1,2,3");
  }
  return [...new Set(words.map(Number))];
}
