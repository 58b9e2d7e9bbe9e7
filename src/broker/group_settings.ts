/**
 * From the broker's settings to what a group coordinator is told, and to a maker of coordinators.
 */
import type { BrokerConfig } from "../config/mod.ts";
import {
  DEFAULT_GROUP_CONFIG,
  type GroupConfig,
  GroupCoordinator,
  type GroupRoom,
} from "../coordinator/group/mod.ts";
import type { Random } from "../platform/mod.ts";
import { CODECS } from "../records/mod.ts";
import type { Reply } from "./coordinators/mod.ts";

const groupConfig = (config: BrokerConfig): GroupConfig => ({
  ...DEFAULT_GROUP_CONFIG,
  minSessionTimeoutMs: config.get("group.min.session.timeout.ms"),
  maxSessionTimeoutMs: config.get("group.max.session.timeout.ms"),
  initialRebalanceDelayMs: config.get("group.initial.rebalance.delay.ms"),
  maxSize: config.get("group.max.size"),
  offsetMetadataMaxBytes: config.get("offset.metadata.max.bytes"),
  offsetsRetentionMs: config.get("offsets.retention.minutes") * 60_000,
  offsetsRetentionCheckIntervalMs: config.get("offsets.retention.check.interval.ms"),
});

/** How much all coordinators of a broker may keep. */
export const groupLimits = (config: BrokerConfig) => ({
  groups: config.get("group.coordinator.max.groups"),
  bytes: config.get("group.coordinator.max.bytes"),
});

/** How a coordinator's partition is read and written. */
export const groupStorage = (config: BrokerConfig) => ({
  codec: CODECS[config.get("offsets.topic.compression.codec")],
  loadBytes: config.get("offsets.load.buffer.size"),
  commitTimeoutMs: config.get("offsets.commit.timeout.ms"),
});

/** Makes a coordinator for each partition of the offsets topic. */
export const groupCoordinatorMaker =
  (config: () => BrokerConfig, random: Random) => (room: GroupRoom): GroupCoordinator<Reply> =>
    new GroupCoordinator({
      room,
      config: groupConfig(config()),
      newMemberId: (prefix: string) => `${prefix}-${javaUuid(random)}`,
    });

/** As Java prints a random UUID, which is what people expect behind a member's name. */
function javaUuid(random: Random): string {
  const bytes = random.fill(new Uint8Array(16));
  bytes[6] = bytes[6] & 0x0f | 0x40; // version 4
  bytes[8] = bytes[8] & 0x3f | 0x80; // variant 2
  const hex = bytes.toHex();
  return [8, 12, 16, 20, 32].map((end, i) => hex.slice([0, 8, 12, 16, 20][i], end)).join("-");
}
