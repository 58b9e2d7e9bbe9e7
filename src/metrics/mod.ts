/**
 * metrics: the figures of a node. {@link Metrics} makes counters, gauges and histograms by name and
 * shows them all as text for Prometheus. Changing a figure is a field's addition; nothing here
 * knows time, and a metric never has more series than its limit. Which figures there are is said
 * where they arise.
 *
 * @example
 * ```ts
 * const metrics = new Metrics();
 * const requests = metrics.counter("streamer_requests_total", { help: "Requests served", labels: ["api"] });
 * requests.with("Produce").add();
 * metrics.text(); // … streamer_requests_total{api="Produce"} 1
 * ```
 */
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
