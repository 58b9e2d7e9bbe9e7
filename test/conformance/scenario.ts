/** How scenarios are called, and which versions of their API they are played in. */
import { crc32c } from "../../src/bytes/mod.ts";
import { SERVED_APIS } from "../../src/broker/mod.ts";
import type { Scenario } from "./side.ts";

export const titleOf = ({ api, name }: Pick<Scenario, "api" | "name">): string => `${api}: ${name}`;

/**
 * What a scenario's topics and groups are called in a version: known by its title, so that new
 * scenarios do not change what others say. Played again, it has others.
 */
export const nameOf = (scenario: Scenario, version: number, attempt = 1): string => {
  const title = attempt === 1 ? titleOf(scenario) : `${titleOf(scenario)} (${attempt})`;
  const sum = crc32c(new TextEncoder().encode(title)).toString(16).padStart(8, "0");
  return `${scenario.api}-${sum}-${version}`;
};

/** The name at the beginning of a text, when {@link nameOf} made it. */
export const nameIn = (text: string): string | undefined =>
  /^[A-Z]\w+-[0-9a-f]{8}-\d+/.exec(text)?.[0];

/** The versions that a scenario is played in: those that are served and that it is about. */
export const versionsOf = (
  { api, since = 0, until = Infinity, once }: Pick<Scenario, "api" | "since" | "until" | "once">,
): number[] => {
  const [first, last] = SERVED_APIS.find(({ name }) => name === api)!.versions;
  if (once) return [last];
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
    .filter((version) => version >= since && version <= until);
};
