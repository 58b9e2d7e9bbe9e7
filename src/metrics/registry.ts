/** All metrics of a node by name, and their text for Prometheus. */
import { assert } from "../base/mod.ts";
import { Collected } from "./collected.ts";
import {
  Counter,
  Gauge,
  Histogram,
  type LabelValues,
  type Metric,
  type MetricOptions,
  type Sample,
} from "./metric.ts";

const LINES_A_PIECE = 100;

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** Makes metrics and shows them. Asked twice for one name it gives the same metric. */
export class Metrics {
  readonly #metrics = new Map<string, Metric<unknown>>();

  /** Its name should end in `_total`. */
  counter(name: string, options: MetricOptions): Counter {
    return this.#once(name, Counter, options);
  }

  gauge(name: string, options: MetricOptions): Gauge {
    return this.#once(name, Gauge, options);
  }

  histogram(name: string, options: MetricOptions & { buckets?: readonly number[] }): Histogram {
    return this.#once(name, Histogram, options);
  }

  /**
   * Figures that are kept elsewhere, and asked for when they are read; of those beyond `maxSeries`
   * the sum stands under `other`.
   */
  collect(
    name: string,
    options: MetricOptions & { kind: "counter" | "gauge" },
    read: () => Iterable<readonly [labels: LabelValues, value: number]>,
  ): void {
    this.#once(name, Collected, { ...options, read });
  }

  /** Every series, in the text format 0.0.4 (`text/plain; version=0.0.4`), in order of name. */
  text(): string {
    return [...this.pieces()].join("");
  }

  /** The same in pieces of a millisecond or so: ten thousand series take a hundred of them. */
  *pieces(): Generator<string, void, undefined> {
    for (const name of [...this.#metrics.keys()].sort()) {
      const metric = this.#metrics.get(name)!;
      let text = `# HELP ${name} ${
        escape(metric.help, /[\\\n]/g)
      }\n# TYPE ${name} ${metric.kind}\n`;
      let lines = 0;
      for (const sample of metric.samples()) {
        text += line(name, sample);
        if (++lines % LINES_A_PIECE !== 0) continue;
        yield text;
        text = "";
      }
      yield text;
    }
  }

  /** The values of a metric by their labels, for tests and for pages of our own. */
  samples(name: string): Sample[] {
    return [...this.#metrics.get(name)?.samples() ?? []];
  }

  #once<M extends Metric<any>, O extends MetricOptions>(
    name: string,
    kind: new (name: string, options: O) => M,
    options: O,
  ): M {
    const known = this.#metrics.get(name);
    if (known) {
      assert(known instanceof kind, `metric ${name} is a ${known.kind} already`);
      return known;
    }
    assert(NAME.test(name), `${name} is no name for a metric`);
    assert(
      (options.labels ?? []).every((label) => LABEL.test(label)),
      `a label of ${name} is none`,
    );
    const metric = new kind(name, options);
    this.#metrics.set(name, metric);
    return metric;
  }
}

function line(name: string, { suffix, labels, value }: Sample): string {
  const shown = labels.map(([label, text]) => `${label}="${escape(text, /[\\\n"]/g)}"`).join(",");
  return `${name}${suffix}${shown && `{${shown}}`} ${number(value)}\n`;
}

function number(value: number): string {
  if (value === Infinity) return "+Inf";
  if (value === -Infinity) return "-Inf";
  return String(value);
}

function escape(text: string, which: RegExp): string {
  return text.replace(which, (character) => character === "\n" ? "\\n" : `\\${character}`);
}
