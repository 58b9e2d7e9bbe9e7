/** All scenarios, a file an area. */
import type { Scenario } from "../side.ts";
import { COMPACTION } from "./compaction.ts";
import { CORDONED_DIRS } from "./cordoned_dirs.ts";
import { CONFIGS } from "./configs.ts";
import { CONFIG_EFFECTS } from "./config_effects.ts";
import { CONFIG_RESOURCES } from "./config_resources.ts";
import { CONFIG_VALUES } from "./config_values.ts";
import { DESCRIPTIONS } from "./descriptions.ts";
import { EFFECTS } from "./effects.ts";
import { FAILED_DIR } from "./failed_dir.ts";
import { FETCH } from "./fetch.ts";
import { GROUPS } from "./groups.ts";
import { GROUP_STATES } from "./group_states.ts";
import { GROUP_TIMES } from "./group_times.ts";
import { OFFSETS } from "./offsets.ts";
import { KRAFT } from "./kraft.ts";
import { LOG_DIRS } from "./log_dirs.ts";
import { PRODUCE } from "./produce.ts";
import { QUOTAS } from "./quotas.ts";
import { SECURITY } from "./security.ts";
import { STORAGE } from "./storage.ts";
import { TELEMETRY } from "./telemetry.ts";
import { TOPIC_RULES } from "./topic_rules.ts";
import { TOPICS } from "./topics.ts";
import { THREE } from "./three/mod.ts";
import { UNSERVED } from "./unserved.ts";

export const SCENARIOS: readonly Scenario[] = [
  ...TOPICS,
  ...TOPIC_RULES,
  ...CONFIGS,
  ...CONFIG_EFFECTS,
  ...CORDONED_DIRS,
  ...CONFIG_RESOURCES,
  ...CONFIG_VALUES,
  ...PRODUCE,
  ...FETCH,
  ...EFFECTS,
  ...OFFSETS,
  ...STORAGE,
  ...COMPACTION,
  ...GROUPS,
  ...QUOTAS,
  ...LOG_DIRS,
  ...FAILED_DIR,
  ...GROUP_STATES,
  ...GROUP_TIMES,
  ...DESCRIPTIONS,
  ...SECURITY,
  ...TELEMETRY,
  ...KRAFT,
  ...THREE,
  ...UNSERVED,
];
