/**
 * What comes and goes beside a steady load, and must leave nothing behind in the broker: topics that
 * are made, filled, changed and deleted; groups, producer ids, fetch sessions, quotas, settings,
 * connections. Each turn is one of each. A broker that is away ends a turn without a finding; an
 * error code that it answers is one.
 */
import { type ApiName, errorName } from "../../src/protocol/mod.ts";
import { encodeBatch } from "../../src/records/mod.ts";
import { HUNG_UP, RawClient } from "../kit/wire.ts";

const PREFIX = "churn-";
const PARTITIONS = 3;
const TOPIC = 2, BROKER = 4;
const NO_ID = "AAAAAAAAAAAAAAAAAAAAAA";
const SET = 0, DELETE = 1;

export class Churn {
  readonly findings: string[] = [];
  turns = 0;
  /** Turns that a kill or a stop of the broker ended. */
  interrupted = 0;
  readonly #port: number;
  #admin: RawClient | undefined;

  constructor(port: number) {
    this.#port = port;
  }

  /** Everything once. */
  async turn(): Promise<void> {
    try {
      if (this.#admin === undefined) await this.#begin();
      await this.#topic(`${PREFIX}${this.turns}`);
      await this.#group(`${PREFIX}${this.turns}`);
      await this.#settings();
      await this.#passing();
      this.turns++;
    } catch (error) {
      if (isAway(error)) this.interrupted++;
      else this.findings.push(`churn: ${error}`);
      this.#admin?.[Symbol.dispose]();
      this.#admin = undefined;
      this.turns++; // names are not used again
    }
  }

  close(): void {
    this.#admin?.[Symbol.dispose]();
  }

  /** A new connection; what an ended turn left is deleted. */
  async #begin(): Promise<void> {
    const client = this.#admin = await RawClient.connect(this.#port);
    const { topics } = await ask(client, "Metadata", 12, {
      topics: null,
      allowAutoTopicCreation: false,
      includeTopicAuthorizedOperations: false,
    });
    const left = topics.filter(({ name }: { name: string }) => name.startsWith(PREFIX));
    for (const { name } of left) {
      await ask(client, "DeleteTopics", 6, {
        topics: [{ name, topicId: NO_ID }],
        timeoutMs: 5000,
      });
    }
  }

  #ask(api: ApiName, version: number, body: unknown): Promise<any> {
    return ask(this.#admin!, api, version, body);
  }

  /** A topic's whole life, with records of a producer of its own. */
  async #topic(name: string): Promise<void> {
    const made = await this.#ask("CreateTopics", 7, {
      topics: [{
        name,
        numPartitions: PARTITIONS - 1,
        replicationFactor: 1,
        assignments: [],
        configs: [{ name: "segment.ms", value: "60000" }],
      }],
      timeoutMs: 5000,
      validateOnly: false,
    });
    const { topicId } = made.topics[0];
    await this.#ask("CreatePartitions", 3, {
      topics: [{ name, count: PARTITIONS, assignments: null }],
      timeoutMs: 5000,
      validateOnly: false,
    });
    const { producerId, producerEpoch } = await this.#ask("InitProducerId", 4, {
      transactionalId: null,
      transactionTimeoutMs: 60_000,
      producerId: -1,
      producerEpoch: -1,
    });
    const records = encodeBatch(
      [{ timestamp: Date.now(), key: null, value: new Uint8Array(500), headers: [] }],
      { producerId, producerEpoch, baseSequence: 0 },
    );
    const partitions = Array.from({ length: PARTITIONS }, (_, index) => index);
    await this.#ask("Produce", 9, {
      transactionalId: null,
      acks: -1,
      timeoutMs: 5000,
      topicData: [{ name, partitionData: partitions.map((index) => ({ index, records })) }],
    });
    await this.#config(TOPIC, name, [["retention.ms", "100000", SET], [
      "segment.ms",
      null,
      DELETE,
    ]]);
    await this.#fetch(topicId, partitions);
    await this.#ask("DeleteRecords", 2, {
      topics: [{ name, partitions: [{ partitionIndex: 0, offset: 1 }] }],
      timeoutMs: 5000,
    });
    await this.#ask("DeleteTopics", 6, { topics: [{ name, topicId: NO_ID }], timeoutMs: 5000 });
  }

  /** A fetch session that nobody ends. */
  async #fetch(topicId: string, partitions: number[]): Promise<void> {
    await this.#ask("Fetch", 13, {
      maxWaitMs: 10,
      minBytes: 1,
      sessionId: 0,
      sessionEpoch: 0,
      topics: [{
        topicId,
        partitions: partitions.map((partition) => ({
          partition,
          fetchOffset: 0,
          partitionMaxBytes: 100_000,
        })),
      }],
    });
  }

  /** A group that only keeps offsets, and goes. */
  async #group(groupId: string): Promise<void> {
    await this.#ask("OffsetCommit", 8, {
      groupId,
      generationIdOrMemberEpoch: -1,
      memberId: "",
      groupInstanceId: null,
      topics: [{
        name: "disk",
        partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: "" }],
      }],
    });
    await this.#ask("ListGroups", 4, { statesFilter: [] });
    await this.#ask("DescribeGroups", 5, {
      groups: [groupId, "sticky"],
      includeAuthorizedOperations: false,
    });
    await this.#ask("DeleteGroups", 2, { groupsNames: [groupId] });
  }

  /** Settings of the broker, and quotas: `leader` is held back every other turn. */
  async #settings(): Promise<void> {
    const turned = this.turns % 2 === 0;
    const name = "log.message.timestamp.after.max.ms";
    await this.#config(BROKER, "", [turned ? [name, "600000", SET] : [name, null, DELETE]]);
    const quota = (clientId: string, value: number | null) => ({
      entity: [{ entityType: "client-id", entityName: clientId }],
      ops: [{ key: "producer_byte_rate", value: value ?? 0, remove: value === null }],
    });
    await this.#ask("AlterClientQuotas", 1, {
      entries: [
        quota("leader", turned ? 20_000 : 5_000_000),
        quota(`${PREFIX}${this.turns}`, 1000),
        quota(`${PREFIX}${this.turns - 1}`, null),
      ],
      validateOnly: false,
    });
    await this.#ask("DescribeClientQuotas", 1, { components: [], strict: false });
    await this.#ask("DescribeLogDirs", 4, { topics: null });
    await this.#ask("DescribeCluster", 0, { includeClusterAuthorizedOperations: false });
  }

  async #config(
    resourceType: number,
    resourceName: string,
    changes: [name: string, value: string | null, configOperation: number][],
  ): Promise<void> {
    const configs = changes.map(([name, value, configOperation]) => ({
      name,
      value,
      configOperation,
    }));
    const resources = [{ resourceType, resourceName, configs }];
    await this.#ask("IncrementalAlterConfigs", 1, { resources, validateOnly: false });
    await this.#ask("DescribeConfigs", 4, {
      resources: [{ resourceType, resourceName, configurationKeys: null }],
      includeSynonyms: true,
      includeDocumentation: false,
    });
  }

  /** Connections that ask one thing, nothing, or half of something, and go. */
  async #passing(): Promise<void> {
    using polite = await RawClient.connect(this.#port);
    const named = { clientId: `${PREFIX}${this.turns}` };
    await polite.ask("ApiVersions", 3, {
      clientSoftwareName: "churn",
      clientSoftwareVersion: `${this.turns}`,
    }, named);
    using _silent = await Deno.connect({ hostname: "127.0.0.1", port: this.#port });
    using half = await Deno.connect({ hostname: "127.0.0.1", port: this.#port });
    await half.write(new Uint8Array([0, 0, 1, 0, 0, 3, 0, 9, 0]));
  }
}

/** The broker is killed, stopped or frozen, or about to: it has let go of its groups. */
const isAway = (error: unknown) =>
  error instanceof Deno.errors.ConnectionRefused || error instanceof Deno.errors.ConnectionReset ||
  error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.BadResource ||
  /hung up|no answer within|NOT_COORDINATOR|COORDINATOR_(?:NOT_AVAILABLE|LOAD_IN_PROGRESS)/.test(
    `${error}`,
  );

async function ask(
  client: RawClient,
  api: ApiName,
  version: number,
  body: unknown,
): Promise<any> {
  const answer = await client.ask(api, version, body, { clientId: "churn" });
  if (answer === HUNG_UP) throw new Error("hung up");
  const code = errorIn(answer);
  if (code !== 0) throw new Error(`${api} ${version}: ${errorName(code)}`);
  return answer;
}

/** The first error code anywhere in an answer. */
function errorIn(answer: any): number {
  if (answer === null || typeof answer !== "object" || ArrayBuffer.isView(answer)) return 0;
  if (typeof answer.errorCode === "number" && answer.errorCode !== 0) return answer.errorCode;
  for (const value of Object.values(answer)) {
    const code = errorIn(value);
    if (code !== 0) return code;
  }
  return 0;
}
