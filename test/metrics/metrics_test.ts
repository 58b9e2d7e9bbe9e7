import { strictEqual, throws } from "node:assert/strict";
import { Metrics } from "../../src/metrics/mod.ts";

Deno.test("Metrics are shown as Prometheus reads them, in order of name", () => {
  const metrics = new Metrics();
  const served = metrics.counter("requests_total", { help: "Requests served", labels: ["api"] });
  served.with("Produce").add();
  served.with("Fetch").add(2);
  metrics.gauge("connections", { help: "Connections open" }).set(3);
  const waits = metrics.histogram("wait_seconds", { help: "Waits", buckets: [0.5, 1] });
  for (const wait of [0.25, 0.5, 0.75, 7]) waits.observe(wait);
  strictEqual(
    metrics.text(),
    `# HELP connections Connections open
# TYPE connections gauge
connections 3
# HELP requests_total Requests served
# TYPE requests_total counter
requests_total{api="Produce"} 1
requests_total{api="Fetch"} 2
# HELP wait_seconds Waits
# TYPE wait_seconds histogram
wait_seconds_bucket{le="0.5"} 2
wait_seconds_bucket{le="1"} 3
wait_seconds_bucket{le="+Inf"} 4
wait_seconds_sum 8.5
wait_seconds_count 4
`,
  );
});

Deno.test("Label values and help are escaped", () => {
  const metrics = new Metrics();
  metrics.counter("c", { help: "a\\b\nc", labels: ["topic"] }).with('"x"\\\n').add();
  strictEqual(
    metrics.text(),
    '# HELP c a\\\\b\\nc\n# TYPE c counter\nc{topic="\\"x\\"\\\\\\n"} 1\n',
  );
});

Deno.test("Series beyond the limit share one, and are never lost", () => {
  const metrics = new Metrics();
  const counter = metrics.counter("c", { help: "h", labels: ["client"], maxSeries: 3 });
  for (let i = 0; i < 100; i++) counter.with(`client-${i}`).add();
  const samples = metrics.samples("c");
  strictEqual(samples.length, 3);
  strictEqual(samples.find(({ labels }) => labels[0][1] === "other")?.value, 98);
});

Deno.test("A gauge can be asked for when it is read", () => {
  const metrics = new Metrics();
  let size = 1;
  metrics.gauge("g", { help: "h" }).follow(() => size);
  size = 5;
  strictEqual(metrics.samples("g")[0].value, 5);
});

Deno.test("A removed series is gone", () => {
  const metrics = new Metrics();
  const gauge = metrics.gauge("g", { help: "h", labels: ["topic"] });
  gauge.with("a").set(1);
  gauge.with("b").set(2);
  gauge.remove("a");
  strictEqual(metrics.samples("g").length, 1);
});

Deno.test("One name is one metric of one kind", () => {
  const metrics = new Metrics();
  metrics.counter("c", { help: "h" }).add();
  metrics.counter("c", { help: "h" }).add();
  strictEqual(metrics.samples("c")[0].value, 2);
  throws(() => metrics.gauge("c", { help: "h" }), /counter already/);
  throws(() => metrics.counter("no name", { help: "h" }), /no name/);
});
