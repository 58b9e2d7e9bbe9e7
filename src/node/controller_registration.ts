/**
 * A controller of a cluster makes itself known to the active one (KIP-919): where it is reached, and
 * which features it can live with, so that none is raised beyond it. It does so when it has started,
 * under an incarnation of its own, and again whenever the metadata has another.
 */
import { randomUuid } from "../bytes/mod.ts";
import type { LogEvent, Uuid } from "../base/mod.ts";
import { SUPPORTED_FEATURES } from "../controller/mod.ts";
import { LEVEL } from "../metadata/mod.ts";
import type { Clock, Random, Timer } from "../platform/mod.ts";
import {
  ControllerRegistrationRequest,
  ControllerRegistrationResponse,
  errorName,
  type InputOf,
  withDefaults,
} from "../protocol/mod.ts";
import { callController, type ControllerChannel } from "./controller_channel.ts";
import type { MetadataLog } from "./metadata_log.ts";
import type { VoterEndpoint } from "./quorum_voters.ts";

export interface ControllerRegistrationOptions {
  readonly channel: ControllerChannel;
  readonly metadata: Pick<MetadataLog, "image" | "onCommitted" | "onLeadership">;
  readonly nodeId: number;
  readonly endpoints: () => readonly VoterEndpoint[];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: LogEvent;
}

/** Kafka's number for listeners without encryption and authentication. */
const PLAINTEXT = 0;
const CALL_TIMEOUT_MS = 3000;
const TIMEOUT_MS = 30_000;
const AGAIN_MS = 5000;

export class ControllerRegistration {
  readonly #options: ControllerRegistrationOptions;
  readonly #incarnationId: Uuid;
  readonly #stopListening: (() => void)[];
  #isUnderWay = false;
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(options: ControllerRegistrationOptions) {
    this.#options = options;
    this.#incarnationId = randomUuid(options.random);
    const { metadata } = options;
    this.#stopListening = [
      metadata.onLeadership(() => this.#look()),
      metadata.onCommitted((_, { controllers, features }) => {
        if (controllers.size + features.size > 0) this.#look();
      }),
    ];
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    for (const stop of this.#stopListening) stop();
  }

  #look(): void {
    const { metadata: { image }, nodeId } = this.#options;
    if (this.#isClosed || this.#isUnderWay) return;
    if (image.metadataVersion < LEVEL.registerController) return;
    if (image.controllers.get(nodeId)?.incarnationId === this.#incarnationId) return;
    this.#timer?.cancel();
    this.#isUnderWay = true;
    this.#register();
  }

  async #register(): Promise<void> {
    const { log, clock } = this.#options;
    let reason: string | undefined;
    try {
      const { errorCode = 0, errorMessage } = await this.#ask();
      if (errorCode !== 0) reason = errorMessage ?? errorName(errorCode);
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error);
    }
    this.#isUnderWay = false;
    if (this.#isClosed) return;
    if (reason !== undefined) log("warn", "controller not registered", { reason });
    // What was taken comes with the metadata; if not, it is time to ask again.
    this.#timer = clock.after(AGAIN_MS, () => this.#look());
  }

  #ask() {
    const { channel, nodeId, endpoints } = this.#options;
    const request = withDefaults(ControllerRegistrationRequest, {
      controllerId: nodeId,
      incarnationId: this.#incarnationId,
      zkMigrationReady: false,
      listeners: endpoints().map((endpoint) => ({ ...endpoint, securityProtocol: PLAINTEXT })),
      features: SUPPORTED_FEATURES.map((feature) => ({ ...feature })),
    });
    return channel.ask<InputOf<typeof ControllerRegistrationResponse>>({
      local: (controller) => controller.registerController(request),
      remote: (connection) =>
        callController(
          connection,
          [ControllerRegistrationRequest, ControllerRegistrationResponse] as const,
          request,
          CALL_TIMEOUT_MS,
        ),
      timeoutMs: TIMEOUT_MS,
    });
  }
}
