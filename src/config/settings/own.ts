/**
 * Settings that Apache Kafka does not have: where figures are shown, and limits where Kafka has
 * none. (`log.durability` is one more; it stands with the topics' `durability`.)
 */
import { parseAddress } from "../listeners.ts";
import { structured } from "../setting.ts";

export const OWN_SETTINGS = {
  "metrics.listener": structured<{ host: string; port: number } | null>("string", {
    default: null,
    allowed: "HOST:PORT",
    parse: parseAddress,
    format: (at) => at && `${at.host.includes(":") ? `[${at.host}]` : at.host}:${at.port}`,
    doc:
      "Where the node's figures are shown for Prometheus, as HOST:PORT (GET /metrics); nowhere " +
      "when it is not given.",
  }),
};

/** For those who compare with Apache Kafka. */
export const OWN_SETTING_NAMES: readonly string[] = Object.keys(OWN_SETTINGS);
