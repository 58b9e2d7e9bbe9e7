/**
 * What Apache Kafka answered, kept in `recorded/`, a file an API: where no Java is, scenarios are
 * judged by it. The answers are as `blank.ts` leaves them, so that a second recording is the same
 * text, and a difference between two commits is a difference in Apache Kafka or in a scenario.
 *
 * A scenario's answers stand once for all versions that agree: `"0-3,5"` before what they said.
 */
import { isDeepStrictEqual } from "node:util";
import { SERVED_APIS } from "../../src/broker/mod.ts";
import { layOut } from "./json_layout.ts";
import { titleOf, versionsOf } from "./scenario.ts";
import type { Scenario } from "./side.ts";

const FOLDER = new URL("recorded/", import.meta.url);
export const HOW_TO_RECORD = "deno task conformance --record";

/** Versions as a text, and the answer that they share. */
type Answers = Record<string, unknown>;

interface RecordedFile {
  /** The version of Apache Kafka that answered. */
  kafka: string;
  scenarios: Record<string, Answers>;
}

export class Recording {
  /** By a scenario's title: what each version was answered. */
  readonly #answers = new Map<string, Map<number, unknown>>();
  /** Whose answers these are; undefined while there are none. */
  kafka: string | undefined;

  static load(): Recording {
    const recording = new Recording();
    for (const { name: api } of SERVED_APIS) {
      const text = readIfThere(new URL(`${api}.json`, FOLDER));
      if (text === undefined) continue;
      const { kafka, scenarios }: RecordedFile = JSON.parse(text);
      recording.kafka = kafka;
      for (const [name, answers] of Object.entries(scenarios)) {
        for (const [versions, answer] of Object.entries(answers)) {
          for (const version of parseVersions(versions)) {
            recording.#set(`${api}: ${name}`, version, answer);
          }
        }
      }
    }
    return recording;
  }

  answer(scenario: Scenario, version: number): unknown {
    return this.#answers.get(titleOf(scenario))?.get(version);
  }

  set(scenario: Scenario, version: number, answer: unknown): void {
    this.#set(titleOf(scenario), version, answer);
  }

  #set(title: string, version: number, answer: unknown): void {
    if (!this.#answers.has(title)) this.#answers.set(title, new Map());
    this.#answers.get(title)!.set(version, answer);
  }

  /** Takes over all answers of another recording, and keeps the rest. */
  take(fresh: Recording, kafka: string): void {
    this.kafka = kafka;
    for (const [title, answers] of fresh.#answers) {
      for (const [version, answer] of answers) this.#set(title, version, answer);
    }
  }

  /** Those of the scenarios that another recording tells otherwise, or not at all. */
  staleAgainst(fresh: Recording, scenarios: readonly Scenario[]): string[] {
    return scenarios.filter((scenario) =>
      versionsOf(scenario).some((version) =>
        !isDeepStrictEqual(this.answer(scenario, version), fresh.answer(scenario, version))
      )
    ).map(titleOf);
  }

  /** Those of the scenarios that are not in here in each of their versions. */
  missing(scenarios: readonly Scenario[]): string[] {
    return scenarios.filter((scenario) =>
      versionsOf(scenario).some((version) => this.answer(scenario, version) === undefined)
    ).map(titleOf);
  }

  /** Writes the answers to these scenarios, in the order of their names, and forgets all others. */
  save(scenarios: readonly Scenario[]): void {
    Deno.mkdirSync(FOLDER, { recursive: true });
    for (const { name } of Deno.readDirSync(FOLDER)) Deno.removeSync(new URL(name, FOLDER));
    const byApi = Map.groupBy(scenarios, ({ api }) => api);
    for (const [api, ofApi] of byApi) {
      const entries = ofApi.map((scenario) => [scenario.name, this.#shared(scenario)] as const)
        .filter(([, answers]) => Object.keys(answers).length > 0)
        .sort(([a], [b]) => a < b ? -1 : 1);
      const file: RecordedFile = { kafka: this.kafka!, scenarios: Object.fromEntries(entries) };
      Deno.writeTextFileSync(new URL(`${api}.json`, FOLDER), layOut(file));
    }
  }

  /** The answers of one scenario, each once, with the versions that got it. */
  #shared(scenario: Scenario): Answers {
    const shared: { versions: number[]; answer: unknown }[] = [];
    for (const version of versionsOf(scenario)) {
      const answer = this.answer(scenario, version);
      if (answer === undefined) continue;
      const same = shared.find((each) => isDeepStrictEqual(each.answer, answer));
      if (same) same.versions.push(version);
      else shared.push({ versions: [version], answer });
    }
    return Object.fromEntries(
      shared.map(({ versions, answer }) => [formatVersions(versions), answer]),
    );
  }
}

/** `[0, 1, 2, 5]` as `v0-2,5`; the letter keeps a JSON object in its order. */
export function formatVersions(versions: readonly number[]): string {
  const parts: string[] = [];
  for (let at = 0; at < versions.length;) {
    let end = at;
    while (versions[end + 1] === versions[end] + 1) end++;
    parts.push(end === at ? `${versions[at]}` : `${versions[at]}-${versions[end]}`);
    at = end + 1;
  }
  return `v${parts.join()}`;
}

function parseVersions(text: string): number[] {
  return text.slice(1).split(",").flatMap((part) => {
    const [first, last = first] = part.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

function readIfThere(url: URL): string | undefined {
  try {
    return Deno.readTextFileSync(url);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
