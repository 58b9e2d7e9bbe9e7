/** Figures about the node, and what clients report. */
import { boolean, int, list, long, string } from "../setting.ts";

export const METRICS_SETTINGS = {
  "metric.reporters": list({
    default: ["org.apache.kafka.common.metrics.JmxReporter"],
    dynamic: "cluster",
    doc: "Java classes that report figures.",
  }),
  "metrics.num.samples": int({ default: 2, min: 1, doc: "How many samples a figure is made of." }),
  "metrics.sample.window.ms": long({
    default: 30000,
    min: 1,
    doc: "How long one sample is taken over.",
  }),
  "metrics.recording.level": string({
    default: "INFO",
    doc: "How many figures are kept: INFO, DEBUG, or TRACE.",
  }),
  "kafka.metrics.reporters": list({
    default: [],
    doc: "Java classes that report figures of Kafka's older kind.",
  }),
  "kafka.metrics.polling.interval.secs": int({
    default: 10,
    min: 1,
    doc: "How often those report.",
  }),
  "telemetry.max.bytes": int({
    default: 1_048_576,
    min: 1,
    doc: "The most bytes of figures that a client may push at once (KIP-714).",
  }),
  "config.providers": list({
    mayHaveGaps: true,
    default: [],
    dynamic: "cluster",
    doc: "Names of Java classes that settings' values may be taken from.",
  }),
  "unstable.api.versions.enable": boolean({
    default: false,
    isHidden: true,
    doc: "Whether versions of requests that are not final yet are served.",
  }),
  "unstable.feature.versions.enable": boolean({
    default: false,
    isHidden: true,
    doc: "Whether levels of features that are not final yet may be chosen.",
  }),
};
