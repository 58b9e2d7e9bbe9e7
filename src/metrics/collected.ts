/** Figures that somebody keeps already, for reasons of his own: nothing is counted twice. */
import { type LabelValues, Metric, type MetricOptions, type Sample, Value } from "./metric.ts";

export interface CollectedOptions extends MetricOptions {
  readonly kind: "counter" | "gauge";
  readonly read: () => Iterable<readonly [labels: LabelValues, value: number]>;
}

export class Collected extends Metric<Value> {
  readonly kind: "counter" | "gauge";
  readonly #read: CollectedOptions["read"];

  constructor(name: string, options: CollectedOptions) {
    super(name, options);
    this.kind = options.kind;
    this.#read = options.read;
  }

  override *samples(): Generator<Sample, void, undefined> {
    let room = this.labelNames.length === 0 ? 1 : this.maxSeries - 1;
    let others: number | undefined;
    for (const [values, value] of this.#read()) {
      if (room-- > 0) yield this.#sample(values, value);
      else others = (others ?? 0) + value;
    }
    if (others !== undefined) yield this.#sample(this.labelNames.map(() => "other"), others);
  }

  #sample(values: LabelValues, value: number): Sample {
    return {
      suffix: "",
      labels: this.labelNames.map((name, i) => [name, values[i] ?? ""] as const),
      value,
    };
  }

  protected newSeries(): Value {
    return new Value();
  }

  protected samplesOf(): Iterable<Sample> {
    return [];
  }
}
