/**
 * metrics: the figures of a node. {@link Metrics} makes counters, gauges and histograms by name and
 * shows them all as text for Prometheus; {@link ScrapeServer} hands that text out, through an {@link HttpDoor}. Changing a
 * figure is a field's addition, what others count already is asked for when it is read, and a
 * metric never has more series than its limit. Which figures there are is said where they arise.
 *
 * A figure that Apache Kafka has goes by the name that the usual exporter (Prometheus's for JMX,
 * with its sample rules for Kafka, in lower case) gives it, so that dashboards work; what is ours
 * begins with `streamer_`, what any process has with `process_`.
 *
 * @example
 * ```ts
 * const metrics = new Metrics();
 * const requests = metrics.counter("streamer_requests_total", { help: "Requests served", labels: ["api"] });
 * requests.with("Produce").add();
 * metrics.text(); // … streamer_requests_total{api="Produce"} 1
 * ```
 */
export { type DoorAnswer, type DoorRequest, HttpDoor, type HttpDoorOptions } from "./http_door.ts";
export { LimitFigures, type LimitState } from "./limit_figures.ts";
export {
  Counter,
  Distribution,
  Gauge,
  GaugeValue,
  Histogram,
  type LabelValues,
  type MetricOptions,
  type Sample,
  SECONDS,
  Value,
} from "./metric.ts";
export { Metrics } from "./registry.ts";
export { ScrapeServer, type ScrapeServerOptions } from "./scrape_server.ts";
