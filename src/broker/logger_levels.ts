/**
 * Levels of this broker's loggers, as IncrementalAlterConfigs changes them (resource type 8,
 * KIP-412). They are the process's own: kept in memory, and gone with it.
 */
import {
  LOGGER_LEVELS,
  type LoggerLevel,
  type Loggers,
  repeated,
  ROOT_LOGGER,
} from "../base/mod.ts";
import { type IncrementalAlterConfigsRequest, KafkaError } from "../protocol/mod.ts";

type Changes = IncrementalAlterConfigsRequest["resources"][number]["configs"];

const SET = 0, DELETE = 1;

/** Changes levels, all or none; throws KafkaError for what can't be. */
export function alterLevels(
  loggers: Loggers,
  changes: Changes,
  { validateOnly }: { validateOnly: boolean },
): void {
  const repeatedNames = repeated(changes.map(({ name }) => name));
  const levels = changes.map(({ name, configOperation, value }) => {
    if (configOperation === SET && value === null) {
      throw new KafkaError("INVALID_REQUEST", `Cannot set the level of ${name} to null`);
    }
    if (repeatedNames.has(name)) {
      throw new KafkaError("INVALID_REQUEST", `The request changes ${name} more than once`);
    }
    if (configOperation !== SET && configOperation !== DELETE) {
      throw new KafkaError("INVALID_REQUEST", `The level of ${name} can be set or deleted only`);
    }
    if (name === ROOT_LOGGER && configOperation === DELETE) {
      throw new KafkaError("INVALID_REQUEST", "Cannot delete the level of the root logger");
    }
    if (!loggers.has(name)) throw new KafkaError("INVALID_CONFIG", `There is no logger ${name}`);
    const level = configOperation === DELETE ? undefined : LOGGER_LEVELS.find((l) => l === value);
    if (configOperation === SET && level === undefined) {
      const allowed = LOGGER_LEVELS.join(", ");
      const message = `Cannot set the level of ${name} to "${value}": it must be one of ${allowed}`;
      throw new KafkaError("INVALID_CONFIG", message);
    }
    return [name, level] as [string, LoggerLevel | undefined];
  });
  if (!validateOnly) { for (const [name, level] of levels) loggers.setLevel(name, level); }
}
