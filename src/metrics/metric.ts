/**
 * Counters, gauges and histograms: figures that are cheap to change, and read now and then. A
 * metric with labels has one series for each combination of their values, made when it is first
 * asked for; keep the series that a hot path uses in a field. So that names from clients can't fill
 * the memory, a metric has a limit of series: those beyond it share one, whose label values are all
 * `other`.
 */

/** The values of a metric's labels, in the order of their names. */
export type LabelValues = readonly string[];

/** What a metric is called and how its series are told apart. */
export interface MetricOptions {
  /** One sentence for who reads the figures. */
  readonly help: string;
  /** Names of labels. Default none: the metric is its only series. */
  readonly labels?: readonly string[];
  /** Default 1000. */
  readonly maxSeries?: number;
}

const MAX_SERIES = 1000;

export interface Sample {
  /** Behind the metric's name: `_bucket`, `_sum`, `_count`, or nothing. */
  readonly suffix: string;
  readonly labels: readonly (readonly [name: string, value: string])[];
  readonly value: number;
}

/** A metric of any kind: a family of series. */
export abstract class Metric<Series> {
  abstract readonly kind: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly labelNames: readonly string[];
  protected readonly maxSeries: number;
  readonly #series = new Map<string, { values: LabelValues; series: Series }>();

  constructor(readonly name: string, { help, labels = [], maxSeries = MAX_SERIES }: MetricOptions) {
    this.help = help;
    this.labelNames = labels;
    this.maxSeries = maxSeries;
  }

  /** The series of these label values; missing ones are empty. */
  with(...values: string[]): Series {
    const key = values.join("\u0000");
    const known = this.#series.get(key);
    if (known) return known.series;
    const isFull = this.labelNames.length > 0 && this.#series.size >= this.maxSeries - 1;
    const counted = isFull ? this.labelNames.map(() => "other") : values;
    const countedKey = counted.join("\u0000");
    let entry = this.#series.get(countedKey);
    if (!entry) {
      entry = { values: counted, series: this.newSeries() };
      this.#series.set(countedKey, entry);
    }
    return entry.series;
  }

  /** Forgets a series, e.g. of a topic that was deleted. */
  remove(...values: string[]): void {
    this.#series.delete(values.join("\u0000"));
  }

  /** One without labels is there from the start, so that 0 is seen before the first event. */
  *samples(): Generator<Sample, void, undefined> {
    if (this.labelNames.length === 0) this.with();
    for (const { values, series } of this.#series.values()) {
      const labels = this.labelNames.map((name, i) => [name, values[i] ?? ""] as const);
      for (const { suffix, labels: more, value } of this.samplesOf(series)) {
        yield { suffix, labels: [...labels, ...more], value };
      }
    }
  }

  protected abstract newSeries(): Series;
  protected abstract samplesOf(series: Series): Iterable<Sample>;
}

/** One number of a counter or gauge. */
export class Value {
  value = 0;
  add(amount = 1): void {
    this.value += amount;
  }
}

/** A number that can also go down, or be looked up when it is read. */
export class GaugeValue extends Value {
  #read: (() => number) | undefined;

  set(value: number): void {
    this.value = value;
  }

  /** From now on the number is asked for when it is read. */
  follow(read: () => number): void {
    this.#read = read;
  }

  current(): number {
    return this.#read ? this.#read() : this.value;
  }
}

/** Only ever grows: requests served, bytes written. */
export class Counter extends Metric<Value> {
  readonly kind = "counter";
  protected newSeries(): Value {
    return new Value();
  }
  protected *samplesOf({ value }: Value): Iterable<Sample> {
    yield { suffix: "", labels: [], value };
  }
  /** Of the series without labels. */
  add(amount = 1): void {
    this.with().add(amount);
  }
}

/** Goes up and down: connections open, bytes waiting. */
export class Gauge extends Metric<GaugeValue> {
  readonly kind = "gauge";
  protected newSeries(): GaugeValue {
    return new GaugeValue();
  }
  protected *samplesOf(series: GaugeValue): Iterable<Sample> {
    yield { suffix: "", labels: [], value: series.current() };
  }
  /** Of the series without labels, as the others below. */
  set(value: number): void {
    this.with().set(value);
  }
  add(amount = 1): void {
    this.with().add(amount);
  }
  follow(read: () => number): void {
    this.with().follow(read);
  }
}

/** Seconds from a tenth of a millisecond to ten seconds: fits most waits. */
export const SECONDS: readonly number[] = [
  ...[0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025],
  ...[0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
];

/** How many observations fell at or below each bound, and their sum. */
export class Distribution {
  readonly counts: Float64Array;
  sum = 0;

  constructor(readonly bounds: readonly number[]) {
    this.counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    let i = 0;
    while (i < this.bounds.length && value > this.bounds[i]) i++;
    this.counts[i]++;
    this.sum += value;
  }

  get count(): number {
    return this.counts.reduce((sum, count) => sum + count, 0);
  }
}

/** How a figure is spread: the time that requests take. */
export class Histogram extends Metric<Distribution> {
  readonly kind = "histogram";
  readonly bounds: readonly number[];

  /** `buckets` are upper bounds, ascending; default {@link SECONDS}. */
  constructor(name: string, options: MetricOptions & { buckets?: readonly number[] }) {
    super(name, options);
    this.bounds = options.buckets ?? SECONDS;
  }
  protected newSeries(): Distribution {
    return new Distribution(this.bounds);
  }
  protected *samplesOf({ counts, sum }: Distribution): Iterable<Sample> {
    let below = 0;
    for (let i = 0; i < counts.length; i++) {
      below += counts[i];
      const bound = i < this.bounds.length ? String(this.bounds[i]) : "+Inf";
      yield { suffix: "_bucket", labels: [["le", bound]], value: below };
    }
    yield { suffix: "_sum", labels: [], value: sum };
    yield { suffix: "_count", labels: [], value: below };
  }
  /** Of the series without labels. */
  observe(value: number): void {
    this.with().observe(value);
  }
}
