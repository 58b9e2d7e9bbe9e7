/**
 * `cordoned.log.dirs` (KIP-1066): a broker whose folders are all cordoned gets no new partitions.
 */
import type { Scenario, Side } from "../side.ts";
import { altered, DELETE, SET } from "./config_changes.ts";

const THIS = { type: 4, of: "1" };
const CORDONED = "cordoned.log.dirs";

const create = async (side: Side, name: string, replicationFactor: number) => {
  const topics = [{ name, numPartitions: 1, replicationFactor }];
  const answer = await side.ask("CreateTopics", 7, { topics, timeoutMs: 5000, validateOnly: true });
  return answer.topics[0].errorCode;
};

export const CORDONED_DIRS: Scenario[] = [{
  api: "CreateTopics",
  name: "a broker whose log dirs are all cordoned",
  once: true,
  configs: [CORDONED],
  topic: {},
  async play(side, _version, name) {
    // Apache Kafka tells its controller with a heartbeat: tried until it knows.
    const until = (code: number) =>
      side.until(async () => await create(side, `${name}-new`, 1) === code);
    const set = await altered(side, 1, THIS, [[[CORDONED, SET, "*"]]], [CORDONED]);
    await until(38);
    const refused = [
      await create(side, `${name}-new`, -1),
      await side.ask("CreatePartitions", 3, {
        topics: [{ name, count: 2, assignments: null }],
        timeoutMs: 5000,
      }),
    ];
    await altered(side, 1, THIS, [[[CORDONED, DELETE, null]]], [CORDONED]);
    await until(0);
    return [set, refused];
  },
}];
