/**
 * By which epoch a broker says that it stopped properly when it comes back (KIP-966). Who lacks some
 * of what it had then is as one that did not: in no ISR for what it once had, and not eligible to
 * lead.
 */
import { type BrokerConfig, TopicConfig } from "../config/mod.ts";
import type { LogEvent } from "../base/mod.ts";
import type { LogDirectories } from "../log/mod.ts";
import type { MetadataImage } from "../metadata/mod.ts";
import { RESOURCE } from "../protocol/mod.ts";

/** -1 when what is here may be less than it was. */
export function previousBrokerEpochOf(
  directories: LogDirectories,
  image: MetadataImage,
  { config, log }: { config: BrokerConfig; log: LogEvent },
): number {
  const { previousBrokerEpoch } = directories;
  if (previousBrokerEpoch < 0) return -1;
  const isCompacted = (name: string) =>
    TopicConfig.from(image.configsOf({ type: RESOURCE.topic, name }), config)
      .get("cleanup.policy").includes("compact");
  if (!directories.lacksRecords(isCompacted)) return previousBrokerEpoch;
  log("warn", "records are missing since the last stop: what other brokers have of them counts");
  return -1;
}
