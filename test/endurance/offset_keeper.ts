/**
 * Groups of which only offsets are kept, as tools and stream processors use them: every commit is
 * one more than the last, and whenever the broker has been away, or now and then, each group's
 * offset is asked for before anything more is committed. It has to be the newest that was
 * acknowledged, or one that was sent after it and never answered. Consumers of groups would hide a
 * lost commit by their next one.
 */
import { errorName } from "../../src/protocol/mod.ts";
import { pause } from "../kit/programs.ts";
import { HUNG_UP, RawClient } from "../kit/wire.ts";

const GROUPS = 12, PARTITIONS = 2;
/** After so many commits all are asked for, also without a restart. */
const ASKED_AFTER = 500;
/** What a broker that has just come back says for a while. */
const SOON = new Set([
  "COORDINATOR_LOAD_IN_PROGRESS",
  "COORDINATOR_NOT_AVAILABLE",
  "NOT_COORDINATOR",
]);

interface Kept {
  readonly group: string;
  readonly partition: number;
  acknowledged: number;
  sent: number;
}

export class OffsetKeeper {
  readonly findings: string[] = [];
  commits = 0;
  /** How often all were asked for. */
  asked = 0;
  readonly #port: number;
  readonly #topic: string;
  readonly #pauseMs: number;
  readonly #kept: Kept[] = [];
  readonly #running: Promise<void>;
  #isStopping = false;

  /** @param options of a topic that is there, with two partitions at least. */
  constructor({ port, topic, pauseMs }: { port: number; topic: string; pauseMs: number }) {
    this.#port = port;
    this.#topic = topic;
    this.#pauseMs = pauseMs;
    for (let i = 0; i < GROUPS * PARTITIONS; i++) {
      const [group, partition] = [`kept-${i % GROUPS}`, Math.floor(i / GROUPS)];
      this.#kept.push({ group, partition, acknowledged: -1, sent: -1 });
    }
    this.#running = this.#run();
  }

  /** Asks for all a last time. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      try {
        using client = await RawClient.connect(this.#port);
        while (!this.#isStopping) {
          await this.#check(client);
          for (let i = 0; i < ASKED_AFTER && !this.#isStopping; i++) await this.#commit(client);
        }
        await this.#check(client);
      } catch { // the broker is away; what it kept is asked for when it is back
        await pause(30);
      }
    }
  }

  async #commit(client: RawClient): Promise<void> {
    const kept = this.#kept[this.commits * 7 % this.#kept.length];
    const committedOffset = ++kept.sent;
    const partitions = [{
      partitionIndex: kept.partition,
      committedOffset,
      committedMetadata: `${committedOffset}`,
    }];
    const answer = await ask(client, "OffsetCommit", {
      groupId: kept.group,
      generationIdOrMemberEpoch: -1,
      memberId: "",
      groupInstanceId: null,
      topics: [{ name: this.#topic, partitions }],
    });
    const error = errorName(answer.topics[0].partitions[0].errorCode);
    if (error === "NONE") {
      kept.acknowledged = committedOffset;
      this.commits++;
    } else if (!SOON.has(error)) this.findings.push(`offsets of ${kept.group}: ${error}`);
    await pause(this.#pauseMs);
  }

  async #check(client: RawClient): Promise<void> {
    const offsets = await this.#offsets(client);
    for (const kept of this.#kept) {
      const { group, partition, acknowledged, sent } = kept;
      const found = offsets.get(`${group} ${partition}`)!;
      if (found < acknowledged || found > sent) {
        this.findings.push(
          `offsets of ${group}, partition ${partition}: ${found}, and ${acknowledged} was ` +
            `acknowledged, ${sent} sent`,
        );
      }
      // From here on it counts: it must not change by itself.
      kept.acknowledged = found;
    }
    this.asked++;
  }

  /** By group and partition; waits until all groups are loaded. */
  async #offsets(client: RawClient): Promise<Map<string, number>> {
    const asked = Array.from({ length: GROUPS }, (_, i) => ({
      groupId: `kept-${i}`,
      topics: [{ name: this.#topic, partitionIndexes: [...Array(PARTITIONS).keys()] }],
    }));
    for (;;) {
      const { groups } = await ask(client, "OffsetFetch", { groups: asked, requireStable: false });
      const errors = groups.map(({ errorCode }: any) => errorName(errorCode));
      const error = errors.find((each: string) => each !== "NONE");
      if (error === undefined) {
        return new Map(
          groups.flatMap(({ groupId, topics }: any) =>
            topics[0].partitions.map((each: any) => [
              `${groupId} ${each.partitionIndex}`,
              each.committedOffset,
            ])
          ),
        );
      }
      if (!SOON.has(error)) throw new Error(error);
      await pause(20);
    }
  }
}

/** In the version that has the fields given here. Throws when the broker is away. */
async function ask(client: RawClient, api: "OffsetCommit" | "OffsetFetch", body: unknown) {
  const answer = await client.ask(api, 8, body, { clientId: "keeper" });
  if (answer === HUNG_UP) throw new Error("hung up");
  return answer;
}
