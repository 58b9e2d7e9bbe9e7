/** What a group and a subscription to clients' figures may set for themselves. */
import { boolean, choice, int, list, structured, type ValuesOf } from "../setting.ts";

/** Groups (resource type 32, KIP-848 and KIP-932); each within the broker's minimum and maximum. */
export const GROUP_SETTINGS = {
  "consumer.session.timeout.ms": int({
    default: 45_000,
    min: 1,
    from: "group.consumer.session.timeout.ms",
    doc: "A consumer that is silent for this long leaves the group.",
  }),
  "consumer.heartbeat.interval.ms": int({
    default: 5000,
    min: 1,
    from: "group.consumer.heartbeat.interval.ms",
    doc: "How often consumers send a heartbeat.",
  }),
  "consumer.assignment.interval.ms": int({
    default: 1000,
    min: 0,
    from: "group.consumer.assignment.interval.ms",
    doc: "The shortest time between two assignments.",
  }),
  "share.session.timeout.ms": int({
    default: 45_000,
    min: 1,
    from: "group.share.session.timeout.ms",
    doc: "A share consumer that is silent for this long leaves the group.",
  }),
  "share.heartbeat.interval.ms": int({
    default: 5000,
    min: 1,
    from: "group.share.heartbeat.interval.ms",
    doc: "How often share consumers send a heartbeat.",
  }),
  "share.assignment.interval.ms": int({
    default: 1000,
    min: 0,
    from: "group.share.assignment.interval.ms",
    doc: "The shortest time between two assignments.",
  }),
  "share.auto.offset.reset": structured("string", {
    default: "latest",
    allowed: "earliest, latest, or by_duration: and a time back, as PT1H",
    parse: (text) => isOffsetReset(text.trim()) ? text.trim() : undefined,
    format: (value) => value,
    from: "share.auto.offset.reset",
    doc: "Where a new group begins: earliest, latest, or by_duration: and a time back (PT1H).",
  }),
  "share.isolation.level": choice({
    default: "read_uncommitted",
    oneOf: ["read_committed", "read_uncommitted"],
    from: "share.isolation.level",
    doc: "Whether the group sees records of transactions before they commit.",
  }),
  "share.delivery.count.limit": int({
    default: 5,
    min: 2,
    from: "group.share.delivery.count.limit",
    doc: "A record is given up after it was delivered this often without being accepted.",
  }),
  "share.record.lock.duration.ms": int({
    default: 30_000,
    min: 1000,
    from: "group.share.record.lock.duration.ms",
    doc: "How long a consumer has a record to itself before it is given to another.",
  }),
  "share.partition.max.record.locks": int({
    default: 2000,
    min: 100,
    from: "group.share.partition.max.record.locks",
    doc: "The most records of one partition that may be out with consumers.",
  }),
  "share.renew.acknowledge.enable": boolean({
    default: true,
    from: "share.renew.acknowledge.enable",
    doc: "Whether a consumer may ask for more time with a record.",
  }),
  "streams.session.timeout.ms": int({
    default: 45_000,
    min: 1,
    from: "group.streams.session.timeout.ms",
    doc: "A streams application that is silent for this long leaves the group.",
  }),
  "streams.heartbeat.interval.ms": int({
    default: 5000,
    min: 1,
    from: "group.streams.heartbeat.interval.ms",
    doc: "How often streams applications send a heartbeat.",
  }),
  "streams.assignment.interval.ms": int({
    default: 1000,
    min: 0,
    from: "group.streams.assignment.interval.ms",
    doc: "The shortest time between two assignments.",
  }),
  "streams.initial.rebalance.delay.ms": int({
    default: 3000,
    min: 0,
    from: "group.streams.initial.rebalance.delay.ms",
    doc: "How long an empty group waits for more members before its first assignment.",
  }),
  "streams.num.standby.replicas": int({
    default: 0,
    min: 0,
    from: "group.streams.num.standby.replicas",
    doc: "How many standby copies each task has.",
  }),
};
export type GroupSetting = keyof typeof GROUP_SETTINGS;
export type GroupSettings = ValuesOf<typeof GROUP_SETTINGS>;

/** Subscriptions to clients' figures (resource type 16, KIP-714). */
export const CLIENT_METRICS_SETTINGS = {
  "interval.ms": int({
    default: 300_000,
    min: 100,
    max: 3_600_000,
    doc: "How often clients push their figures.",
  }),
  "metrics": list({
    default: [],
    doc: "Beginnings of the names of figures that are wanted; * for all.",
  }),
  "match": list({
    default: [],
    doc: "Which clients are meant, as attribute=regular expression; all when empty.",
  }),
};
export type ClientMetricsSetting = keyof typeof CLIENT_METRICS_SETTINGS;
export type ClientMetricsSettings = ValuesOf<typeof CLIENT_METRICS_SETTINGS>;

/** As Java reads durations: days, hours, minutes, seconds, and not back in time. */
const DURATION = /^\+?p(?=.)(\+?\d+d)?(t(?=.)(\+?\d+h)?(\+?\d+m)?(\+?\d+([.,]\d{1,9})?s)?)?$/i;

function isOffsetReset(value: string): boolean {
  if (value === "earliest" || value === "latest") return true;
  return value.startsWith("by_duration:") && DURATION.test(value.slice("by_duration:".length));
}
