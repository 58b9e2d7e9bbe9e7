/** A node of a test's own whose figures can be read. */
import { startCluster } from "../../mod.ts";
import { parseFigures } from "../../src/cli/metrics.ts";
import { freePort } from "./programs.ts";

export interface FiguredCluster extends AsyncDisposable {
  readonly port: number;
  /** Where figures are shown. */
  readonly metrics: string;
  /** The value of a series, as `name` or `name{label="value"}`; undefined when there is none. */
  figure(series: string): Promise<number | undefined>;
}

export async function startFigured(
  settings: Record<string, string> = {},
): Promise<FiguredCluster> {
  const metrics = `127.0.0.1:${freePort()}`;
  const cluster = await startCluster({
    settings: { ...settings, "metrics.listener": metrics },
  });
  return {
    port: Number(cluster.brokers.split(":").at(-1)),
    metrics,
    async figure(series) {
      const [, name, , label, value] = /^(\w+)(\{(\w+)="(.*)"\})?$/.exec(series)!;
      const answer = await fetch(`http://${metrics}/metrics`);
      return parseFigures(await answer.text()).find((figure) =>
        figure.name === name && (label === undefined || figure.labels[label] === value)
      )?.value;
    },
    [Symbol.asyncDispose]: () => cluster.close(),
  };
}
