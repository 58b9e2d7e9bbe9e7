/** What a server counts, apart from what it does, so that the hot path reads without it. */
import type { Request } from "./request.ts";

export interface NetMetrics {
  received(apiKey: number, bytes: number): void;
  answered(request: Request, bytes: number): void;
  opened(): void;
  closed(): void;
  refused(): void;
  idleClosed(): void;
}

export const noNetMetrics: NetMetrics = {
  received() {},
  answered() {},
  opened() {},
  closed() {},
  refused() {},
  idleClosed() {},
};
