/** What scenarios on three nodes share. */
import type { ApiName } from "../../../../src/protocol/mod.ts";
import type { Scenario, Side } from "../../side.ts";

export const NODES = [1, 2, 3];

/** A scenario that is played on three nodes. */
export const onThree = (
  api: ApiName,
  name: string,
  play: Scenario["play"],
  more: Partial<Scenario> = {},
): Scenario => ({ api, name: `on three nodes: ${name}`, stage: "three", play, ...more });

/** What each of the nodes that run answers to the same. */
export async function fromEach(
  side: Side,
  api: ApiName,
  version: number,
  body: object,
): Promise<Record<string, any>> {
  const answers: Record<string, any> = {};
  for (const id of side.running) answers[`node ${id}`] = await side.at(id).ask(api, version, body);
  return answers;
}
