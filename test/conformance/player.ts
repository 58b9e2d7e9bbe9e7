/**
 * Who answers a scenario: a broker, here or anywhere, or what Apache Kafka is recorded to have
 * answered.
 */
import { blanked } from "./blank.ts";
import type { Recording } from "./recording.ts";
import { nameOf, versionsOf } from "./scenario.ts";
import type { Scenario, Side } from "./side.ts";

export interface Player {
  /** Makes the topics that the scenario's versions have for themselves. */
  prepare(scenario: Scenario, attempt?: number): Promise<void>;
  /** The answers in one version, with what may differ blanked. */
  play(scenario: Scenario, version: number, attempt?: number): Promise<unknown>;
}

/** Plays scenarios on a broker. */
export class LivePlayer implements Player {
  readonly #side: Side;

  constructor(side: Side) {
    this.#side = side;
  }

  async prepare(scenario: Scenario, attempt = 1): Promise<void> {
    const { topic, stopped = [] } = scenario;
    if (this.#side.isCluster) await this.#side.haveStopped(stopped);
    if (topic === undefined) return;
    const names = versionsOf(scenario).map((version) => nameOf(scenario, version, attempt));
    const side = this.#side.scene(names[0]);
    await side.topics(Object.fromEntries(names.map((name) => [name, topic])));
    await side.hangUp();
  }

  async play(scenario: Scenario, version: number, attempt = 1): Promise<unknown> {
    const name = nameOf(scenario, version, attempt);
    const side = this.#side.scene(name);
    try {
      const answers = JSON.stringify(blanked(await scenario.play(side, version, name), side));
      return JSON.parse(side.withoutPlace(answers).replaceAll(name, "its-own"));
    } catch (error) {
      // With the port, so that what goes wrong on both sides, in the scenario itself, does not look
      // alike.
      const message = error instanceof Error ? error.message : String(error);
      return { thrown: `${side.port}: ${message}` };
    } finally {
      await side.hangUp();
    }
  }
}

/** Answers as Apache Kafka did when it was recorded. */
export class RecordedPlayer implements Player {
  readonly #recording: Recording;

  constructor(recording: Recording) {
    this.#recording = recording;
  }

  async prepare(): Promise<void> {}

  async play(scenario: Scenario, version: number): Promise<unknown> {
    return this.#recording.answer(scenario, version) ?? { missing: "nothing is recorded" };
  }
}

/** Notes what another player answers. */
export class RecordingPlayer implements Player {
  readonly #player: Player;
  readonly #recording: Recording;

  constructor(player: Player, recording: Recording) {
    this.#player = player;
    this.#recording = recording;
  }

  prepare(scenario: Scenario, attempt = 1): Promise<void> {
    return this.#player.prepare(scenario, attempt);
  }

  async play(scenario: Scenario, version: number, attempt = 1): Promise<unknown> {
    const answer = await this.#player.play(scenario, version, attempt);
    // A scenario that could not be played to its end has told nothing of the broker.
    if (!hasThrown(answer)) this.#recording.set(scenario, version, answer);
    return answer;
  }
}

const hasThrown = (answer: unknown): boolean =>
  answer !== null && typeof answer === "object" && "thrown" in answer;
