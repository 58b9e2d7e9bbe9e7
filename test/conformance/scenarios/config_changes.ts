/** Changes of settings as scenarios make them, and how they are waited for. */
import type { Side } from "../side.ts";

const BROKER = 4, LOGGER = 8;
export const SET = 0, DELETE = 1;

export type Change = [name: string, operation: number, value: string | null];

const MARK = "remote.fetch.max.wait.ms";
let marks = 1000;

/**
 * Apache Kafka answers when a change is decided, and shows it some time later: what comes behind it
 * is waited for.
 */
export async function untilShown(side: Side): Promise<void> {
  const value = `${++marks}`;
  const set = (configOperation: number) =>
    side.ask("IncrementalAlterConfigs", 1, {
      resources: [{
        resourceType: BROKER,
        resourceName: "1",
        configs: [{ name: MARK, configOperation, value }],
      }],
    });
  const isMarked = async () => {
    const { results } = await described(side, { type: BROKER, of: "1" }, [MARK]);
    return results[0].configs[0].value === value;
  };
  await set(SET);
  await side.until(isMarked);
  await set(DELETE);
  await side.until(async () => !await isMarked());
}

/** Each change in a request of its own; then what the resource says of the names. */
export async function altered(
  side: Side,
  version: number,
  { type, of }: { type: number; of: string },
  changes: Change[][],
  names: string[],
) {
  const answers = [];
  for (const each of changes) {
    const configs = each.map(([name, configOperation, value]) => ({
      name,
      configOperation,
      value,
    }));
    answers.push(
      await side.ask("IncrementalAlterConfigs", version, {
        resources: [{ resourceType: type, resourceName: of, configs }],
      }),
    );
  }
  if (type !== LOGGER) await untilShown(side);
  answers.push(await described(side, { type, of }, names));
  return answers;
}

export const described = (
  side: Side,
  { type, of }: { type: number; of: string },
  names: string[],
) =>
  side.ask("DescribeConfigs", 4, {
    resources: [{ resourceType: type, resourceName: of, configurationKeys: names }],
    includeSynonyms: true,
    includeDocumentation: true,
  });
