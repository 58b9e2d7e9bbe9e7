/** The topic of a command: as its word, or by `--topic`. */
import { UsageError } from "./io.ts";

export const TOPIC_FLAG = {
  topic: { type: "string", short: "t", help: "The topic, in place of the word", hidden: true },
} as const;

export function topicOf(
  { positionals: [word], values: { topic } }: {
    positionals: string[];
    values: { topic: string | undefined };
  },
): string {
  if (word !== undefined && topic !== undefined && word !== topic) {
    throw new UsageError(`Two topics are given, ${word} and ${topic}`);
  }
  const name = word ?? topic;
  if (!name) throw new UsageError("The topic is missing", "For example: streamer consume orders");
  return name;
}
