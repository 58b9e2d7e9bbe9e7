/**
 * Makes `test/vectors/traffic` anew: plays the tests of other people's clients and the conformance
 * scenarios through a proxy that notes their requests, and keeps a few of each API and version.
 *
 *   deno run -A test/kit/record_traffic.ts            some ten minutes
 *   deno run -A test/kit/record_traffic.ts FILE...    from what was noted before
 */
import { Program, root } from "./programs.ts";
import type { Noted } from "./recording_proxy.ts";
import { type RecordedRequest, TRAFFIC_FOLDER, writeTraffic } from "./traffic.ts";

/** Of a client in one version, the longest request up to here: the more fields, the better. */
const LONGEST_BYTES = 1000;
/** Tests whose clients are other people's. */
const TESTS = [
  "kcat",
  "kafkajs",
  "platformatic",
  "kafka_python",
  "newest_python",
  "quotas",
  "static_members",
  "consumer_groups_tool",
  "kafka_configs",
  "log_dirs",
  "kafka_cluster_tools",
  "kafka_tools",
];
const OURS = "streamer's conformance scenarios";

/** Who they are that do not say so themselves, by the test that they were in. */
const UNNAMED: Record<string, string> = {
  kafkajs: "kafkajs 2.2.4",
  kafka_python: "kafka-python 2.0.2",
  kafka_tools: "apache-kafka-java 2.1.1",
  platformatic: "platformatic-kafka 2.12.1",
};

function clientOf({ software, clientId, label }: Noted): string {
  if (label === "conformance" || clientId === "judge") return OURS;
  if (software !== "") return software;
  if (clientId.startsWith("aiokafka")) return "aiokafka 0.14.0";
  return UNNAMED[label] ?? OURS;
}

async function recorded(): Promise<string> {
  const file = Deno.makeTempFileSync({ prefix: "streamer-traffic-" });
  const play = async (label: string, args: string[]) => {
    const program = new Program(Deno.execPath(), args, {
      env: { STREAMER_TRAFFIC: file, STREAMER_TRAFFIC_LABEL: label },
    });
    console.log(`${label}: ended with ${await program.exited}`);
  };
  for (const name of TESTS) {
    const path = `${root}test/e2e/${name}_test.ts`;
    await play(name, ["test", "-A", "--no-prompt", "--unstable-worker-options", path]);
  }
  await play("conformance", ["task", "conformance", "--recorded"]);
  return file;
}

/** Folders of tests have a name by chance, which says nothing. */
const withoutChance = (hex: string): Uint8Array => {
  const frame = Uint8Array.fromHex(hex);
  const text = String.fromCharCode(...frame);
  for (const { 1: name, index } of text.matchAll(/streamer-test-([0-9a-f]+)/g)) {
    frame.fill(
      0x30,
      index + "streamer-test-".length,
      index + "streamer-test-".length + name.length,
    );
  }
  return frame;
};

const files = Deno.args.length > 0 ? Deno.args : [await recorded()];
const byApi = new Map<string, Map<string, RecordedRequest[]>>();
for (const file of files) {
  for (const line of Deno.readTextFileSync(file).split("\n").filter(Boolean)) {
    const noted: Noted = JSON.parse(line);
    const { api, version, hex } = noted;
    const client = clientOf(noted);
    if (hex.length / 2 > LONGEST_BYTES) continue;
    const byClient = byApi.get(api) ?? byApi.set(api, new Map()).get(api)!;
    const key = `${version} ${client}`;
    const same = byClient.get(key) ?? byClient.set(key, []).get(key)!;
    same.push({ api, version, client, frame: withoutChance(hex) });
  }
}
Deno.mkdirSync(TRAFFIC_FOLDER, { recursive: true });
for (const [api, byClient] of byApi) {
  const kept = [...byClient.values()].flatMap((same) => {
    const sorted = same.toSorted((one, other) => other.frame.length - one.frame.length);
    // Scenarios ask for odd things on purpose: beside the longest also one in the middle.
    const isOurs = sorted[0].client === OURS && sorted.length > 2;
    return isOurs ? [sorted[0], sorted[sorted.length >> 1]] : [sorted[0]];
  });
  const order = (one: RecordedRequest, other: RecordedRequest) =>
    one.version - other.version || one.client.localeCompare(other.client);
  writeTraffic(api, kept.sort(order));
}
