/** `streamer metrics`: a running node's figures, from where it shows them to Prometheus. */
import { command, JSON_FLAG } from "./command.ts";
import { CommandError } from "./io.ts";
import { renderTable } from "./table.ts";
import { json } from "./with_client.ts";

/** One line of what a node shows. */
interface Figure {
  readonly name: string;
  readonly labels: Record<string, string>;
  readonly value: number;
  readonly help: string;
}

const WAIT_MS = 10_000;

export const metricsCommand = command({
  name: "metrics",
  summary: "A node's figures, and how near its limits are",
  usage: "[TEXT] [flags]",
  description:
    "Reads the figures of a node that shows them (streamer serve --metrics-listen HOST:PORT), for people and scripts; " +
    "Prometheus reads the same. Without TEXT all but the buckets of distributions; else those with TEXT in their " +
    "name or labels. Names are as the usual exporter gives them to Apache Kafka's figures.",
  examples: [
    ["streamer metrics", "all figures"],
    ["streamer metrics limit", "the limits: how much may be, how much is, and who came to them"],
    ["streamer metrics orders", "those of a topic"],
    ["streamer metrics --json", "for programs"],
  ],
  positionals: { min: 0, max: 1 },
  flags: {
    from: {
      type: "string",
      value: "HOST:PORT",
      default: "127.0.0.1:9464",
      env: "STREAMER_METRICS",
      help: "Where the node shows its figures",
    },
    buckets: { type: "boolean", help: "The buckets of distributions too" },
    ...JSON_FLAG,
  },
  async run(call) {
    const { values, positionals: [text = ""], io } = call;
    const figures = parseFigures(await read(values.from, io.signal))
      .filter(({ name }) => values.buckets || !name.endsWith("_bucket"))
      .filter((figure) => seriesOf(figure).includes(text));
    if (values.json) return await io.write(json(figures, call));
    await io.write(renderTable([
      { title: "FIGURE", cell: seriesOf },
      { title: "VALUE", cell: ({ value }) => shown(value), align: "right" },
      { title: "WHAT", cell: ({ help }) => help },
    ], figures));
  },
});

async function read(from: string, signal: AbortSignal): Promise<string> {
  const url = `http://${from}/metrics`;
  try {
    const answer = await fetch(url, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(WAIT_MS)]),
    });
    if (!answer.ok) throw new Error(`it answers ${answer.status}`);
    return await answer.text();
  } catch (cause) {
    signal.throwIfAborted();
    const why = reasonOf(cause);
    throw new CommandError(
      `Cannot read figures from ${url}: ${why}`,
      "A node shows them with: streamer serve --metrics-listen 127.0.0.1:9464",
      { cause },
    );
  }
}

/** "fetch failed" is all that fetch says itself; why it did stands in what caused that. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? reasonOf(error.cause) : error.message;
}

const SERIES = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** The series of a text for Prometheus; what is none of them is left out. */
export function parseFigures(text: string): Figure[] {
  const figures: Figure[] = [];
  let help = "";
  for (const line of text.split("\n")) {
    if (line.startsWith("# HELP ")) help = line.split(" ").slice(3).join(" ");
    const series = SERIES.exec(line);
    if (series === null) continue;
    const [, name, labels = "", value] = series;
    figures.push({
      name,
      labels: Object.fromEntries(
        [...labels.matchAll(LABEL)].map(([, label, text]) => [label, unescaped(text)]),
      ),
      value: value === "+Inf" ? Infinity : value === "-Inf" ? -Infinity : Number(value),
      help,
    });
  }
  return figures;
}

const unescaped = (text: string): string =>
  text.replace(/\\(.)/g, (_, character) => character === "n" ? "\n" : character);

function seriesOf({ name, labels }: Figure): string {
  const shown = Object.entries(labels).filter(([, value]) => value !== "")
    .map(([label, value]) => `${label}=${value}`);
  return shown.length === 0 ? name : `${name} ${shown.join(" ")}`;
}

const shown = (value: number): string =>
  value === Infinity ? "no limit" : Number.isInteger(value) ? String(value) : value.toPrecision(4);
