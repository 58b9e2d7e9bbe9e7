/** Who coordinates a group, as one of its users finds out. */
import type { ApiName } from "../../../src/protocol/mod.ts";
import { answerOf } from "./actor.ts";
import type { ClusterClient } from "./cluster_client.ts";

const OK = 0;
const BACKOFF_MS = 100;

export class Coordinator {
  readonly #client: ClusterClient;
  readonly #group: string;
  #nodeId: number | undefined;

  constructor(client: ClusterClient, group: string) {
    this.#client = client;
    this.#group = group;
  }

  /** It is another, or does not coordinate yet. */
  forget(): void {
    this.#nodeId = undefined;
  }

  /** Its answer, and who it is; undefined when it is not to be found or did not answer. */
  async ask(api: ApiName, version: number, body: any): Promise<any> {
    const nodeId = this.#nodeId ??= await this.#find();
    const answer = nodeId === undefined
      ? undefined
      : await answerOf(this.#client.askNode(nodeId, api, version, body));
    if (answer !== undefined) return { ...answer, nodeId };
    this.forget();
    this.#client.forget();
    await this.#client.clock.sleep(BACKOFF_MS);
  }

  async #find(): Promise<number | undefined> {
    const client = this.#client;
    const request = { keyType: 0, coordinatorKeys: [this.#group] };
    if (client.brokerIds.length === 0) await answerOf(client.refresh());
    const answer = await answerOf(client.askAny("FindCoordinator", 4, request));
    const found = answer?.coordinators[0];
    if (found?.errorCode !== OK) return undefined;
    client.meet(found);
    return found.nodeId;
  }
}
