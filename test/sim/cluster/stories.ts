/** What is played: whole nodes with their users, or the quorum alone, which costs far less. */
import { tellQuorum } from "./quorum_story.ts";
import { type StoryOptions, tell, type Told } from "./story.ts";

export type Cast = "cluster" | "quorum";

export const TELLERS: Record<Cast, (seed: number, options?: StoryOptions) => Promise<Told>> = {
  cluster: tell,
  quorum: tellQuorum,
};
