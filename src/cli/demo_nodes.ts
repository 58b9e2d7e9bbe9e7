/**
 * The nodes of a demo, for who wants to see one go and the picture stay: a page with a button for
 * each, the same by HTTP (`POST /nodes/2/stop`), and their numbers typed into the terminal.
 *
 * It is served on this machine only, and a page of somebody else's that is open in the same browser
 * cannot press the buttons: what is changed is asked for by POST, which a browser marks with where
 * it comes from.
 */
import type { LogEvent } from "../base/mod.ts";
import type { Client } from "../client/mod.ts";
import type { DoorAnswer, DoorRequest, HttpDoor } from "../metrics/mod.ts";
import type { GroupedNode, NodeGroup } from "../node/mod.ts";
import type { Platform } from "../platform/mod.ts";
import { nodesPage } from "./demo_page.ts";
import { CommandError, type Io } from "./io.ts";
import { shownAddress } from "./node_settings.ts";

export interface DemoNodesOptions {
  readonly group: NodeGroup;
  /** Asks how the cluster is. */
  readonly client: Client;
  readonly platform: Platform;
  readonly log: LogEvent;
  readonly say: (line: string) => void;
  /** Of the page, on the loopback. */
  readonly port: number;
  /** Where the viewer's page is. */
  readonly picture: string;
}

/** How a cluster is is asked for no more often. */
const LOOK_EVERY_MS = 1500;
/** A page that watches asks for the state as it is so much later, again and again. */
const LATER_MS = 1000;
const HOST = "127.0.0.1";
const JSON_TYPE = "application/json";

export class DemoNodes {
  readonly #options: DemoNodesOptions;
  readonly #door: HttpDoor;
  #health = { isWell: true, verdict: "" };
  #lookedAt = -Infinity;

  private constructor(options: DemoNodesOptions, door: HttpDoor) {
    this.#options = options;
    this.#door = door;
  }

  /** Begins to serve the page. Throws {@link CommandError} when its port is taken. */
  static async open(options: DemoNodesOptions): Promise<DemoNodes> {
    const { HttpDoor } = await import("../metrics/mod.ts");
    const { platform: { network, clock }, port, log } = options;
    let nodes: DemoNodes | undefined;
    try {
      const door = new HttpDoor({
        listener: network.listen({ host: HOST, port }),
        clock,
        log,
        who: "who looks at the nodes",
        answer: (request) => nodes!.#answer(request),
      });
      return nodes = new DemoNodes(options, door);
    } catch (cause) {
      if ((cause as Error).name !== "ListenError") throw cause;
      throw new CommandError(
        `Cannot serve the page with the nodes: ${(cause as Error).message}`,
        `Choose another port by --nodes-port ${port + 1}`,
        { cause },
      );
    }
  }

  get page(): string {
    return `http://${HOST}:${this.#door.address.port}/`;
  }

  close(): void {
    this.#door.close();
  }

  /** Stops or starts nodes by their numbers, a line each, until the input ends. */
  async listenTo(io: Io): Promise<void> {
    let text = "";
    const decoder = new TextDecoder();
    for await (const chunk of io.stdin()) {
      text += decoder.decode(chunk, { stream: true });
      const lines = text.split("\n");
      text = lines.pop()!.slice(-MAX_LINE);
      for (const line of lines) {
        const node = this.#options.group.nodes.find(({ id }) => `${id}` === line.trim());
        if (node !== undefined) void this.#change(node, isUp(node) ? "stop" : "start");
        else if (line.trim() !== "") this.#options.say(`There is no node "${line.trim()}"`);
      }
    }
  }

  async #answer({ method, path, headers }: DoorRequest): Promise<DoorAnswer> {
    const { port } = this.#door.address;
    // Somebody else's name for this machine would make their page one of ours.
    if (![`${HOST}:${port}`, `localhost:${port}`].includes(headers.get("host") ?? "")) {
      return refusal("403 Forbidden", `Ask for ${this.page}`);
    }
    const [, id, what] = /^\/nodes\/(\d+)\/(stop|start)$/.exec(path) ?? [];
    if (id !== undefined) {
      const from = headers.get("origin");
      if (method !== "POST" || from !== undefined && from !== `http://${headers.get("host")}`) {
        return refusal("403 Forbidden", "POST it, from here");
      }
      const node = this.#options.group.nodes.find((each) => `${each.id}` === id);
      if (node === undefined) return refusal("404 Not Found", `There is no node ${id}`);
      void this.#change(node, what as "stop" | "start");
      return { status: "202 Accepted", type: JSON_TYPE, body: JSON.stringify(this.#state()) };
    }
    if (method !== "GET" && method !== "HEAD") return refusal("405 Method Not Allowed", "GET only");
    if (path === "/") {
      return {
        status: "200 OK",
        type: "text/html; charset=utf-8",
        body: nodesPage(this.#options.picture),
      };
    }
    if (path !== "/nodes" && path !== "/nodes/later") {
      return refusal("404 Not Found", "There are /, /nodes, and to POST /nodes/N/stop and /start");
    }
    void this.#look();
    if (path === "/nodes/later") await this.#options.platform.clock.sleep(LATER_MS);
    return { status: "200 OK", type: JSON_TYPE, body: JSON.stringify(this.#state()) };
  }

  #state() {
    const nodes = this.#options.group.nodes.map(({ id, state, address, error }) => ({
      id,
      state,
      address: shownAddress(address),
      ...error && { error: error.message },
    }));
    return { nodes, ...this.#health };
  }

  async #change({ id }: GroupedNode, what: "stop" | "start"): Promise<void> {
    const { group, say } = this.#options;
    try {
      await group[what](id);
    } catch (error) {
      say(`Cannot ${what} node ${id}: ${(error as Error).message}`);
    }
    this.#lookedAt = -Infinity;
  }

  async #look(): Promise<void> {
    const { client, platform: { clock } } = this.#options;
    if (clock.monotonic() - this.#lookedAt < LOOK_EVERY_MS) return;
    this.#lookedAt = clock.monotonic();
    const { clusterStatus, healthOf } = await import("../client/mod.ts");
    this.#health = await clusterStatus(client.cluster).then(healthOf).catch((error: Error) => ({
      isWell: false,
      verdict: error.message,
    }));
  }
}

/** Nobody types longer lines than that. */
const MAX_LINE = 1000;

const isUp = ({ state }: GroupedNode) => state === "running" || state === "starting";

const refusal = (status: string, why: string): DoorAnswer => ({
  status,
  type: "text/plain; charset=utf-8",
  body: `${why}\n`,
});
